import { setTimeout as delay } from 'node:timers/promises'
import { type Log, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem'
import { IssuerError } from '../errors.ts'
import type { ChainClient } from './client.ts'
import type { ContractCall } from './contract-call.ts'
import type { Address, Hex, Receipt, SignedTransaction } from './ledger.ts'
import { answer, isUnreachable, ledgerError } from './ledger-error.ts'
import type { StoredTransaction } from './transaction-store.ts'

/** What became of the relayer's transactions. */
export interface Receipts {
  /**
   * Waits until it is mined, or another one that was signed in its place. @throws TRANSACTION_REVERTED,
   * CHAIN_UNREACHABLE after the time limit
   */
  confirm(transaction: SignedTransaction, call?: ContractCall): Promise<Receipt>
  /** Where it is in the chain, whatever came of it there. */
  mined(hash: Hex): Promise<TransactionReceipt | undefined>
  /** @throws TRANSACTION_REVERTED when it was mined and refused */
  find(hash: Hex): Promise<Receipt | undefined>
  /** Events of a mined transaction; none of an unknown one. */
  logs(hash: Hex): Promise<readonly Log[]>
}

interface ReceiptsOptions {
  client: ChainClient
  /** The account whose transactions these are. */
  address: Address
  /** Milliseconds after which a transaction that is not mined is given up for now. */
  receiptTimeout: number
  /** All transactions that were signed for a nonce. */
  ofNonce(nonce: number): Promise<readonly StoredTransaction[]>
  /** Milliseconds after which another one may have been signed for its nonce. */
  stuckAfter: number
  /** The error for a transaction that may offer no more than it does; undefined when it may. */
  capped(transaction: StoredTransaction): IssuerError | undefined
  /** Ends all waiting. */
  signal: AbortSignal
}

// A load-balanced endpoint may show a nonce as used some polls before it shows the receipt.
export const pollsBeforeReplaced = 5

/** What the rest of the node knows of a receipt. */
export const receiptOf = ({ transactionHash, blockNumber, gasUsed }: TransactionReceipt): Receipt => ({
  transactionHash,
  blockNumber: Number(blockNumber),
  gasUsed,
})

/** The error for a transaction that can never be mined, since another one has its nonce. */
const transactionReplaced = (transactionHash: Hex): IssuerError =>
  new IssuerError('TRANSACTION_REVERTED', {
    detail: 'Another transaction took the nonce of this one.',
    facts: { error: 'TransactionReplaced', transactionHash },
  })

/** Whether a transaction lost its nonce, which says nothing about what it was to do. */
export const isReplaced = (error: unknown): boolean =>
  error instanceof IssuerError && error.facts.error === 'TransactionReplaced'

/** Makes the receipts of one account. */
export function createReceipts(options: ReceiptsOptions): Receipts {
  const { client, address, receiptTimeout, stuckAfter, signal } = options

  async function mined(hash: Hex): Promise<TransactionReceipt | undefined> {
    try {
      return await client.getTransactionReceipt({ hash })
    } catch (error) {
      if (error instanceof TransactionReceiptNotFoundError) return undefined
      throw ledgerError(error)
    }
  }

  /** The contract's reason for a mined refusal, from a replay after its block. */
  async function refusal({ transactionHash, blockNumber }: TransactionReceipt, call?: ContractCall) {
    const cause = call && (await replay(call, blockNumber))
    const reason = cause instanceof IssuerError && !isUnreachable(cause) ? cause.facts : { error: null }
    return new IssuerError('TRANSACTION_REVERTED', { facts: { ...reason, transactionHash }, cause })
  }

  const replay = ({ to, data, abi }: ContractCall, blockNumber: bigint): Promise<unknown> =>
    client.call({ account: address, to, data, blockNumber }).then(
      () => undefined,
      (error) => ledgerError(error, abi),
    )

  async function outcome(receipt: TransactionReceipt, call?: ContractCall): Promise<Receipt> {
    if (receipt.status === 'reverted') throw await refusal(receipt, call)
    return receiptOf(receipt)
  }

  const pause = () =>
    delay(client.pollingInterval, undefined, { signal }).catch((cause) => {
      throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'The node is stopping.', cause })
    })

  /** The receipt of the first of some transactions that is mined; one that fills a gap did not do the work. */
  async function minedOf(transactions: readonly Pick<StoredTransaction, 'hash' | 'purpose'>[]) {
    const receipts = await Promise.all(transactions.map(({ hash }) => mined(hash)))
    const position = receipts.findIndex((receipt) => receipt !== undefined)
    if (transactions[position]?.purpose === 'gap') {
      throw transactionReplaced(transactions[0]?.hash as Hex)
    }
    return receipts[position]
  }

  const unmined = (transactions: readonly StoredTransaction[]) => {
    const newest = transactions.at(-1)
    return (
      (newest && options.capped(newest)) ??
      new IssuerError('CHAIN_UNREACHABLE', { detail: 'The transaction is not mined yet.' })
    )
  }

  async function confirm({ hash, nonce }: SignedTransaction, call?: ContractCall): Promise<Receipt> {
    const started = Date.now()
    let known: readonly Pick<StoredTransaction, 'hash' | 'purpose'>[] = [{ hash, purpose: 'other' }]
    for (let pollsPastNonce = 0; ; await pause()) {
      const [receipt, used] = await Promise.all([
        minedOf(known),
        answer(client.getTransactionCount({ address })),
      ])
      if (receipt) return outcome(receipt, call)
      pollsPastNonce = used > nonce ? pollsPastNonce + 1 : 0
      if (pollsPastNonce > pollsBeforeReplaced) throw transactionReplaced(hash)
      const isLate = Date.now() - started >= receiptTimeout
      if (!isLate && pollsPastNonce < pollsBeforeReplaced && Date.now() - started < stuckAfter) continue
      const stored = await options.ofNonce(nonce)
      if (stored.length > 0) known = stored
      if (isLate) throw unmined(stored)
    }
  }

  return {
    confirm,
    mined,
    find: async (hash) => {
      const receipt = await mined(hash)
      return receipt && outcome(receipt)
    },
    logs: async (hash) => (await mined(hash))?.logs ?? [],
  }
}
