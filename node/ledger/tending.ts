import { createMover } from './bring-into-block.ts'
import type { OnFate } from './ledger.ts'
import { answer } from './ledger-error.ts'
import type { LedgerNotice } from './notice.ts'
import type { Account, Publisher } from './publisher.ts'
import type { Receipts } from './receipts.ts'
import { createMinedWatch } from './watch-mined.ts'
import { createUsedNonceWatch } from './watch-used-nonces.ts'

/** What looking after transactions needs. Times in milliseconds. */
export interface TendingOptions extends Account {
  publisher: Publisher
  receipts: Pick<Receipts, 'mined'>
  /** After which a transaction that is not mined offers more. */
  stuckAfter: number
  /** After which a transaction that no node knows is sent again. */
  resendAfter: number
  /** Blocks on top of a transaction after which it is not looked at any more. */
  watchDepth: number
  notify(notice: LedgerNotice): void
}

/** What one look at the chain showed. */
export interface View {
  /** The account's count of mined transactions: the nonces below are used. */
  used: number
  head: number
}

/** Looks after all transactions that are not final, once; gives how many it did something about. */
export type Tend = (onFate: OnFate) => Promise<number>

/**
 * Makes what keeps the promise that a stored transaction comes into a block: it is sent again when no node knows it,
 * offers more when it is stuck, gives way to an empty one when it would only be refused, and is followed until it is
 * final. Any number of processes may do this at a time: each step is one that others may have taken.
 */
export function createTending(options: TendingOptions): Tend {
  const { client, address, store } = options
  const mined = createMinedWatch(options)
  const signed = createUsedNonceWatch(options)
  const waiting = createMover(options)
  return async (onFate) => {
    const open = await store.open(address)
    if (open.length === 0) return 0
    const [used, block] = await answer(
      Promise.all([client.getTransactionCount({ address }), client.getBlock({ blockTag: 'latest' })]),
    )
    const view = { used, head: Number(block.number) }
    const inBlocks = open.filter(({ state }) => state === 'mined')
    const acted = await mined(inBlocks, open, view, onFate)
    const settled = new Set(inBlocks.map(({ nonce }) => nonce))
    const unsettled = [...Map.groupBy(open, ({ nonce }) => nonce)].filter(([nonce]) => !settled.has(nonce))
    const groups = (which: (nonce: number) => boolean) =>
      unsettled.filter(([nonce]) => which(nonce)).map(([, group]) => group)
    const found = await signed(
      groups((nonce) => nonce < used),
      onFate,
    )
    const moved = await waiting(
      groups((nonce) => nonce >= used),
      view,
    )
    return acted + found + moved
  }
}
