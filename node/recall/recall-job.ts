import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Job } from '../jobs/queue.ts'
import { onBehalfOf } from '../request-context.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { RecallRow } from '../stores/recalls.ts'
import type { NewRow } from '../stores/tables.ts'
import { takeTurns } from '../take-turns.ts'
import { RECALL_JOB, type RecallDeps } from './recall-deps.ts'
import { reissue } from './reissue.ts'

/** Credentials that are recalled at a time: what fits into a few transactions at the gas limit of the registries. */
const CHUNK = 1_000

type Outcome = NewRow<'recalled_credentials'>

/**
 * The job that does what was recalled, chunk by chunk in the order of issuance, a chunk of each tenant's oldest recall in
 * turn: a large one keeps nobody else waiting, nor does one that fails for now. A chunk that a crash interrupted is done
 * again: what the ledger or the records show as done stays as it is.
 */
export function createRecallJob(deps: RecallDeps, chunk = CHUNK): Job {
  return {
    name: RECALL_JOB,
    exclusive: true,
    async run() {
      let handled = 0
      await takeTurns({
        due: deps.recalls.running,
        id: ({ recall_id: id }) => id,
        tenant: ({ tenant_id: tenant }) => tenant,
        async act(recall) {
          const { tenant_id: tenantId, actor } = recall
          const done = await onBehalfOf({ requestId: null, tenantId, actor }, () =>
            recallNext(deps, recall, chunk),
          )
          handled += done
          return done > 0
        },
      })
      return handled
    },
  }
}

/** Does the next chunk, or ends the recall. It gives how many were dealt with: 0 when there is no more to do here. */
async function recallNext(deps: RecallDeps, recall: RecallRow, chunk: number): Promise<number> {
  const at = () => deps.now().toISOString()
  try {
    const rows = await deps.recalls.next(recall, chunk)
    const last = rows.at(-1)
    if (!last) {
      await deps.recalls.finish(recall.recall_id, { state: 'done', at: at() })
      return 0
    }
    const outcomes = await recallChunk(deps, recall, rows)
    const failed = outcomes.filter(({ outcome }) => outcome === 'failed').length
    await deps.recalls.note(outcomes)
    const step = { after: last, done: outcomes.length - failed, failed }
    // whoever has taken over the lease of this process goes on
    return (await deps.recalls.advance(recall, step)) ? rows.length : 0
  } catch (error) {
    if (!(error instanceof IssuerError) || error.retryable) throw error
    await deps.recalls.finish(recall.recall_id, { state: 'failed', problem: error.code, at: at() })
    return 0
  }
}

async function recallChunk(
  deps: RecallDeps,
  recall: RecallRow,
  rows: readonly CredentialRow[],
): Promise<Outcome[]> {
  const replaced = recall.action === 'reissue' ? await reissue(deps, recall, rows) : undefined
  // what could not be issued anew keeps its old credential, for somebody to look at
  const old = replaced ? rows.filter((row) => replaced.get(row.credential_id)?.outcome === 'reissued') : rows
  const problems = await revokeAll(deps, recall, old)
  return rows.map((row) => {
    const { credential_id } = row
    const problem = problems.get(credential_id)
    const outcome: Outcome = replaced?.get(credential_id) ?? {
      recall_id: recall.recall_id,
      credential_id,
      outcome: problem === undefined ? 'revoked' : 'failed',
      new_credential_id: null,
      problem: null,
    }
    return problem === undefined ? outcome : { ...outcome, problem }
  })
}

/** Revokes what is not revoked, and gives the codes of those for which that cannot be done. */
async function revokeAll(
  deps: RecallDeps,
  recall: RecallRow,
  rows: readonly CredentialRow[],
): Promise<ReadonlyMap<string, ErrorCode>> {
  const isRevocable = (row: CredentialRow) => row.revocation_list_id !== null
  const problems = new Map<string, ErrorCode>(
    rows.filter((row) => !isRevocable(row)).map((row) => [row.credential_id, 'CREDENTIAL_NOT_REVOCABLE']),
  )
  const due = rows.filter((row) => isRevocable(row) && row.status !== 'revoked')
  if (due.length === 0) return problems
  const reason = recall.reason ?? 'The key that signed it was recalled.'
  try {
    await deps.statusChanger.change({
      action: 'revoke',
      credentialIds: due.map(({ credential_id }) => credential_id),
      reason,
    })
    return problems
  } catch (error) {
    // somebody revoked one of them meanwhile: the records know by now
    if (error instanceof IssuerError && error.code === 'ALREADY_REVOKED') {
      const fresh = await deps.pipeline.credentials.getMany(due.map(({ credential_id }) => credential_id))
      if (fresh.some(({ status }) => status === 'revoked')) return revokeAll(deps, recall, fresh)
    }
    throw error
  }
}
