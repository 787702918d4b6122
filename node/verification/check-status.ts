import { IssuerError } from '../errors.ts'
import type { CredentialFacts, StatusPlace } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { StatusEncoding, StatusReference } from '../status/status-list.ts'
import { readLedgerStatus } from './read-ledger-status.ts'
import { readPublishedStatus } from './read-published-status.ts'
import type { Checks, VerificationDeps } from './verification.ts'

type Deps = Pick<VerificationDeps, 'ledger' | 'statusEncodings' | 'publishedLists'>
type Revocation = Checks['revocation']

// A credential of this node has at most seven: two purposes in three encodings, and a claim.
const MAX_ENTRIES = 16

const noEntry: Revocation = {
  status: 'pass',
  revoked: false,
  suspended: false,
  statusListId: null,
  statusListIndex: null,
}

const undecidedEntry: Omit<Revocation, 'status'> = {
  revoked: null,
  suspended: null,
  statusListId: null,
  statusListIndex: null,
}

const bad = (status: 'fail' | 'unknown', reason: string): Revocation => ({
  ...undecidedEntry,
  status,
  reason,
})

/**
 * Whether a credential is revoked or suspended, by every entry and the claim it carries, in any encoding. Lists of this
 * ledger are read from its words; others from where they are published, if that is allowed. What cannot be read or is
 * not well formed is `unknown`, what is forged or not the issuer's fails.
 */
export async function checkStatus(deps: Deps, facts: CredentialFacts): Promise<Revocation> {
  const entries: [StatusPlace, JsonObject][] = facts.credentialStatus.map((entry) => ['entry', entry])
  if (facts.status) entries.push(['claim', facts.status])
  if (entries.length > MAX_ENTRIES)
    return bad('unknown', `More than ${MAX_ENTRIES} status entries are not read.`)
  const found = await Promise.all(entries.map((entry) => checkEntry(deps, facts.issuer, entry)))
  const [first = noEntry, ...others] = found
  return others.reduce(worse, first)
}

async function checkEntry(
  deps: Deps,
  issuer: string,
  [place, document]: [StatusPlace, JsonObject],
): Promise<Revocation> {
  const found = readEntry(deps, place, document)
  if (found === undefined)
    return bad('unknown', 'The credential has a status entry of a kind that is not known.')
  if (found === 'malformed') return bad('fail', 'The status entry of the credential is malformed.')
  const { encoding, reference } = found
  if ('unsupported' in reference)
    return bad('unknown', `The status is not decided: ${reference.unsupported}.`)
  const read =
    (await readLedgerStatus(deps, issuer, reference)) ??
    (await readPublishedStatus(deps, { issuer, encoding, reference }))
  return conclude(reference, read)
}

/** What a list says of one entry, or why that is not known. */
export type StatusReading =
  | { revoked: boolean; suspended: boolean }
  | { status: 'fail' | 'unknown'; reason: string; isEntryKnown?: boolean }

function conclude({ lists, index }: StatusReference, read: StatusReading): Revocation {
  const [statusListId = null] = Object.values(lists ?? {})
  const where = { statusListId, statusListIndex: statusListId === null ? null : index }
  if ('status' in read) {
    const { isEntryKnown = false, ...verdict } = read
    return { ...undecidedEntry, ...verdict, ...(isEntryKnown && where) }
  }
  const { revoked, suspended } = read
  if (!revoked && !suspended) return { status: 'pass', ...read, ...where }
  const reason = `The credential has been ${revoked ? 'revoked' : 'suspended'}.`
  return { status: 'fail', ...read, ...where, reason }
}

function readEntry(
  { statusEncodings }: Deps,
  place: StatusPlace,
  document: JsonObject,
):
  | { encoding: StatusEncoding; reference: NonNullable<ReturnType<StatusEncoding['parse']>> }
  | 'malformed'
  | undefined {
  try {
    for (const encoding of statusEncodings.filter((candidate) => candidate.place === place)) {
      const reference = encoding.parse(document)
      if (reference) return { encoding, reference }
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
