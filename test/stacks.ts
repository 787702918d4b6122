import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { migrateStorage } from '../node/composition/storage.ts'
import type { DatabaseLocation } from '../node/stores/database.ts'
import { startRedis, type TestRedis, whyNoRedis } from './redis.ts'

/** A database of its own, empty. */
export interface FreshDatabase {
  location: DatabaseLocation
  /** Where its work is announced; undefined: in the process alone. */
  queueUrl: string | undefined
  /** What a node needs to use it. */
  environment: Record<string, string>
  /** Removes it, with whoever is connected. */
  drop(): Promise<void>
}

interface CreateOptions {
  prepared?: boolean
}

/** What a node may stand on, one line for each combination that is promised. */
export interface Stack {
  name: string
  /** Why it cannot be had here. */
  missing?: string | undefined
  /** `prepared`: may have its tables already, for those who want many; to make them takes longer than to copy them. */
  create(options?: CreateOptions): Promise<FreshDatabase>
}

/** Where the tests find services; each makes databases of its own there. */
const postgresUrl = process.env.TEST_DATABASE_URL || 'postgres://postgres@127.0.0.1:5432/postgres'
/** Few: a server has 100 for all tests that run on it. */
const CONNECTIONS = 4

const missingPostgres = await whyNot('PostgreSQL (TEST_DATABASE_URL)', () => administer('select 1'))

const missingRedis = await whyNoRedis()

const sqlite: Stack = { name: 'SQLite, jobs in process', create: createFile }
export const postgres: Stack = {
  name: 'PostgreSQL, jobs in process',
  ...(missingPostgres && { missing: missingPostgres }),
  create: createPostgres,
}

export const onRedis: Stack = {
  name: 'PostgreSQL, BullMQ on Redis',
  ...((missingPostgres ?? missingRedis) && { missing: missingPostgres ?? missingRedis }),
  create: async (options) => withQueue(await createPostgres(options), (await sharedRedis()).url),
}
export const onPostgres: Stack = {
  name: 'PostgreSQL, BullMQ on PostgreSQL',
  ...(missingPostgres && { missing: missingPostgres }),
  create: async (options) => {
    const fresh = await createPostgres(options)
    return withQueue(fresh, fresh.environment.DATABASE_URL as string)
  },
}

/** What stores stand on. */
export const stacks: readonly Stack[] = [sqlite, postgres]
/** What a node stands on: a queue makes no difference to stores. */
export const nodeStacks: readonly Stack[] = [sqlite, onRedis, onPostgres]

const withQueue = (fresh: FreshDatabase, url: string): FreshDatabase => ({
  ...fresh,
  queueUrl: url,
  environment: { ...fresh.environment, QUEUE_URL: url },
})

let redis: Promise<TestRedis> | undefined

/** One for all tests of this process, so that none of them is in the way of another process's. */
function sharedRedis(): Promise<TestRedis> {
  redis ??= startRedis()
  return redis
}

/**
 * A suite once for each stack. One whose service does not answer is skipped by name, and fails where `CI` says that
 * everything has to be there.
 */
export function describeOnStacks(title: string, suite: (stack: Stack) => void, on = stacks): void {
  for (const stack of on) {
    const name = `${title} (${stack.name})`
    if (stack.missing === undefined)
      describe(name, () => {
        suite(stack)
        after(dropTemplate)
      })
    else if (process.env.CI)
      it(name, () => {
        throw new Error(stack.missing)
      })
    else describe.skip(`${name}: skipped, ${stack.missing}`, () => suite(stack))
  }
}

/** The same on what a node stands on. */
export const describeOnNodeStacks = (title: string, suite: (stack: Stack) => void): void =>
  describeOnStacks(title, suite, nodeStacks)

async function whyNot(service: string, ask: () => Promise<unknown>): Promise<string | undefined> {
  try {
    await ask()
    return undefined
  } catch (error) {
    return `${service} does not answer: ${(error as Error).message || (error as { code?: string }).code}`
  }
}

async function createFile(): Promise<FreshDatabase> {
  const folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
  return {
    location: { file: join(folder, 'cartulary.db') },
    queueUrl: undefined,
    environment: { DATA_DIR: folder },
    drop: () => rm(folder, { recursive: true }),
  }
}

async function createPostgres({ prepared = false }: CreateOptions = {}): Promise<FreshDatabase> {
  swept ??= sweep()
  await swept
  if (prepared) template ??= makeTemplate()
  // template0, as nobody is ever connected to it, and to a template nobody may be
  const { name, url } = await createFrom((prepared && (await template)) || 'template0')
  const folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
  return {
    location: { url: url.href, connections: CONNECTIONS },
    queueUrl: undefined,
    environment: {
      DATA_DIR: folder,
      DATABASE_URL: url.href,
      DATABASE_CONNECTIONS: String(CONNECTIONS),
    },
    drop: async () => {
      await administer(`drop database if exists ${name} with (force)`)
      await rm(folder, { recursive: true })
    },
  }
}

async function createFrom(source: string): Promise<{ name: string; url: URL }> {
  const name = `cartulary_test_${Date.now()}_${randomBytes(4).toString('hex')}`
  await administer(`create database ${name} template ${source}`)
  const url = new URL(postgresUrl)
  url.pathname = `/${name}`
  return { name, url }
}

let template: Promise<string> | undefined

/** A database with the tables of a node and of a queue. */
async function makeTemplate(): Promise<string> {
  const { name, url } = await createFrom('template0')
  await migrateStorage({ dataDir: '', databaseUrl: url.href, queueUrl: url.href })
  return name
}

async function dropTemplate(): Promise<void> {
  if (template) await administer(`drop database if exists ${await template} with (force)`)
  template = undefined
}

let swept: Promise<void> | undefined
const LONGEST_RUN_MS = 2 * 3_600_000

/** Removes what test runs that were killed have left. */
async function sweep(): Promise<void> {
  const { rows } = await administer(
    `select datname from pg_database where datname ~ '^cartulary_test_[0-9]+_'`,
  )
  for (const { datname } of rows)
    if (Number(datname.split('_')[2]) < Date.now() - LONGEST_RUN_MS)
      await administer(`drop database if exists ${datname} with (force)`)
}

async function administer(sql: string): Promise<pg.QueryResult> {
  const client = new pg.Client({ connectionString: postgresUrl, connectionTimeoutMillis: 10_000 })
  await client.connect()
  try {
    return await client.query(sql)
  } finally {
    await client.end()
  }
}
