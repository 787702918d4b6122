import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import { presentAct, requestContext } from '../request-context.ts'
import { RECALL_JOB, type RecallDeps } from './recall-deps.ts'
import { type Recall, recallOf } from './recall-record.ts'

/** What a recall is to do with every credential that a key has signed since a time. */
export interface RecallOrder {
  /** DID URL of a key of an issuer, of now or of earlier. */
  verificationMethod: string
  since: Date
  /** `reissue`: each is issued anew with the issuer's present key, then revoked. */
  action: 'revoke' | 'reissue'
  reason?: string | undefined
}

/**
 * Orders a recall; a job does it, and goes on after a crash.
 * @throws DID_NOT_FOUND, KEY_STILL_ACTIVE for `reissue` while the issuer would sign with that very key
 */
export async function orderRecall(deps: RecallDeps, order: RecallOrder): Promise<Recall> {
  const act = presentAct<Recall>('order a recall')
  if (act?.outcome) return act.outcome
  const { verificationMethod, since, action, reason } = order
  const did = verificationMethod.split('#', 1)[0] as string
  const issuer = await deps.dids.get(did)
  if (!issuer) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
  const isActive = issuer.keys.some((key) => key.verificationMethod === verificationMethod)
  if (action === 'reissue' && isActive) {
    throw new IssuerError('KEY_STILL_ACTIVE', { facts: { verificationMethod } })
  }
  const { tenantId, actor } = requestContext()
  const what = { verification_method: verificationMethod, since: since.toISOString() }
  const row = {
    ...what,
    recall_id: randomUUID(),
    tenant_id: tenantId,
    actor,
    issuer_did: did,
    action,
    reason: reason ?? null,
    state: 'running' as const,
    total: await deps.recalls.count(what),
    done: 0,
    failed: 0,
    after_time: null,
    after_id: null,
    problem: null,
    created_at: deps.now().toISOString(),
    finished_at: null,
  }
  const recall = recallOf(row)
  await deps.recalls.insert(row, act && ((trx) => act.note(recall, trx)))
  deps.queue.notify(RECALL_JOB)
  return recall
}
