import { BlockNotFoundError } from 'viem'
import type { ChainClient } from './client.ts'
import type { OnFate } from './ledger.ts'
import { ledgerError } from './ledger-error.ts'
import { type NonceGroup, noteOf, tellLost, tellMoved } from './nonce-group.ts'
import type { TendingOptions, View } from './tending.ts'
import type { StoredTransaction } from './transaction-store.ts'

/** The one in the newest block. */
export const newestMined = (transactions: NonceGroup): StoredTransaction | undefined =>
  transactions
    .filter(({ state }) => state === 'mined')
    .toSorted((a, b) => (a.blockNumber ?? 0) - (b.blockNumber ?? 0))
    .at(-1)

/** Whether the block of a mined transaction is still there; then all before it are, too. */
export async function isInPlace(client: ChainClient, mined: StoredTransaction): Promise<boolean> {
  return client.getBlock({ blockNumber: BigInt(mined.blockNumber as number) }).then(
    ({ hash }) => hash === mined.blockHash,
    (error) => {
      if (error instanceof BlockNotFoundError) return false
      throw ledgerError(error)
    },
  )
}

/** Follows what stands in blocks, until so many are on top that it stays there. */
export function createMinedWatch(options: TendingOptions) {
  const { client, store, receipts, watchDepth, notify } = options

  async function lookAgain(transaction: StoredTransaction, all: NonceGroup, onFate: OnFate): Promise<number> {
    const { hash, nonce } = transaction
    const receipt = await receipts.mined(hash)
    if (receipt?.blockHash === transaction.blockHash) return 0
    if (!receipt) {
      notify({ event: 'transaction no longer in its block', nonce, hash })
      await store.note([{ hash, state: 'signed' }])
      return 1
    }
    const group = all.filter((one) => one.nonce === nonce)
    notify({ event: 'transaction mined in another block', nonce, hash })
    if (receipt.status === 'reverted') await tellLost(options, group, onFate)
    else await tellMoved(group, receipt, onFate)
    await store.note([noteOf(receipt)])
    return 1
  }

  return async (inBlocks: NonceGroup, all: NonceGroup, { head }: View, onFate: OnFate): Promise<number> => {
    const newest = newestMined(inBlocks)
    if (!newest) return 0
    if (!(await isInPlace(client, newest))) {
      let acted = 0
      for (const transaction of inBlocks) acted += await lookAgain(transaction, all, onFate)
      return acted
    }
    const final = inBlocks.filter(({ blockNumber }) => head - (blockNumber ?? head) >= watchDepth)
    if (final.length === 0) return 0
    const nonces = new Set(final.map(({ nonce }) => nonce))
    const rivals = all.filter(({ nonce, state }) => state === 'signed' && nonces.has(nonce))
    await store.note([
      ...final.map(({ hash }) => ({ hash, state: 'final' as const })),
      ...rivals.map(({ hash }) => ({ hash, state: 'lost' as const })),
    ])
    return final.length
  }
}
