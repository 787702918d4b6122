import type { Database } from './database.ts'

/** Facts about this database as a whole. */
type NodeFact = 'chain' | 'publicUrl' | 'nodeDid' | 'relayerKeyRef' | 'sealed'

export interface NodeMetaStore {
  get(name: NodeFact): Promise<string | undefined>
  put(name: NodeFact, value: string): Promise<void>
}

/** Questions to the table of facts about the database. */
export function createNodeMetaStore(database: Database): NodeMetaStore {
  return {
    async get(name) {
      const row = await database
        .selectFrom('node_meta')
        .select('value')
        .where('name', '=', name)
        .executeTakeFirst()
      return row?.value
    },
    async put(name, value) {
      await database
        .insertInto('node_meta')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute()
    },
  }
}
