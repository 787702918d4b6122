import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { boundless } from './room.ts'
import type { NewRow } from './tables.ts'

export interface OfferStore {
  /** Times are ISO 8601 in UTC with milliseconds. Forgets those that have expired. @throws QUOTA_EXCEEDED */
  insert(offer: {
    tokenHash: string
    credentialId: string
    createdAt: string
    expiresAt: string
    event?: NewRow<'events'>
    /** Written in the same transaction. */
    also?: ((trx: Database) => Promise<void>) | undefined
  }): Promise<void>
  /** Marks an unused offer that has not expired as used, and gives its credential; in one statement. */
  collect(
    tokenHash: string,
    now: string,
    eventOf?: (credential: { credentialId: string; issuerDid: string; tenantId: string }) => NewRow<'events'>,
  ): Promise<string | undefined>
}

const forgottenAtOnce = 100

/** Questions to the table of credential offers. */
export function createOfferStore(database: Database, room = boundless): OfferStore {
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
        const old = trx.selectFrom('offers').select('token_hash').where('expires_at', '<=', offer.createdAt)
        await trx.deleteFrom('offers').where('token_hash', 'in', old.limit(forgottenAtOnce)).execute()
        await trx.insertInto('offers').values(row).execute()
        await room(trx, 'offers', offer.credentialId)
        if (offer.event) await appendEvent(trx, offer.event)
        await offer.also?.(trx)
      })
    },
    async collect(tokenHash, now, eventOf) {
      return database.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('offers')
          .set({ used_at: now })
          .where('token_hash', '=', tokenHash)
          .where('used_at', 'is', null)
          .where('expires_at', '>', now)
          .returning('credential_id')
          .executeTakeFirst()
        if (row && eventOf) await appendEvent(trx, eventOf(await credentialOf(trx, row.credential_id)))
        return row?.credential_id
      })
    },
  }
}

async function credentialOf(trx: Database, credentialId: string) {
  return trx
    .selectFrom('credentials')
    .innerJoin('credential_terms as terms', 'terms.terms_id', 'credentials.terms_id')
    .select(['credential_id as credentialId', 'issuer_did as issuerDid', 'terms.tenant_id as tenantId'])
    .where('credential_id', '=', credentialId)
    .executeTakeFirstOrThrow()
}
