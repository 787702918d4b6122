import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A span as OTLP over HTTP with JSON brings it (opentelemetry-proto, trace.proto), and the name of who sent it. */
export interface OtlpSpan {
  service: string
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  startTimeUnixNano: string
  endTimeUnixNano: string
  attributes: { key: string; value: Record<string, unknown> }[]
  links?: { traceId: string; spanId: string }[]
}

/** Receives traces and keeps their spans. */
export interface OtlpReceiver {
  url: string
  spans: OtlpSpan[]
  services: Set<string>
  /** Waits until a span satisfies a condition. */
  find(condition: (span: OtlpSpan) => boolean): Promise<OtlpSpan>
  close(): Promise<void>
}

interface Body {
  resourceSpans: {
    resource: { attributes: OtlpSpan['attributes'] }
    scopeSpans: { spans: Omit<OtlpSpan, 'service'>[] }[]
  }[]
}

export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: OtlpSpan[] = []
  const services = new Set<string>()
  const waiting = new Set<() => void>()
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    if (request.url === '/v1/traces' && request.headers['content-type'] === 'application/json') {
      const { resourceSpans } = JSON.parse(Buffer.concat(chunks).toString()) as Body
      for (const { resource, scopeSpans } of resourceSpans) {
        const name = resource.attributes.find(({ key }) => key === 'service.name')
        const service = String(name?.value.stringValue)
        services.add(service)
        spans.push(...scopeSpans.flatMap((scope) => scope.spans.map((span) => ({ ...span, service }))))
      }
    } else response.statusCode = 404
    response.setHeader('content-type', 'application/json').end('{}')
    for (const look of waiting) look()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ spans, services },
    find: (condition) =>
      new Promise((resolve) => {
        const look = () => {
          const found = spans.find(condition)
          if (!found) return
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
