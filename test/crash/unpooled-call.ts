import { request } from 'node:http'

/** An answer over a connection of its own. */
export interface PlainAnswer {
  status: number
  headers: Record<string, string | string[] | undefined>
  text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
}

interface Options {
  key: string
  body?: unknown
  headers?: Record<string, string>
}

/**
 * Calls an address on a connection of its own: one of a pool may be left over from a process that has been killed, and
 * then it cannot be told whether a request reached anybody.
 */
export function unpooledCall(
  url: string,
  method: string,
  path: string,
  { key, body, headers }: Options,
): Promise<PlainAnswer> {
  return new Promise((resolve, reject) => {
    const sent = request(
      url + path,
      {
        ...{ method, agent: false },
        headers: {
          authorization: `Bearer ${key}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('error', reject)
        response.on('close', () => {
          // a process that dies while it answers leaves half an answer
          if (!response.complete) return reject(new Error('the answer broke off'))
          const text = Buffer.concat(chunks).toString()
          const isJson = String(response.headers['content-type']).includes('json')
          const parsed = isJson && text !== '' ? JSON.parse(text) : text
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text, body: parsed })
        })
      },
    )
    sent.on('error', reject)
    sent.end(body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body))
  })
}
