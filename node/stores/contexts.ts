import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import { boundless } from './room.ts'
import type { NewRow } from './tables.ts'

/** A context as the node publishes it. */
export interface PublishedContext {
  /** SHA-256 of its text, hex: a part of its URL. */
  digest: string
  url: string
  /** JCS text. */
  document: string
}

export type ContextStore = ReturnType<typeof createContextStore>

/** Questions to the table of published contexts; nothing in it ever changes. */
export function createContextStore(database: Database, room = boundless) {
  return {
    async publish(contexts: readonly PublishedContext[]): Promise<void> {
      if (contexts.length === 0) return
      await database
        .insertInto('contexts')
        .values([...contexts])
        .onConflict((conflict) => conflict.column('digest').doNothing())
        .execute()
    },

    /** The text of a context by its digest. */
    async get(digest: string): Promise<string | undefined> {
      const row = await database
        .selectFrom('contexts')
        .select('document')
        .where('digest', '=', digest)
        .executeTakeFirst()
      return row?.document
    },

    /**
     * Pins a URL to a context for the credentials of one issuer, and publishes the context; `false` when the URL
     * stands for another one already.
     * @throws QUOTA_EXCEEDED
     */
    async register(
      context: PublishedContext & {
        issuerDid: string
        registeredUrl: string
        createdAt: string
        event?: NewRow<'events'>
      },
    ): Promise<boolean> {
      const { issuerDid: issuer_did, registeredUrl, createdAt: created_at, digest, url, document } = context
      return database.transaction().execute(async (trx) => {
        const published = { digest, url, document }
        await trx
          .insertInto('contexts')
          .values(published)
          .onConflict((conflict) => conflict.column('digest').doNothing())
          .execute()
        const inserted = await trx
          .insertInto('registered_contexts')
          .values({ issuer_did, url: registeredUrl, digest, created_at })
          .onConflict((conflict) => conflict.columns(['issuer_did', 'url']).doNothing())
          .returning('url')
          .execute()
        if (inserted.length > 0) await room(trx, 'contexts', issuer_did)
        if (inserted.length > 0 && context.event) await appendEvent(trx, context.event)
        const row = await trx
          .selectFrom('registered_contexts')
          .select('digest')
          .where('issuer_did', '=', issuer_did)
          .where('url', '=', registeredUrl)
          .executeTakeFirst()
        return row?.digest === digest
      })
    },

    /** The text of the context that a URL stands for in the credentials of an issuer. */
    async registered(issuerDid: string, url: string): Promise<string | undefined> {
      const row = await database
        .selectFrom('registered_contexts')
        .innerJoin('contexts', 'contexts.digest', 'registered_contexts.digest')
        .select('contexts.document')
        .where('registered_contexts.issuer_did', '=', issuerDid)
        .where('registered_contexts.url', '=', url)
        .executeTakeFirst()
      return row?.document
    },
  }
}
