import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'

/** One JSON-RPC request. */
export interface RpcRequest {
  id: number
  method: string
  params: readonly unknown[]
}

/**
 * What becomes of an HTTP request; `stall` takes it and never answers, or passes it on after so many milliseconds,
 * `duplicate` gives it to the chain twice, `refuse` answers each JSON-RPC request in it with that error message,
 * `falsify` puts another result in the place of the chain's.
 */
type Fate =
  | 'pass'
  | 'lose request'
  | 'lose answer'
  | 'stall'
  | 'duplicate'
  | { stall: number }
  | { refuse: string }
  | { falsify(method: string, result: unknown): unknown }

/** An HTTP endpoint before a chain, over which a test loses requests or answers. */
export interface ChainProxy {
  url: string
  behave(how: (requests: readonly RpcRequest[]) => Fate): void
  /** Ends all connections and refuses new ones, as an endpoint that is not running. */
  cut(): Promise<void>
  /** Listens again, at the same address. */
  mend(): Promise<void>
  close(): Promise<void>
}

async function text(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** The chain's answer; undefined when it closed the connection, as a server does with one that was idle. */
async function pass(rpcUrl: string, body: string): Promise<{ status: number; text: string } | undefined> {
  try {
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(rpcUrl, { method: 'POST', headers, body })
    return { status: answer.status, text: await answer.text() }
  } catch {
    return undefined
  }
}

/** The chain's answers with other results. */
function falsified(
  requests: readonly RpcRequest[],
  text: string,
  falsify: (method: string, result: unknown) => unknown,
) {
  const answers: { id: number; result: unknown } | { id: number; result: unknown }[] = JSON.parse(text)
  const method = (id: number) => requests.find((request) => request.id === id)?.method ?? ''
  const change = (answer: { id: number; result: unknown }) => {
    return { ...answer, result: falsify(method(answer.id), answer.result) }
  }
  return JSON.stringify(Array.isArray(answers) ? answers.map(change) : change(answers))
}

/** Starts a proxy on a free port. */
export async function startChainProxy(rpcUrl: string): Promise<ChainProxy> {
  let decide: Parameters<ChainProxy['behave']>[0] = () => 'pass'
  const server = createServer(async (request, response) => {
    const body = await text(request)
    const parsed: RpcRequest | RpcRequest[] = JSON.parse(body)
    const fate = decide([parsed].flat())
    if (fate === 'lose request') return response.destroy()
    if (fate === 'stall') return
    if (typeof fate === 'object' && 'stall' in fate) await delay(fate.stall)
    if (fate === 'duplicate') await pass(rpcUrl, body)
    if (typeof fate === 'object' && 'refuse' in fate) {
      const error = { code: -32000, message: fate.refuse }
      const refusals = [parsed].flat().map(({ id }) => ({ jsonrpc: '2.0', id, error }))
      const answers = Array.isArray(parsed) ? refusals : refusals[0]
      return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answers))
    }
    const answer = await pass(rpcUrl, body)
    if (!answer || fate === 'lose answer') return response.destroy()
    const isFalse = typeof fate === 'object' && 'falsify' in fate
    const told = isFalse ? falsified([parsed].flat(), answer.text, fate.falsify) : answer.text
    response.writeHead(answer.status, { 'content-type': 'application/json' }).end(told)
  })
  const listen = (port: number) =>
    new Promise<void>((resolve) => server.listen(port, '127.0.0.1', () => resolve()))
  const close = () => {
    server.closeAllConnections()
    return new Promise<void>((resolve) => server.close(() => resolve()))
  }
  await listen(0)
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    behave: (how) => {
      decide = how
    },
    cut: close,
    mend: () => listen(port),
    close,
  }
}
