import { IssuerError } from '../errors.ts'
import type { BatchRow, IssuanceTerms, Subject } from '../issuance/issuance.ts'
import { recordBatch } from '../issuance/record-batch.ts'
import type { JsonObject } from '../json.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { RecallRow } from '../stores/recalls.ts'
import type { NewRow } from '../stores/tables.ts'
import type { DataModel } from '../suites/suite.ts'
import type { RecallDeps } from './recall-deps.ts'

type Outcome = NewRow<'recalled_credentials'>

/**
 * Issues credentials anew, with the same claims, holder and terms, signed with the issuer's present key. What takes the
 * place of which is written in the transaction of the new credentials, so that a repetition issues none twice.
 */
export async function reissue(
  deps: RecallDeps,
  recall: RecallRow,
  rows: readonly CredentialRow[],
): Promise<Map<string, Outcome>> {
  const ids = rows.map(({ credential_id }) => credential_id)
  const before = await deps.recalls.outcomes(recall.recall_id, ids)
  const outcomes = new Map<string, Outcome>(before.map((outcome) => [outcome.credential_id, outcome]))
  const left = rows.filter((row) => !outcomes.has(row.credential_id))
  for (const group of Map.groupBy(left, termsKey).values()) {
    for (const outcome of await reissueGroup(deps, recall, group))
      outcomes.set(outcome.credential_id, outcome)
  }
  return outcomes
}

/** Credentials of one key can be issued together. */
function termsKey(row: CredentialRow): string {
  const { schema_id, proof_type, data_model, expires_at, revocation_list_id, suspension_list_id } = row
  const purposes = [revocation_list_id !== null, suspension_list_id !== null]
  return JSON.stringify([schema_id, proof_type, data_model, expires_at, purposes])
}

async function reissueGroup(
  deps: RecallDeps,
  recall: RecallRow,
  rows: readonly CredentialRow[],
): Promise<Outcome[]> {
  const failed = (row: CredentialRow, problem: string): Outcome => ({
    recall_id: recall.recall_id,
    credential_id: row.credential_id,
    outcome: 'failed',
    new_credential_id: null,
    problem,
  })
  const outcomes: Outcome[] = []
  const readable: CredentialRow[] = []
  const subjects: Subject[] = []
  for (const row of rows) {
    try {
      subjects.push(subjectOf(deps, row))
      readable.push(row)
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error
      outcomes.push(failed(row, error.code))
    }
  }
  if (readable.length === 0) return outcomes
  const reissued = (results: readonly BatchRow[]): Outcome[] =>
    results.map((result, position) => {
      const row = readable[position] as CredentialRow
      if (result.status === 'failed') return failed(row, result.error.code)
      return {
        ...failed(row, ''),
        outcome: 'reissued',
        new_credential_id: result.credentialId,
        problem: null,
      }
    })
  try {
    const { results } = await recordBatch(deps.pipeline, {
      ...termsOf(readable[0] as CredentialRow),
      subjects,
      also: (trx, made) => deps.noteRecalled(trx, reissued(made)),
    })
    return [...outcomes, ...reissued(results)]
  } catch (error) {
    // of the terms, such as an expiry that has passed: retryable faults are tried again
    if (!(error instanceof IssuerError) || error.retryable) throw error
    return [...outcomes, ...readable.map((row) => failed(row, error.code))]
  }
}

function termsOf(row: CredentialRow): IssuanceTerms {
  return {
    schemaId: row.schema_id,
    issuerDid: row.issuer_did,
    proofType: row.proof_type,
    dataModel: row.data_model as DataModel,
    ...(row.expires_at !== null && { expirationDate: new Date(row.expires_at) }),
    revocable: row.revocation_list_id !== null,
    suspendable: row.suspension_list_id !== null,
    dryRun: false,
  }
}

/**
 * Who holds a credential and what it claims.
 * @throws CREDENTIAL_DELETED, SCHEMA_NOT_FOUND for one that was written as a whole document
 */
function subjectOf({ readCredential }: RecallDeps, row: CredentialRow): Subject {
  if (row.schema_id === '') throw new IssuerError('SCHEMA_NOT_FOUND')
  const { subjects } = readCredential(row)
  const { id: _, ...claims } = subjects[0] ?? {}
  return { holderDid: row.holder_did, claims: claims as JsonObject }
}
