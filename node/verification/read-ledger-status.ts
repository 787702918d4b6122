import type { StatusListName, StatusPurpose } from '../ledger/ledger.ts'
import { parseStatusListId } from '../ledger/resource-id.ts'
import type { StatusReference } from '../status/status-list.ts'
import type { StatusReading } from './check-status.ts'
import { undecided } from './undecided.ts'
import type { VerificationDeps } from './verification.ts'

type Deps = Pick<VerificationDeps, 'ledger'>

const fail = (reason: string): StatusReading => ({ status: 'fail', reason })

/**
 * What the words on this ledger say of an entry; undefined when the entry names no list of this ledger. Anybody may
 * point to a list; only one of the issuer itself says something about its credentials.
 */
export async function readLedgerStatus(
  deps: Deps,
  issuer: string,
  { lists = {}, index }: StatusReference,
): Promise<StatusReading | undefined> {
  const named = Object.entries(lists) as [StatusPurpose, string][]
  if (named.length === 0) return undefined
  const bits = { revocation: false, suspension: false }
  for (const [purpose, id] of named) {
    const name = parseStatusListId(id)
    if (!name) return undefined
    if (name.issuerDid !== issuer)
      return fail('The status list does not belong to the issuer of the credential.')
    if (deps.ledger.identityOf(issuer) !== name.issuer) return undefined
    if (name.purpose !== purpose) return fail('The status list has another purpose than its entry says.')
    const read = await readBit(deps, name, index)
    if (typeof read !== 'boolean') return read
    bits[purpose] = read
  }
  return { revoked: bits.revocation, suspended: bits.suspension }
}

function readBit(
  { ledger: { statusLists } }: Deps,
  name: StatusListName,
  index: number,
): Promise<boolean | StatusReading> {
  return undecided<boolean | StatusReading>(
    async () => {
      const key = statusLists.keyOf(name)
      const list = await statusLists.get(key)
      if (!list) return fail('The status list is not on the ledger.')
      if (index >= list.capacity) return fail('The status list index is outside the list.')
      return statusLists.statusOf(key, index)
    },
    (reason) => ({ status: 'unknown', reason, isEntryKnown: true }),
  )
}
