import { IssuerError } from '../errors.ts'
import { formats } from '../formats/index.ts'
import type { Wiring } from '../issuer.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { orderRecall } from '../recall/order-recall.ts'
import type { RecallDeps } from '../recall/recall-deps.ts'
import { createRecallJob } from '../recall/recall-job.ts'
import { recalledOf, recallOf } from '../recall/recall-record.ts'
import { requestContext } from '../request-context.ts'
import { isErased, readSecured } from '../stores/credentials.ts'
import { createRecallStore, noteRecalled, type RecallRow } from '../stores/recalls.ts'
import { openCredential } from '../verification/open-credential.ts'

interface Question {
  recallId: string
  /** Issuers that the caller may act for; undefined means any of its tenant. */
  issuers: readonly string[] | undefined
}

/** Opens the recall of credentials by the key that signed them. */
export function openRecalls(wiring: Wiring) {
  const { foundation, own, pipeline, queue, statusChanger } = wiring
  const recalls = createRecallStore(foundation.database, foundation.room)
  const deps: RecallDeps = {
    ...{ recalls, noteRecalled, pipeline, queue, statusChanger },
    dids: own.dids,
    readCredential: (row) => {
      if (isErased(row)) throw new IssuerError('CREDENTIAL_DELETED')
      return openCredential(formats, readSecured(row), { inlineContexts: true })
    },
    now: pipeline.now,
  }
  const requireRecall = async ({ recallId, issuers }: Question): Promise<RecallRow> => {
    const row = await recalls.get(recallId)
    const isSeen = row?.tenant_id === requestContext().tenantId
    if (!isSeen || (issuers && !issuers.includes(row.issuer_did)))
      throw new IssuerError('RECALL_NOT_FOUND', { facts: { recallId } })
    return row
  }
  return {
    doors: {
      recalls: {
        order: (order) => orderRecall(deps, order),
        require: async (question) => recallOf(await requireRecall(question)),
        list: async (question) => {
          const { tenantId } = requestContext()
          const { items, nextCursor } = await recalls.list({ ...question, tenantId })
          return { items: items.map(recallOf), nextCursor }
        },
        credentials: async (question) => {
          const { limit, cursor } = question
          const { recall_id: recallId } = await requireRecall(question)
          const rows = await recalls.page({ recallId, after: cursor, limit: limit + 1 })
          const items = rows.slice(0, limit).map(recalledOf)
          return { items, nextCursor: rows.length > limit ? (items.at(-1)?.credentialId ?? null) : null }
        },
      },
    } satisfies Partial<Issuer>,
    jobs: [createRecallJob(deps)],
  }
}
