import type { Ledger } from '../ledger/ledger.ts'
import { observed } from '../observation.ts'

type Write = (...args: never[]) => Promise<unknown>

/** The same functions; whoever watches is told of each call of those that write. */
function observing<T extends object>(part: T, registry: string, writes: readonly (keyof T & string)[]): T {
  const told = writes.map((name) => {
    const call = `${registry}.${name}`
    const write = part[name] as Write
    return [name, (...args: never[]) => observed('transaction', { call }, () => write(...args))]
  })
  return { ...part, ...Object.fromEntries(told) }
}

/** A ledger of whose writes those are told who watch the node. */
export function observedLedger(ledger: Ledger): Ledger {
  return {
    ...ledger,
    dids: observing(ledger.dids, 'dids', ['applyChangesSigned']),
    schemas: observing(ledger.schemas, 'schemas', ['register', 'registerBatch', 'deactivate', 'setAllowed']),
    definitions: observing(ledger.definitions, 'definitions', ['registerBatch', 'deactivate']),
    statusLists: observing(ledger.statusLists, 'statusLists', [
      ...(['createLists', 'registerBatch', 'setStatusBatch'] as const),
    ]),
  }
}
