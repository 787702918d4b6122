import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** Takes in webhooks, and remembers the ids of the events they tell. */
export interface EventReceiver {
  url: string
  received: Set<string>
  close(): Promise<void>
}

export async function startEventReceiver(): Promise<EventReceiver> {
  const received = new Set<string>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    received.add(JSON.parse(Buffer.concat(chunks).toString()).data.eventId)
    response.writeHead(204).end()
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`,
    received,
    close: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(() => resolve()))
    },
  }
}
