import { readFileSync } from 'node:fs'
import type { Wiring } from '../issuer.ts'
import { createMetrics } from '../observability/metrics.ts'
import { readDepths } from '../stores/depths.ts'
import type { Foundation } from './foundation.ts'
import type { Part } from './open-parts.ts'

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string
}

/** The metrics of a node: made first, as others count by them. */
export function nodeMetrics({ database, ledger }: Pick<Foundation, 'database' | 'ledger'>, now: () => Date) {
  return createMetrics({
    depths: () => readDepths(database),
    relayerBalance: () => ledger.relayerBalance(),
    ...{ version, now },
  })
}

export function openMetrics({ metrics }: Pick<Wiring, 'metrics'>) {
  // closed with the node, since they count from before there were parts
  return { doors: { metrics } } satisfies Part
}
