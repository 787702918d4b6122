import type { Database } from './database.ts'

export interface OfferStore {
  /** Times are ISO 8601 in UTC with milliseconds. */
  insert(offer: {
    tokenHash: string
    credentialId: string
    createdAt: string
    expiresAt: string
    /** Written in the same transaction. */
    also?: ((trx: Database) => Promise<void>) | undefined
  }): Promise<void>
  /** Marks an unused offer that has not expired as used, and gives its credential; in one statement. */
  collect(tokenHash: string, now: string): Promise<string | undefined>
}

/** Questions to the table of credential offers. */
export function createOfferStore(database: Database): OfferStore {
  return {
    async insert(offer) {
      const row = {
        token_hash: offer.tokenHash,
        credential_id: offer.credentialId,
        created_at: offer.createdAt,
        expires_at: offer.expiresAt,
        used_at: null,
      }
      await database.transaction().execute(async (trx) => {
        await trx.insertInto('offers').values(row).execute()
        await offer.also?.(trx)
      })
    },
    async collect(tokenHash, now) {
      const row = await database
        .updateTable('offers')
        .set({ used_at: now })
        .where('token_hash', '=', tokenHash)
        .where('used_at', 'is', null)
        .where('expires_at', '>', now)
        .returning('credential_id')
        .executeTakeFirst()
      return row?.credential_id
    },
  }
}
