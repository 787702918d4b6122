import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Act } from '../request-context.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { Database } from '../stores/database.ts'
import { anchorWait } from './anchor-wait.ts'
import type {
  BatchOutcome,
  BatchRow,
  IssuedCredential,
  RecordedCredential,
  Registration,
} from './issuance.ts'
import { withCredential } from './issued-credential.ts'
import type { PipelineDeps } from './pipeline.ts'

/** What a request that issues one credential writes down with it. */
export interface IssuedOutcome {
  credentialId: string
}

/** The same of a batch: the id of each credential, and why a row has none. */
export interface BatchIssuedOutcome {
  rows: (string | Extract<BatchRow, { status: 'failed' }>)[]
}

export function batchOutcome(results: readonly BatchRow[]): BatchIssuedOutcome {
  return { rows: results.map((row) => (row.status === 'issued' ? row.credentialId : row)) }
}

type Deps = Pick<PipelineDeps, 'credentials' | 'anchor'>

/** For `record`: writes down in its transaction that the request is done. */
export function noting<Outcome>(act: Act<Outcome> | undefined, outcome: Outcome) {
  return act ? { also: (trx: Database) => act.note(outcome, trx) } : {}
}

/** The credential that an attempt before recorded; undefined when it recorded none after all. */
export async function recallIssued(
  deps: Deps,
  outcome: IssuedOutcome | undefined,
): Promise<IssuedCredential | undefined> {
  if (!outcome) return undefined
  const row = await deps.credentials.get(outcome.credentialId)
  return row && withCredential(toRecorded(row, await registrationOf(deps, row)))
}

/** The same of a batch. */
export async function recallBatch(
  deps: Deps,
  outcome: BatchIssuedOutcome | undefined,
): Promise<BatchOutcome | undefined> {
  if (!outcome) return undefined
  const ids = outcome.rows.filter((row) => typeof row === 'string')
  const found = await deps.credentials.getMany(ids)
  if (found.length < ids.length) return undefined
  const rows = new Map(found.map((row) => [row.credential_id, row]))
  const [first] = ids
  const registration =
    first === undefined ? none : await registrationOf(deps, rows.get(first) as CredentialRow)
  const results = outcome.rows.map((row): BatchRow => {
    if (typeof row !== 'string') return row
    const credential = rows.get(row) as CredentialRow
    return { status: 'issued', holderDid: credential.holder_did, ...toRecorded(credential, registration) }
  })
  return { results, issued: ids.length, failed: results.length - ids.length, registration }
}

const none: Registration = { state: 'none', transactionHash: null }

function toRecorded(row: CredentialRow, registration: Registration): RecordedCredential {
  const { credential_id: credentialId, secured } = row
  // what has been erased since
  if (secured === '') throw new IssuerError('CREDENTIAL_DELETED', { facts: { credentialId } })
  return {
    secured: { text: secured },
    credentialId,
    statusListId: row.status_list_id,
    statusListIndex: row.status_index,
    registration,
  }
}

/** Where the registration stands; one that is under way is waited for. */
async function registrationOf(
  deps: Deps,
  { credential_id: credentialId }: CredentialRow,
): Promise<Registration> {
  const row = await deps.credentials.get(credentialId)
  if (!row || row.status_list_id === null) return none
  if (row.registration_state === 'refused') throw new IssuerError(row.refusal as ErrorCode)
  if (row.registration_state !== 'registered' || !row.transaction_hash) {
    return anchorWait(deps, { purposes: ['revocation'] }, { credentialId })
  }
  return { state: 'registered', transactionHash: row.transaction_hash }
}
