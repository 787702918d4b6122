import type { Database } from './database.ts'

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
export function createContextStore(database: Database) {
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
  }
}
