import { closeSync, fsyncSync, openSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile } from '../../node/stores/database-file.ts'

const ROWS = 10_000

/**
 * Copies stored credentials under other ids, with other holders, until there are `total`, while the node is idle: in every
 * index they stand where issued ones would.
 */
export async function fillDatabase(dataDir: string, total: number): Promise<void> {
  const database = new DatabaseSync(databaseFile(dataDir), { timeout: 10_000 })
  const columns = database
    .prepare(`select name from pragma_table_info('credentials')`)
    .all()
    .map(({ name }) => String(name))
  const copied: Record<string, string> = {
    credential_id: `substr(credential_id, 1, 23) || lower(hex(randomblob(8))) || substr(credential_id, 40)`,
    holder_did: `'did:key:z6Mk' || hex(randomblob(22))`,
  }
  const copy = database.prepare(
    `insert into credentials (${columns.join(', ')})
     select ${columns.map((name) => copied[name] ?? name).join(', ')} from credentials where rowid <= ${ROWS}`,
  )
  // each credential has an entry, in the same order
  const register = database.prepare(
    `insert into registration_entries (credential_id, status_list_id, status_index, status_position, group_id)
     select credential_id, (select min(status_list_id) from registration_entries), 0,
       (select min(status_position) from registration_entries) - row_number() over (),
       (select min(group_id) from registration_entries)
     from credentials where rowid > (select max(rowid) from registration_entries)`,
  )
  database.exec('pragma synchronous = off')
  while (countOf(database) < total) {
    copy.run()
    register.run()
  }
  database.exec('pragma wal_checkpoint(truncate)')
  database.close()
  // gigabytes that are still to be written would slow down what is measured next
  const file = openSync(databaseFile(dataDir), 'r+')
  fsyncSync(file)
  closeSync(file)
}

function countOf(database: DatabaseSync): number {
  return Number(database.prepare('select count(*) as count from credentials').get()?.count)
}
