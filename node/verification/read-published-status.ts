import type { StatusEncoding, StatusReference } from '../status/status-list.ts'
import type { StatusReading } from './check-status.ts'
import type { VerificationDeps } from './verification.ts'

interface Input {
  issuer: string
  encoding: StatusEncoding
  reference: StatusReference
}

const unknown = (reason: string): StatusReading => ({ status: 'unknown', reason })
const fail = (reason: string): StatusReading => ({ status: 'fail', reason })

/** What a list that is not of this ledger says of an entry, from where it is published, if that may be asked. */
export async function readPublishedStatus(
  { publishedLists }: Pick<VerificationDeps, 'publishedLists'>,
  { issuer, encoding, reference }: Input,
): Promise<StatusReading> {
  const { url, index, purposes } = reference
  if (url === undefined || !encoding.list)
    return unknown('The status entry does not name a list of this ledger.')
  if (!publishedLists) {
    return unknown('The status entry does not name a list of this ledger, and no others are fetched here.')
  }
  const published = await publishedLists({ url, issuer, list: encoding.list })
  if ('status' in published) return published
  if (!purposes.every((purpose) => published.purposes.includes(purpose))) {
    return fail('The status list has another purpose than its entry says.')
  }
  if (index >= published.size) return fail('The status list index is outside the list.')
  const bits = { revocation: false, suspension: false }
  for (const purpose of purposes) {
    const isSet = published.isSet(index, purpose)
    if (isSet === undefined) return unknown('The status list has a value there whose meaning is not known.')
    bits[purpose] = isSet
  }
  return { revoked: bits.revocation, suspended: bits.suspension }
}
