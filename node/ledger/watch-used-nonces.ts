import type { TransactionReceipt } from 'viem'
import type { OnFate } from './ledger.ts'
import { type NonceGroup, noteOf, tellLost, tellMoved, wasMined } from './nonce-group.ts'
import { pollsBeforeReplaced } from './receipts.ts'
import type { TendingOptions } from './tending.ts'
import type { StoredTransaction } from './transaction-store.ts'

/** Finds which transaction took each used nonce: one of ours, or another writer's. */
export function createUsedNonceWatch(options: TendingOptions) {
  const { client, store, receipts, notify } = options
  const grace = pollsBeforeReplaced * client.pollingInterval
  /** Since when a nonce has been used by nothing that is known. */
  const strange = new Map<number, number>()

  async function settle(group: NonceGroup, receipt: TransactionReceipt, onFate: OnFate): Promise<void> {
    const winner = group.find(({ hash }) => hash === receipt.transactionHash) as StoredTransaction
    const didTheWork = winner.purpose !== 'gap' && receipt.status === 'success'
    if (wasMined(group)) {
      await (didTheWork ? tellMoved(group, receipt, onFate) : tellLost(options, group, onFate))
    }
    await store.note([noteOf(receipt)])
  }

  async function lookAt(group: NonceGroup, onFate: OnFate): Promise<number> {
    const { nonce, hash } = group[0] as StoredTransaction
    const found = await Promise.all(group.map((one) => receipts.mined(one.hash)))
    const receipt = found.find((one) => one !== undefined)
    if (receipt) {
      strange.delete(nonce)
      await settle(group, receipt, onFate)
      return 1
    }
    const since = strange.get(nonce) ?? Date.now()
    strange.set(nonce, since)
    if (Date.now() - since < grace) return 0
    strange.delete(nonce)
    notify({ event: 'nonce used by another writer', nonce, hash })
    if (wasMined(group)) await tellLost(options, group, onFate)
    await store.note(group.map((one) => ({ hash: one.hash, state: 'lost' })))
    return 1
  }

  return async (groups: readonly NonceGroup[], onFate: OnFate): Promise<number> => {
    let acted = 0
    for (const group of groups) acted += await lookAt(group, onFate)
    return acted
  }
}
