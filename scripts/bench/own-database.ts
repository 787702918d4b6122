import { randomBytes } from 'node:crypto'
import pg from 'pg'

/** Where a server is looked for. */
const administration = 'postgres://postgres@127.0.0.1:5432/postgres'

/** A database of PostgreSQL for one measurement. */
export interface OwnDatabase {
  url: string
  drop(): Promise<void>
}

/** Makes one; undefined when no server answers. */
export async function makeOwnDatabase(): Promise<OwnDatabase | undefined> {
  const name = `cartulary_bench_${randomBytes(4).toString('hex')}`
  try {
    // as docs/database.md sets it up
    await administer(`create database ${name} template template0 encoding 'UTF8' locale 'C'`)
  } catch {
    return undefined
  }
  const url = new URL(administration)
  url.pathname = `/${name}`
  return { url: url.href, drop: () => administer(`drop database if exists ${name} with (force)`) }
}

async function administer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: administration, connectionTimeoutMillis: 2_000 })
  await client.connect()
  await client.query(sql).finally(() => client.end())
}
