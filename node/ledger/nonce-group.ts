import type { TransactionReceipt } from 'viem'
import type { OnFate } from './ledger.ts'
import { isUnreachable, ledgerError } from './ledger-error.ts'
import { receiptOf } from './receipts.ts'
import { callIn } from './sign-transaction.ts'
import type { TendingOptions } from './tending.ts'
import type { StoredTransaction, TransactionChange } from './transaction-store.ts'

/** The transactions that were signed for one nonce, by attempt: at most one of them is ever mined. */
export type NonceGroup = readonly StoredTransaction[]

/** Whether its owner may have been told that it was mined. */
export const wasMined = (group: NonceGroup): boolean => group.some(({ blockNumber }) => blockNumber !== null)

/** What is noted of a mined transaction; one that was refused changes nothing more, and has used its nonce. */
export const noteOf = (receipt: TransactionReceipt): TransactionChange => ({
  hash: receipt.transactionHash,
  state: receipt.status === 'success' ? 'mined' : 'final',
  block: { number: Number(receipt.blockNumber), hash: receipt.blockHash, gasUsed: receipt.gasUsed },
})

/** Tells the owner where its transaction stands now. */
export async function tellMoved(group: NonceGroup, mined: TransactionReceipt, onFate: OnFate): Promise<void> {
  const [work] = group
  if (!work) return
  const { purpose, reference } = work
  await onFate({
    purpose,
    reference,
    hashes: group.map(({ hash }) => hash),
    outcome: 'mined',
    receipt: receiptOf(mined),
  })
}

/**
 * Tells the owner that its transaction, mined once, will not be mined again. Of registrations and changes of status
 * the owner knows best what to do; any other call is made again with another nonce.
 */
export async function tellLost(options: TendingOptions, group: NonceGroup, onFate: OnFate): Promise<void> {
  const [work] = group.filter(({ purpose }) => purpose !== 'gap')
  if (!work) return
  const { purpose, reference, nonce } = work
  const hashes = group.map(({ hash }) => hash)
  options.notify({ event: 'transaction lost in a reorganisation', nonce, hash: work.hash })
  await onFate({ purpose, reference, hashes, outcome: 'lost' })
  if (purpose === 'registration' || purpose === 'status') return
  const call = { ...callIn(work.raw), abi: [], purpose }
  try {
    await options.publisher.publish([call], reference === null ? {} : { reference })
  } catch (error) {
    // what the chain refuses now is there already, or somebody else did otherwise
    if (isUnreachable(ledgerError(error))) throw error
  }
}
