import { presentAct } from '../request-context.ts'
import { anchorWait } from './anchor-wait.ts'
import type { BatchOutcome, BatchRow, IssuanceTerms, Registration, Subject } from './issuance.ts'
import type { PipelineDeps } from './pipeline.ts'
import { type BatchIssuedOutcome, batchOutcome, recallBatch } from './recall-issued.ts'
import { recordBatch } from './record-batch.ts'

/**
 * Issues credentials to many holders: the steps of `issue` for each row, one allocation, one database transaction,
 * one registration. A row that fails does so alone; what concerns all of them is thrown.
 * @throws what `checkTerms`, the allocation, `record` and the registration throw
 */
export async function issueBatch(
  deps: PipelineDeps,
  request: IssuanceTerms & { subjects: readonly Subject[] },
): Promise<BatchOutcome> {
  const act = request.dryRun ? undefined : presentAct<BatchIssuedOutcome>('issue batch')
  const recalled = await recallBatch(deps, act?.outcome)
  if (recalled) return recalled
  // nobody waits for the registration of a rehearsal
  const recorded = request.dryRun ? () => {} : deps.anchor.expect(request.subjects.length)
  try {
    const { terms, results, credentialId } = await recordBatch(deps, {
      ...request,
      ...(act && { also: (trx, rows) => act.note(batchOutcome(rows), trx) }),
    })
    recorded()
    const registration = credentialId ? await anchorWait(deps, terms, { credentialId }) : none
    return outcomeOf(results(registration), registration)
  } finally {
    recorded()
  }
}

const none: Registration = { state: 'none', transactionHash: null }

function outcomeOf(results: readonly BatchRow[], registration: Registration): BatchOutcome {
  const issued = results.filter(({ status }) => status === 'issued').length
  return { results, issued, failed: results.length - issued, registration }
}
