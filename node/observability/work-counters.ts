import { Counter, Histogram, type Registry } from 'prom-client'
import { type Observed, observationChannel } from '../observation.ts'

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
