import { IssuerError } from '../errors.ts'
import { type PublicFetchOptions, publicFetch, Refused } from '../public-fetch.ts'

// the largest list of two bits that cannot be compressed has 5.6 MB in base64url
const MAX_BYTES = 8 * 2 ** 20
const MAX_REDIRECTS = 3
// Anybody may have a credential verified: what they make this machine fetch at a time is bounded, 128 MiB in all.
const MAX_AT_ONCE = 16

/** Makes a fetcher of published status lists. @throws STATUS_LIST_UNREACHABLE, by the fetcher */
export function statusListFetcher(
  options: Pick<PublicFetchOptions, 'allowLoopback' | 'ca' | 'timeout'>,
): (url: string, accept: string) => Promise<Uint8Array> {
  const limits = { maximumBytes: MAX_BYTES, redirects: MAX_REDIRECTS, ...options }
  let underWay = 0
  return async (url, accept) => {
    if (underWay >= MAX_AT_ONCE) {
      throw new IssuerError('STATUS_LIST_UNREACHABLE', { detail: 'Too many others are being fetched.' })
    }
    underWay += 1
    try {
      return await publicFetch(new URL(url), accept, limits)
    } catch (cause) {
      const detail = cause instanceof Refused ? cause.message : 'Its host does not answer.'
      throw new IssuerError('STATUS_LIST_UNREACHABLE', { detail, cause })
    } finally {
      underWay -= 1
    }
  }
}
