import type { KeyType } from '../keys/key-store.ts'
import type { KeyTable } from '../keys/software.ts'
import type { Database } from './database.ts'

/** Questions to the table of encrypted private keys. */
export function createKeyTable(database: Database): KeyTable {
  return {
    async insert(key) {
      await database
        .insertInto('keys')
        .values({
          key_ref: key.keyRef,
          type: key.type,
          public_key: key.publicKey,
          wrapped: key.wrapped,
          created_at: new Date().toISOString(),
        })
        .execute()
    },
    async get(keyRef) {
      const row = await database
        .selectFrom('keys')
        .selectAll()
        .where('key_ref', '=', keyRef)
        .executeTakeFirst()
      if (!row) return undefined
      return { keyRef, type: row.type as KeyType, publicKey: row.public_key, wrapped: row.wrapped }
    },
    async delete(keyRef) {
      await database.deleteFrom('keys').where('key_ref', '=', keyRef).execute()
    },
  }
}
