import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Something that was received. */
export interface Received {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

/** An HTTP server that is told of events. */
export interface Receiver {
  url: string
  received: Received[]
  /** Status of the next answers to a path; a promise holds them back. */
  answer(path: string, status: number | Promise<number>): void
  /** Waits until so many have come to a path. */
  count(path: string, count: number): Promise<Received[]>
  close(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const received: Received[] = []
  const answers = new Map<string, number | Promise<number>>()
  const waiting = new Set<() => void>()
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const path = request.url ?? ''
    received.push({ path, headers: request.headers, body })
    for (const look of waiting) look()
    response.statusCode = await (answers.get(path) ?? 204)
    response.end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answer: (path, status) => answers.set(path, status),
    count: (path, count) =>
      new Promise((resolve) => {
        const look = () => {
          const found = received.filter((each) => each.path === path)
          if (found.length < count) return
          waiting.delete(look)
          resolve(found)
        }
        waiting.add(look)
        look()
      }),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}
