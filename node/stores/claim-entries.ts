import { sql } from 'kysely'
import type { Database } from './database.ts'
import type { Row } from './tables.ts'

const CHUNK = 500

export type AnchorRow = Row<'anchors'>
/** A new anchor; `parents` are the traces (W3C Trace Context) of the requests whose entries it holds, where they have one. */
export type ClaimedAnchor = AnchorRow & { parents: string[] }

/** What is claimed, and under which names. */
export interface Claim {
  anchorId: string
  /** Name of the job whose outbox rows ask for registrations. */
  job: string
  now: string
  maxLists: number
  newId: () => string
}

/**
 * Puts what is recorded and unregistered into a new anchor, as `claim` of the store tells; undefined when there is nothing
 * to do.
 */
export async function claimEntries(trx: Database, claim: Claim): Promise<ClaimedAnchor | undefined> {
  const asked = await trx
    .selectFrom('outbox')
    .select(['id', 'payload'])
    .where('job', '=', claim.job)
    .where('done_at', 'is', null)
    .execute()
  if (asked.length === 0) return undefined
  const other = await trx.selectFrom('anchors').select('anchor_id').where('open', '=', 1).executeTakeFirst()
  if (other) return undefined
  const anchor = await insertAnchor(trx, claim)
  const all = await listsWithEntries(trx, claim.maxLists + 1)
  const lists = all.filter(({ waits }) => !waits)
  for (const list of lists.slice(0, claim.maxLists)) await claimList(trx, claim, list)
  // what is left over is asked for by its rows until nothing is; lists that wait may do so for long, and need but one
  if (lists.length <= claim.maxLists) await removeAsked(trx, asked.slice(lists.length < all.length ? 1 : 0))
  if (lists.length > 0) return { ...anchor, parents: asked.flatMap(({ payload }) => parentIn(payload)) }
  await trx.deleteFrom('anchors').where('anchor_id', '=', anchor.anchor_id).execute()
  return undefined
}

/** First of all: while an anchor is open nobody else makes one, so what is read after this stays as it is. */
async function insertAnchor(trx: Database, claim: Claim): Promise<AnchorRow> {
  const head = await auditHead(trx)
  const anchor: AnchorRow = {
    anchor_id: claim.anchorId,
    open: 1,
    audit_seq: head?.seq ?? null,
    audit_hash: head?.hash ?? null,
    created_at: claim.now,
  }
  await trx.insertInto('anchors').values(anchor).execute()
  return anchor
}

/** Few payloads name a trace: those of requests that are traced. */
function parentIn(payload: string): string[] {
  if (payload === '{}') return []
  const { traceparent } = JSON.parse(payload) as { traceparent?: string }
  return traceparent === undefined ? [] : [traceparent]
}

async function removeAsked(trx: Database, asked: readonly { id: string }[]): Promise<void> {
  for (let from = 0; from < asked.length; from += CHUNK) {
    const ids = asked.slice(from, from + CHUNK).map(({ id }) => id)
    await trx.deleteFrom('outbox').where('id', 'in', ids).execute()
  }
}

/** The head of the audit log, which the roots of this anchor commit to: kept, so that a later attempt has the same roots. */
async function auditHead(trx: Database): Promise<{ seq: number; hash: string } | undefined> {
  return trx
    .selectFrom('log_places')
    .select(['seq', 'hash'])
    .where('name', '=', 'head')
    .where('seq', '>', 0)
    .executeTakeFirst()
}

interface ListWithEntries {
  status_list_id: string
  registered: number
  /** Whether a registration before is open, which then is of a closed anchor: put aside, or gone from the chain. */
  waits: unknown
}

/**
 * The lists whose entries have waited longest come first, so that whoever fills many lists keeps nobody out, and before
 * them those of which an earlier version kept no time; those that wait for a registration before come last, so that they
 * take no place of the others.
 */
async function listsWithEntries(trx: Database, limit: number): Promise<ListWithEntries[]> {
  return trx
    .selectFrom('registration_groups as groups')
    .innerJoin('status_lists', 'status_lists.status_list_id', 'groups.status_list_id')
    .select(['groups.status_list_id', 'status_lists.registered'])
    .select((eb) =>
      eb
        .exists(
          eb
            .selectFrom('registrations')
            .select('registration_id')
            .whereRef('registrations.status_list_id', '=', 'groups.status_list_id')
            // a literal, so that the index of those that are open is used whatever the plan
            .where('registrations.state', '=', sql.lit('open')),
        )
        .as('waits'),
    )
    .where('groups.registration_id', 'is', null)
    .groupBy(['groups.status_list_id', 'status_lists.registered'])
    .orderBy('waits')
    .orderBy((eb) => eb.fn.coalesce(eb.fn.min('groups.recorded_at'), sql.lit('')))
    .limit(limit)
    .execute()
}

async function claimList(trx: Database, claim: Claim, list: ListWithEntries): Promise<void> {
  const registrationId = claim.newId()
  const { status_list_id: statusListId } = list
  await trx
    .insertInto('registrations')
    .values({
      registration_id: registrationId,
      anchor_id: claim.anchorId,
      status_list_id: statusListId,
      first: list.registered,
      count: 0,
      state: 'open',
    })
    .execute()
  await trx
    .updateTable('registration_groups')
    .set({ registration_id: registrationId })
    .where('status_list_id', '=', statusListId)
    .where('registration_id', 'is', null)
    .execute()
  // not counted before: others commit further credentials at any time
  const { count } = await trx
    .selectFrom('registration_groups')
    .select((eb) => eb.fn.sum<number>('count').as('count'))
    .where('registration_id', '=', registrationId)
    .executeTakeFirstOrThrow()
  await trx
    .updateTable('registrations')
    .set({ count })
    .where('registration_id', '=', registrationId)
    .execute()
}
