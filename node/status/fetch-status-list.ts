import { IssuerError } from '../errors.ts'
import { type PublicFetchOptions, publicFetch, Refused } from '../public-fetch.ts'
import { defaultTenant } from '../request-context.ts'
import { presentTenant } from '../tenant-share.ts'

// the largest list of two bits that cannot be compressed has 5.6 MB in base64url
const MAX_BYTES = 8 * 2 ** 20
const MAX_REDIRECTS = 3
// Anybody may have a credential verified: what they make this machine fetch at a time is bounded, 128 MiB in all.
const MAX_AT_ONCE = 16
const MAX_OF_HOST = 8

/**
 * Makes a fetcher of published status lists. A tenant, or all callers without a key together, has at most half of the
 * places that the others leave, and one host half of all: lists that arrive slowly keep out few others.
 * @throws STATUS_LIST_UNREACHABLE, by the fetcher
 */
export function statusListFetcher(
  options: Pick<PublicFetchOptions, 'allowLoopback' | 'ca' | 'timeout'>,
): (url: string, accept: string) => Promise<Uint8Array> {
  const limits = { maximumBytes: MAX_BYTES, redirects: MAX_REDIRECTS, ...options }
  const underWay = new Set<Fetching>()
  return async (url, accept) => {
    const fetching = { tenant: presentTenant(), host: URL.parse(url)?.host ?? '' }
    if (!hasRoom(underWay, fetching)) {
      throw new IssuerError('STATUS_LIST_UNREACHABLE', { detail: 'Too many others are being fetched.' })
    }
    underWay.add(fetching)
    try {
      return await publicFetch(new URL(url), accept, limits)
    } catch (cause) {
      const detail = cause instanceof Refused ? cause.message : 'Its host does not answer.'
      throw new IssuerError('STATUS_LIST_UNREACHABLE', { detail, cause })
    } finally {
      underWay.delete(fetching)
    }
  }
}

/** For whom a list is being fetched, undefined for callers without a key, and from where. */
interface Fetching {
  tenant: string | undefined
  host: string
}

function hasRoom(underWay: ReadonlySet<Fetching>, { tenant, host }: Fetching): boolean {
  const all = [...underWay]
  const own = all.filter((other) => other.tenant === tenant).length
  const left = MAX_AT_ONCE - (all.length - own)
  const share = tenant === defaultTenant ? left : Math.max(1, Math.floor(left / 2))
  const ofHost = all.filter((other) => other.host === host).length
  return all.length < MAX_AT_ONCE && own < share && ofHost < MAX_OF_HOST
}
