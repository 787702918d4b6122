import type { Database } from './database.ts'
import { boundless } from './room.ts'
import type { Row } from './tables.ts'

/** Questions to the table of presentation requests. */
export type PresentationRequestStore = ReturnType<typeof createPresentationRequestStore>

export function createPresentationRequestStore(database: Database, room = boundless) {
  return {
    /**
     * Keeps one, and forgets those that ended before it was made. `also` is written in the same transaction.
     * @throws QUOTA_EXCEEDED
     */
    async insert(
      request: Omit<Row<'presentation_requests'>, 'used_at'>,
      also?: (trx: Database) => Promise<void>,
    ): Promise<void> {
      await database
        .deleteFrom('presentation_requests')
        .where('expires_at', '<', request.created_at)
        .execute()
      await database.transaction().execute(async (trx) => {
        await trx
          .insertInto('presentation_requests')
          .values({ ...request, used_at: null })
          .execute()
        await room(trx, 'presentationRequests', request.tenant_id)
        await also?.(trx)
      })
    },

    /** One that may still be answered. */
    async open(question: { requestId: string; tenantId: string; now: string }): Promise<string | undefined> {
      const row = await database
        .selectFrom('presentation_requests')
        .select('request')
        .where('request_id', '=', question.requestId)
        .where('tenant_id', '=', question.tenantId)
        .where('used_at', 'is', null)
        .where('expires_at', '>', question.now)
        .executeTakeFirst()
      return row?.request
    },

    /**
     * Takes its nonce back, which happens once; false when it was answered or has ended. `also` is written in the same
     * transaction.
     */
    async take(
      { requestId, now }: { requestId: string; now: string },
      also?: (trx: Database) => Promise<void>,
    ): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const { numUpdatedRows } = await trx
          .updateTable('presentation_requests')
          .set({ used_at: now })
          .where('request_id', '=', requestId)
          .where('used_at', 'is', null)
          .where('expires_at', '>', now)
          .executeTakeFirst()
        if (numUpdatedRows > 0n) await also?.(trx)
        return numUpdatedRows > 0n
      })
    },
  }
}
