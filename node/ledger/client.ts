import { createPublicClient, type HttpTransport, http, type PublicClient } from 'viem'
import { observed } from '../observation.ts'

/** A client of the chain that only asks; concurrent questions share one HTTP request. */
export type ChainClient = PublicClient<HttpTransport, undefined>

interface ClientOptions {
  rpcUrl: string
  /** Milliseconds between two looks at the chain, when waiting for something. */
  pollingInterval: number
  /** Milliseconds that one request may take. */
  requestTimeout: number
}

/** Makes the client of one JSON-RPC endpoint; it sends nothing before it is asked. */
export function createChainClient({ rpcUrl, pollingInterval, requestTimeout }: ClientOptions): ChainClient {
  const transport = http(rpcUrl, {
    ...{ timeout: requestTimeout, retryCount: 2, batch: { batchSize: 100, wait: 0 } },
  })
  return createPublicClient({
    pollingInterval,
    // Answers about the newest block must not be reused: a caller may have written since.
    cacheTime: 0,
    transport: observedTransport(transport, rpcUrl),
  })
}

/** Tells each question to whoever watches the node. */
function observedTransport(transport: HttpTransport, rpcUrl: string): HttpTransport {
  return (options) => {
    const made = transport(options)
    const request = ((asked: { method: string }, how: never) =>
      observed('rpc', { method: asked.method, rpcUrl }, () =>
        made.request(asked as never, how),
      )) as typeof made.request
    return { ...made, request }
  }
}
