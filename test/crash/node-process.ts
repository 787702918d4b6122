import { flushCompileCache } from 'node:module'
import { createInterface } from 'node:readline'
import { StatementSync } from 'node:sqlite'
import pg from 'pg'
import type { ChainLocation } from '../../node/composition/foundation.ts'
import { parseConfig } from '../../node/config.ts'
import { main } from '../../node/main.ts'
import { startWorker } from '../../node/worker.ts'

/** When a process dies: before the n-th statement from now on that writes, or before the first that the pattern fits. */
export type Doom = number | string | null

/** What it is told first. */
export interface Orders {
  /** What it does: everything, or what `npm run api` or `npm run worker` do; everything when left out. */
  role?: 'api' | 'worker'
  environment: Record<string, string>
  chain: Pick<ChainLocation, 'rpcUrl' | 'registries'>
}

/**
 * A node as a process of its own, to be killed. Its modules are loaded when it starts; it waits for its orders as a line
 * of JSON on its input, so that a spare one is ready when the one before dies, and says `ready`. Each further line is a
 * doom, which it says it knows.
 */
async function run(): Promise<void> {
  const say = (word: string) => process.stdout.write(`${word}\n`)
  const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
  // who is killed writes nothing down when it ends
  flushCompileCache()
  say('loaded')
  const orders = JSON.parse((await lines.next()).value ?? '') as Orders
  const doom = watchStatements()
  const input = { config: parseConfig(orders.environment), chain: orders.chain }
  if (orders.role === 'worker') await startWorker(input)
  else await main({ ...input, jobs: orders.role === undefined })
  say('ready')
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    doom(JSON.parse(line.value))
    say('armed')
  }
}

/** Looks at every statement to the database, a file or a server. */
function watchStatements(): (doom: Doom) => void {
  let doom: Doom = null
  let count = 0
  const isThen = (sql: string) => {
    if (doom === null || !/^(insert|update|delete|commit)/.test(sql)) return false
    return typeof doom === 'number' ? ++count === doom : new RegExp(doom).test(sql)
  }
  for (const name of ['run', 'all'] as const) {
    const original = StatementSync.prototype[name] as (...input: unknown[]) => unknown
    // biome-ignore lint/suspicious/noExplicitAny: it stands for both signatures
    StatementSync.prototype[name] = function (this: StatementSync, ...parameters: unknown[]): any {
      if (isThen(this.sourceSQL)) process.kill(process.pid, 'SIGKILL')
      return original.apply(this, parameters)
    }
  }
  const query = pg.Client.prototype.query as (...input: unknown[]) => unknown
  // biome-ignore lint/suspicious/noExplicitAny: it stands for every signature
  pg.Client.prototype.query = function (this: pg.Client, ...parameters: unknown[]): any {
    const [asked] = parameters
    const sql = typeof asked === 'string' ? asked : String((asked as { text?: unknown } | null)?.text)
    if (isThen(sql)) process.kill(process.pid, 'SIGKILL')
    return query.apply(this, parameters)
  }
  return (next) => {
    doom = next
    count = 0
  }
}

// Mocha imports every file of this folder
if (import.meta.main) await run()
