import { IssuerError } from '../errors.ts'
import type { CredentialFacts } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import { parseStatusListId } from '../ledger/resource-id.ts'
import type { StatusListEntry } from '../status/status-list.ts'
import { undecided } from './undecided.ts'
import type { Checks, VerificationDeps } from './verification.ts'

type Deps = Pick<VerificationDeps, 'ledger' | 'statusEncodings'>
type Revocation = Checks['revocation']

const noEntry: Revocation = {
  status: 'pass',
  revoked: false,
  suspended: false,
  statusListId: null,
  statusListIndex: null,
}

/** Whether the ledger's words say revoked or suspended, for every status entry of the credential. */
export async function checkRevocation(deps: Deps, facts: CredentialFacts): Promise<Revocation> {
  let result: Revocation = noEntry
  for (const [position, document] of facts.credentialStatus.entries()) {
    const found = await checkEntry(deps, facts.issuer, document)
    result = position === 0 ? found : worse(result, found)
  }
  return result
}

async function checkEntry(deps: Deps, issuer: string, document: JsonObject): Promise<Revocation> {
  const bad = (status: 'fail' | 'unknown', reason: string): Revocation => ({
    status,
    revoked: null,
    suspended: null,
    statusListId: null,
    statusListIndex: null,
    reason,
  })
  const entry = readEntry(deps, document)
  if (entry === undefined)
    return bad('unknown', 'The credential has a status entry of a kind that is not known.')
  if (entry === 'malformed') return bad('fail', 'The status entry of the credential is malformed.')
  const name = parseStatusListId(entry.statusListId)
  if (!name) return bad('unknown', 'The status entry does not name a list of this ledger.')
  // Anybody may point to a list; only one of the issuer itself says something about its credentials.
  if (name.issuerDid !== issuer || deps.ledger.identityOf(issuer) !== name.issuer) {
    return bad('fail', 'The status list does not belong to the issuer of the credential.')
  }
  if (name.purpose !== entry.purpose)
    return bad('fail', 'The status list has another purpose than its entry says.')
  const where = { statusListId: entry.statusListId, statusListIndex: entry.index }
  return undecided<Revocation>(
    async () => {
      const key = deps.ledger.statusLists.keyOf(name)
      const list = await deps.ledger.statusLists.get(key)
      if (!list) return bad('fail', 'The status list is not on the ledger.')
      if (entry.index >= list.capacity) return bad('fail', 'The status list index is outside the list.')
      const set = await deps.ledger.statusLists.statusOf(key, entry.index)
      const facts = {
        revoked: set && entry.purpose === 'revocation',
        suspended: set && entry.purpose === 'suspension',
        ...where,
      }
      if (!set) return { status: 'pass', ...facts }
      return {
        status: 'fail',
        ...facts,
        reason: `The credential has been ${entry.purpose === 'revocation' ? 'revoked' : 'suspended'}.`,
      }
    },
    (reason) => ({ ...bad('unknown', reason), ...where }),
  )
}

function readEntry(deps: Deps, document: JsonObject): StatusListEntry | 'malformed' | undefined {
  try {
    for (const encoding of deps.statusEncodings) {
      const entry = encoding.parseEntry(document)
      if (entry) return entry
    }
    return undefined
  } catch (error) {
    if (error instanceof IssuerError && error.code === 'MALFORMED_REQUEST') return 'malformed'
    throw error
  }
}

const severity = { fail: 2, unknown: 1, pass: 0 } as const

/** The worse of two verdicts, with what both found; place and index are those of the first entry. */
function worse(first: Revocation, second: Revocation): Revocation {
  const judged = severity[second.status] > severity[first.status] ? second : first
  return {
    ...judged,
    revoked: either(first.revoked, second.revoked),
    suspended: either(first.suspended, second.suspended),
    statusListId: first.statusListId ?? second.statusListId,
    statusListIndex: first.statusListIndex ?? second.statusListIndex,
  }
}

function either(first: boolean | null, second: boolean | null): boolean | null {
  if (first || second) return true
  return first === null || second === null ? null : false
}
