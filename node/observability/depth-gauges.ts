import { Gauge, type Registry } from 'prom-client'
import type { Depths } from '../stores/depths.ts'

/** What is asked when somebody scrapes. */
export interface DepthSources {
  /** How much waits in the database. */
  depths(): Promise<Depths>
  /** What the account that pays has, in wei. */
  relayerBalance(): Promise<bigint>
  now(): Date
}

/** How long an answer is good enough, in milliseconds: whoever scrapes often is no load. */
const freshness = 2_000
/** How long a scrape waits for one, in milliseconds. */
const patience = 5_000
const weiPerEther = 1e18

/** Adds gauges of what waits; the result asks for them. */
export function addDepths(registry: Registry, sources: DepthSources): () => Promise<unknown> {
  const up = new Gauge({
    ...{ name: 'cartulary_scrape_source_up', labelNames: ['source'], registers: [registry] },
    help: 'Whether what the gauges stand on answered.',
  })
  const setDepths = depthGauges(registry, sources.now)
  const balance = new Gauge({
    ...{ name: 'cartulary_relayer_balance_ether', registers: [registry] },
    help: 'What the account that pays for transactions has.',
  })
  const ask = async (source: string, question: () => Promise<void>) => {
    const answered = await Promise.race([question().then(() => true), late()]).catch(() => false)
    up.set({ source }, answered ? 1 : 0)
  }
  let last: { at: number; done: Promise<unknown> } | undefined
  return () => {
    const at = performance.now()
    if (last && at - last.at < freshness) return last.done
    const done = Promise.all([
      ask('database', async () => setDepths(await sources.depths())),
      ask('chain', async () => balance.set(Number(await sources.relayerBalance()) / weiPerEther)),
    ])
    last = { at, done }
    return done
  }
}

const late = () =>
  new Promise<false>((resolve) => {
    setTimeout(() => resolve(false), patience).unref()
  })

function depthGauges(registry: Registry, now: () => Date): (depths: Depths) => void {
  const registers = [registry]
  const gauge = (name: string, help: string, labelNames: string[] = []) =>
    new Gauge({ name: `cartulary_${name}`, help, labelNames, registers })
  const unanchored = gauge('unanchored_entries', 'Entries recorded and not registered on the ledger.')
  const oldest = gauge('oldest_unanchored_seconds', 'Age of the oldest of them; 0 when there is none.')
  const waiting = gauge('outbox_rows', 'Rows of the outbox that are to be done.', ['job'])
  const dead = gauge('outbox_dead_rows', 'Rows of the outbox that were given up.', ['job'])
  const head = gauge('audit_head', 'Place of the newest entry of the audit log.')
  const unplaced = gauge('audit_unplaced_events', 'Events without a place in the audit log.')
  return (depths) => {
    unanchored.set(depths.unanchored)
    const since = depths.oldestUnanchored
    oldest.set(since === undefined ? 0 : Math.max(0, (now().getTime() - Date.parse(since)) / 1_000))
    setEach(waiting, depths.waiting)
    setEach(dead, depths.dead)
    head.set(depths.auditHead)
    unplaced.set(depths.unplaced)
  }
}

/** Those that wait no longer are no longer told. */
function setEach(metric: Gauge, counts: ReadonlyMap<string, number>): void {
  metric.reset()
  for (const [job, count] of counts) metric.set({ job }, count)
}
