import { sql } from 'kysely'
import { findTerms, selectTerms } from './credential-terms.ts'
import { type CredentialRow, credentialRows } from './credentials.ts'
import type { Database } from './database.ts'
import { beginningOfSeveral, type PageQuestion, pageOf } from './page.ts'
import { boundless, type CheckRoom } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type RecallRow = Row<'recalls'>
export type RecalledRow = Row<'recalled_credentials'>

/** Questions to the tables of recalls. */
export type RecallStore = ReturnType<typeof createRecallStore>

export function createRecallStore(database: Database, room = boundless) {
  return { ...recalls(database, room), ...recalled(database) }
}

function recalls(database: Database, room: CheckRoom) {
  return {
    /** `also` is written in the same transaction. @throws QUOTA_EXCEEDED */
    async insert(recall: NewRow<'recalls'>, also?: (trx: Database) => Promise<void>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await trx.insertInto('recalls').values(recall).execute()
        await room(trx, 'recalls', recall.tenant_id)
        await also?.(trx)
      })
    },

    async get(recallId: string): Promise<RecallRow | undefined> {
      return database.selectFrom('recalls').selectAll().where('recall_id', '=', recallId).executeTakeFirst()
    },

    /** A page of a tenant's, newest first; `issuers` limits it. */
    async list(question: PageQuestion & { tenantId: string; issuers: readonly string[] | undefined }) {
      const { tenantId, issuers } = question
      if (issuers?.length === 0) return { items: [], nextCursor: null }
      const all = database.selectFrom('recalls').selectAll().where('tenant_id', '=', tenantId)
      const query = issuers ? all.where('issuer_did', 'in', issuers) : all
      const { rows, nextCursor } = await pageOf(query, { time: 'created_at', id: 'recall_id' }, question)
      return { items: rows, nextCursor }
    },

    /** What is under way, the oldest first. */
    async running(): Promise<RecallRow[]> {
      return database
        .selectFrom('recalls')
        .selectAll()
        .where('state', '=', 'running')
        .orderBy('created_at')
        .execute()
    },

    /** Goes past a chunk and counts it; false when another process has gone on from there meanwhile. */
    async advance(
      recall: Pick<RecallRow, 'recall_id' | 'after_id'>,
      step: { after: Pick<CredentialRow, 'issued_at' | 'credential_id'>; done: number; failed: number },
    ): Promise<boolean> {
      const { numUpdatedRows } = await database
        .updateTable('recalls')
        .set((eb) => ({
          after_time: step.after.issued_at,
          after_id: step.after.credential_id,
          done: eb('done', '+', step.done),
          failed: eb('failed', '+', step.failed),
        }))
        .where('recall_id', '=', recall.recall_id)
        .where('after_id', recall.after_id === null ? 'is' : '=', recall.after_id)
        .executeTakeFirst()
      return numUpdatedRows > 0n
    },

    async finish(recallId: string, end: { state: 'done' | 'failed'; problem?: string; at: string }) {
      await database
        .updateTable('recalls')
        .set({ state: end.state, problem: end.problem ?? null, finished_at: end.at })
        .where('recall_id', '=', recallId)
        .where('state', '=', 'running')
        .execute()
    },
  }
}

function recalled(database: Database) {
  return {
    /** How many credentials a key has signed since a time. */
    async count(question: SignedQuestion): Promise<number> {
      const { count } = await database
        .selectFrom('credentials')
        .where('terms_id', 'in', selectTerms(database, { verificationMethod: question.verification_method }))
        .where('issued_at', '>=', question.since)
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .executeTakeFirstOrThrow()
      return Number(count)
    },

    /** The next credentials of a recall, the oldest first. */
    async next(recall: RecallRow, limit: number): Promise<CredentialRow[]> {
      const { after_time: time, after_id: id, since } = recall
      const all = database.selectFrom('credentials').select(['issued_at', 'credential_id'])
      const rest =
        time === null
          ? all.where('issued_at', '>=', since)
          : all.where(sql<boolean>`(issued_at, credential_id) > (${time}, ${id})`)
      const parts = (await findTerms(database, { verificationMethod: recall.verification_method })).map(
        (terms) =>
          rest.where('terms_id', '=', terms).orderBy('issued_at').orderBy('credential_id').limit(limit),
      )
      const order = { time: 'issued_at', id: 'credential_id', direction: 'asc', limit } as const
      const ids = (await beginningOfSeveral(database, parts, order)).map((place) => place.credential_id)
      if (ids.length === 0) return []
      return credentialRows(database)
        .where('credentials.credential_id', 'in', ids)
        .orderBy('issued_at')
        .orderBy('credentials.credential_id')
        .execute()
    },

    /** What has become of these credentials in a recall. */
    async outcomes(recallId: string, credentialIds: readonly string[]): Promise<RecalledRow[]> {
      if (credentialIds.length === 0) return []
      return database
        .selectFrom('recalled_credentials')
        .selectAll()
        .where('recall_id', '=', recallId)
        .where('credential_id', 'in', credentialIds)
        .execute()
    },

    note: (rows: readonly NewRow<'recalled_credentials'>[]) => noteRecalled(database, rows),

    /** Outcomes by credential id; `after` is the last one seen. */
    async page(question: {
      recallId: string
      after?: string | undefined
      limit: number
    }): Promise<RecalledRow[]> {
      const { recallId, after = '', limit } = question
      return database
        .selectFrom('recalled_credentials')
        .selectAll()
        .where('recall_id', '=', recallId)
        .where('credential_id', '>', after)
        .orderBy('credential_id')
        .limit(limit)
        .execute()
    },
  }
}

/** Writes what became of credentials; the first word counts. Gives how many had none before. */
export async function noteRecalled(
  trx: Database,
  rows: readonly NewRow<'recalled_credentials'>[],
): Promise<number> {
  let noted = 0
  for (let from = 0; from < rows.length; from += 200) {
    const { numInsertedOrUpdatedRows } = await trx
      .insertInto('recalled_credentials')
      .values(rows.slice(from, from + 200))
      .onConflict((conflict) => conflict.doNothing())
      .executeTakeFirstOrThrow()
    noted += Number(numInsertedOrUpdatedRows ?? 0n)
  }
  return noted
}

type SignedQuestion = Pick<RecallRow, 'verification_method' | 'since'>
