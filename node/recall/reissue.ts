import { IssuerError } from '../errors.ts'
import type { BatchRow, IssuanceTerms, Subject } from '../issuance/issuance.ts'
import { recordBatch } from '../issuance/record-batch.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { RecallRow } from '../stores/recalls.ts'
import type { NewRow } from '../stores/tables.ts'
import type { RecallDeps } from './recall-deps.ts'
import { termsOf } from './terms-of.ts'

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
  const ready: Ready[] = []
  for (const row of rows.filter(({ credential_id }) => !outcomes.has(credential_id))) {
    try {
      requireValid(row)
      ready.push({ row, ...termsOf(deps.pipeline, row, deps.readCredential(row)) })
    } catch (error) {
      if (!(error instanceof IssuerError)) throw error
      outcomes.set(row.credential_id, failed(recall, row, error.code))
    }
  }
  // those of the same terms can be issued together
  for (const group of Map.groupBy(ready, ({ terms }) => JSON.stringify(terms)).values()) {
    for (const outcome of await reissueGroup(deps, recall, group))
      outcomes.set(outcome.credential_id, outcome)
  }
  return outcomes
}

/** What was revoked or suspended must not become valid again by a new credential. @throws ALREADY_REVOKED, ALREADY_SUSPENDED */
function requireValid({ status }: CredentialRow): void {
  if (status === 'revoked') throw new IssuerError('ALREADY_REVOKED')
  if (status === 'suspended') throw new IssuerError('ALREADY_SUSPENDED')
}

interface Ready {
  row: CredentialRow
  terms: IssuanceTerms
  subject: Subject
}

const failed = (recall: RecallRow, { credential_id }: CredentialRow, problem: string): Outcome => ({
  ...{ recall_id: recall.recall_id, credential_id, problem },
  ...{ outcome: 'failed', new_credential_id: null },
})

async function reissueGroup(
  deps: RecallDeps,
  recall: RecallRow,
  group: readonly Ready[],
): Promise<Outcome[]> {
  const reissued = (results: readonly BatchRow[]): Outcome[] =>
    results.map((result, position) => {
      const { row } = group[position] as Ready
      if (result.status === 'failed') return failed(recall, row, result.error.code)
      const { credentialId: new_credential_id } = result
      return { ...failed(recall, row, ''), outcome: 'reissued', new_credential_id, problem: null }
    })
  try {
    const { results } = await recordBatch(deps.pipeline, {
      ...(group[0] as Ready).terms,
      subjects: group.map(({ subject }) => subject),
      also: async (trx, made) => {
        // undoes them: another process, which has taken over the lease of this one, has issued others
        if ((await deps.noteRecalled(trx, reissued(made))) < made.length)
          throw new Error('Other credentials have taken the place of these meanwhile.')
      },
    })
    return reissued(results())
  } catch (error) {
    // of the terms, such as an expiry that has passed: retryable faults are tried again
    if (!(error instanceof IssuerError) || error.retryable) throw error
    return group.map(({ row }) => failed(recall, row, error.code))
  }
}
