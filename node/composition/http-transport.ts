import { IssuerError } from '../errors.ts'
import type { PeerAddress, Transport } from '../exchange/transport.ts'
import type { JsonObject } from '../json.ts'
import { publicPost, Refused } from '../public-fetch.ts'

const timeout = 10_000
/** An answer is empty, or a problem document. */
const maximumBytes = 65_536

const isLoopback = (hostname: string) =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)

/** Brings messages to inboxes by HTTP; which hosts may be spoken to is a setting of the node. */
export function httpTransport({
  peers,
  stopping,
}: {
  peers: 'off' | 'public' | 'loopback'
  /** Gives up what is on its way. */
  stopping: AbortSignal
}): Transport {
  const allowLoopback = peers === 'loopback'
  return {
    checkEndpoint(endpoint) {
      const url = URL.parse(endpoint)
      const isHere = allowLoopback && url?.protocol === 'http:' && isLoopback(url.hostname)
      if (peers !== 'off' && url && (url.protocol === 'https:' || isHere) && !url.username && !url.password)
        return
      const detail =
        peers === 'off'
          ? 'This node makes no connections: see CONNECTION_PEERS.'
          : 'The endpoint is not one that this node speaks to: see CONNECTION_PEERS.'
      throw new IssuerError('MESSAGE_REFUSED', { detail })
    },

    async send({ endpoint, token }: PeerAddress, message: JsonObject) {
      if (peers === 'off') throw new IssuerError('PEER_UNREACHABLE', { detail: 'CONNECTION_PEERS is off.' })
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
      const body = JSON.stringify(message)
      const options = { timeout, maximumBytes, allowLoopback, stopping }
      try {
        return refusalOf(await publicPost(new URL(endpoint), { headers, body }, options))
      } catch (cause) {
        if (cause instanceof Refused) return 'PEER_ADDRESS_REFUSED'
        throw cause instanceof IssuerError ? cause : new IssuerError('PEER_UNREACHABLE', { cause })
      }
    },
  }
}

/** The code of a refusal that is final; undefined for what was taken. @throws PEER_UNREACHABLE for one that is not */
function refusalOf({ status, body }: Awaited<ReturnType<typeof publicPost>>): string | undefined {
  if (status >= 200 && status < 300) return undefined
  const problem = readProblem(body)
  if (status >= 500 || status === 408 || status === 429 || problem.retryable === true) {
    throw new IssuerError('PEER_UNREACHABLE', { detail: `The other side answers with status ${status}.` })
  }
  const { code } = problem
  return typeof code === 'string' && /^[A-Z][A-Z0-9_]{0,63}$/.test(code) ? code : `HTTP_${status}`
}

function readProblem(body: Buffer): { code?: unknown; retryable?: unknown } {
  try {
    return Object(JSON.parse(body.toString())) as object
  } catch {
    return {}
  }
}
