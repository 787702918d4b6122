import { setTimeout as pause } from 'node:timers/promises'
import type { Queue } from '../jobs/queue.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { Dependency, Health } from '../protocols/issuer.ts'
import type { NodeMetaStore } from '../stores/node-meta.ts'

/** How long one dependency may take to answer, in milliseconds. */
const patience = 2_000
/** How long an answer holds, so that whoever asks often does not become a load. */
const freshness = 500

interface HealthDeps {
  ledger: Pick<Ledger, 'head' | 'relayer' | 'relayerBalance'>
  meta: NodeMetaStore
  keys: Pick<KeyStore, 'requireSigner'>
  relayerKeyRef: string
  queue: Pick<Queue, 'isConnected'>
}

/** Asks everything the node stands on whether it answers. */
export function createHealthCheck(deps: HealthDeps): () => Promise<Health> {
  let last: { at: number; health: Promise<Health> } | undefined
  return () => {
    const now = performance.now()
    if (!last || now - last.at > freshness) last = { at: now, health: check(deps) }
    return last.health
  }
}

async function check({ ledger, meta, keys, relayerKeyRef, queue }: HealthDeps): Promise<Health> {
  const [chain, database, keyStore, relayer, isConnected] = await Promise.all([
    ask(() => ledger.head(), 'The chain does not answer.'),
    ask(() => meta.get('chain'), 'The database does not answer.'),
    ask(
      async () => (await keys.requireSigner(relayerKeyRef)).sign(new Uint8Array(32)),
      'No key can be used.',
    ),
    askRelayer(ledger),
    queue.isConnected?.(),
  ])
  return {
    ...{ chain, database, keyStore, relayer },
    ...(isConnected !== undefined && { queue: isConnected ? { status: 'up' } : silentQueue }),
  }
}

const silentQueue: Dependency = {
  status: 'down',
  detail: 'The queue does not answer: work begins at the next look of a worker, within seconds.',
}

async function askRelayer(ledger: HealthDeps['ledger']): Promise<Dependency> {
  let funds = 0n
  const answer = await ask(async () => {
    funds = await ledger.relayerBalance()
  }, 'Its balance is not known: the chain does not answer.')
  if (answer.status === 'down' || funds > 0n) return answer
  return { status: 'down', detail: `The relayer account ${ledger.relayer} has no funds.` }
}

/** The reason goes no further than these words: an error may hold an address that is not for the public. */
async function ask(question: () => Promise<unknown>, detail: string): Promise<Dependency> {
  const timer = new AbortController()
  const late = pause(patience, 'late' as const, { signal: timer.signal, ref: false }).catch(
    () => 'late' as const,
  )
  const answered = question().then(
    () => 'up' as const,
    () => 'down' as const,
  )
  const outcome = await Promise.race([answered, late])
  timer.abort()
  return outcome === 'up' ? { status: 'up' } : { status: 'down', detail }
}
