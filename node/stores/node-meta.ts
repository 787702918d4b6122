import type { Database } from './database.ts'

/** Facts about this database as a whole. */
type NodeFact = 'chain' | 'publicUrl' | 'nodeDid' | 'relayerKeyRef' | 'sealed'

export interface NodeMetaStore {
  get(name: NodeFact): Promise<string | undefined>
  put(name: NodeFact, value: string): Promise<void>
  /** The value that stands; one that `make` gives when there is none, of several processes that do so the first one's. */
  settle(name: NodeFact, make: () => Promise<string>): Promise<string>
}

/** Questions to the table of facts about the database. */
export function createNodeMetaStore(database: Database): NodeMetaStore {
  const get = async (name: NodeFact) => {
    const row = await database
      .selectFrom('node_meta')
      .select('value')
      .where('name', '=', name)
      .executeTakeFirst()
    return row?.value
  }
  return {
    get,
    async put(name, value) {
      await database
        .insertInto('node_meta')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doUpdateSet({ value }))
        .execute()
    },
    async settle(name, make) {
      const known = await get(name)
      if (known !== undefined) return known
      const value = await make()
      await database
        .insertInto('node_meta')
        .values({ name, value })
        .onConflict((conflict) => conflict.column('name').doNothing())
        .execute()
      return (await get(name)) ?? value
    },
  }
}
