import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import {
  type DatabaseConnectionTaken,
  type DatabaseQuery,
  databaseChannel,
  databasePoolChannel,
  type Observed,
  observationChannel,
} from '../observation.ts'

/** Subscribes to what is done; the result ends the subscriptions. */
export function countWork(registry: Registry, seconds: readonly number[]): () => void {
  const registers = [registry]
  const rpc = new Histogram({
    ...{ name: 'cartulary_rpc_request_duration_seconds', registers, buckets: [...seconds] },
    ...{ help: 'Questions to the chain.', labelNames: ['method', 'outcome'] },
  })
  const anchors = new Histogram({
    ...{ name: 'cartulary_anchor_duration_seconds', registers, buckets: [...seconds, 60, 120] },
    ...{ help: 'Group commits, from claimed to registered entries.', labelNames: ['outcome'] },
  })
  const entries = new Histogram({
    ...{ name: 'cartulary_anchor_entries', registers, buckets: [1, 10, 100, 1_000, 10_000, 100_000] },
    help: 'Entries registered by one group commit.',
  })
  const gas = new Counter({
    ...{ name: 'cartulary_gas_used_total', registers },
    ...{ help: 'Gas of mined transactions.', labelNames: ['call'] },
  })
  const ends = [
    watchDatabase(registry),
    watchPool(registry),
    timed('rpc', ({ method }, outcome, taken) => rpc.observe({ method, outcome }, taken)),
    timed('anchor', ({ result }, outcome, taken) => {
      anchors.observe({ outcome }, taken)
      if (typeof result === 'number') entries.observe(result)
    }),
    timed('transaction', ({ call, result }) => {
      for (const receipt of [result].flat() as ({ gasUsed?: bigint } | undefined)[])
        if (receipt?.gasUsed !== undefined) gas.inc({ call }, Number(receipt.gasUsed))
    }),
  ]
  return () => {
    for (const end of ends) end()
  }
}

/** Times statements, of which most take less than a millisecond. */
function watchDatabase(registry: Registry): () => void {
  const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5]
  const queries = new Histogram({
    ...{ name: 'cartulary_database_query_duration_seconds', registers: [registry], buckets },
    ...{ help: 'Statements of the database.', labelNames: ['outcome'] },
  })
  const onQuery = (message: unknown) => {
    const { milliseconds, failed } = message as DatabaseQuery
    queries.observe({ outcome: failed ? 'failed' : 'ok' }, milliseconds / 1_000)
  }
  databaseChannel.subscribe(onQuery)
  return () => databaseChannel.unsubscribe(onQuery)
}

/** The pool as it was when somebody last took a connection; SQLite has none. */
function watchPool(registry: Registry): () => void {
  const registers = [registry]
  const waits = new Histogram({
    ...{
      name: 'cartulary_database_connection_wait_seconds',
      registers,
      buckets: [0.001, 0.01, 0.1, 0.5, 1, 5, 10],
    },
    help: 'How long a connection of the pool was waited for.',
  })
  const connections = new Gauge({
    ...{ name: 'cartulary_database_connections', registers, labelNames: ['state'] },
    help: 'Connections of the pool, and who waits for one.',
  })
  const onTaken = (message: unknown) => {
    const { waited, open, idle, waiting } = message as DatabaseConnectionTaken
    waits.observe(waited / 1_000)
    connections.set({ state: 'used' }, open - idle)
    connections.set({ state: 'idle' }, idle)
    connections.set({ state: 'waited for' }, waiting)
  }
  databasePoolChannel.subscribe(onTaken)
  return () => databasePoolChannel.unsubscribe(onTaken)
}

/** Calls a function at the end of each piece of work of a kind, with the seconds that it took. */
function timed<Kind extends 'rpc' | 'anchor' | 'transaction'>(
  kind: Kind,
  onEnd: (work: Observed<Kind>, outcome: 'ok' | 'failed', seconds: number) => void,
): () => void {
  const started = new WeakMap<object, number>()
  const subscribers = {
    start: (work: object) => {
      started.set(work, performance.now())
    },
    end: () => {},
    asyncStart: () => {},
    asyncEnd: (message: object) => {
      const work = message as Observed<Kind>
      const since = started.get(work) ?? performance.now()
      onEnd(work, work.error === undefined ? 'ok' : 'failed', (performance.now() - since) / 1_000)
    },
    error: () => {},
  }
  const channel = observationChannel(kind)
  channel.subscribe(subscribers)
  return () => channel.unsubscribe(subscribers)
}
