import type { Log } from 'viem'
import { IssuerError } from '../errors.ts'
import type { DigestSigner } from '../keys/key-store.ts'
import { accountAddress } from './account-address.ts'
import type { ChainClient } from './client.ts'
import type { ContractCall } from './contract-call.ts'
import { type FeeSettings, feeCapReached, raiseFees } from './fees.ts'
import type { Address, Hex, Receipt, SendOptions } from './ledger.ts'
import { answer } from './ledger-error.ts'
import { createMemoryTransactions } from './memory-transactions.ts'
import type { LedgerNotice } from './notice.ts'
import { createPublisher, newestOfEach, type Publisher } from './publisher.ts'
import { createReceipts, isReplaced, type Receipts, receiptOf } from './receipts.ts'
import { createTending, type Tend } from './tending.ts'
import type { StoredTransaction, TransactionStore } from './transaction-store.ts'
import { isInPlace, newestMined } from './watch-mined.ts'

/** The account that pays for all writes. */
export interface Relayer {
  readonly address: Address
  /**
   * Signs, stores, broadcasts and waits; anew when another writer took its nonce. `onSigned` is called again, with
   * another transaction, when the nonce of the one before proved to be taken. @throws TRANSACTION_REVERTED,
   * RELAYER_UNFUNDED, FEE_CAP_REACHED, CHAIN_UNREACHABLE, and what `onSigned` throws
   */
  send(call: ContractCall, options?: SendOptions): Promise<Receipt>
  /**
   * Calls that build on one another, all signed and stored before the first is broadcast, so that they go on
   * whatever happens. @throws as `send`, for the first that fails
   */
  sendAll(calls: readonly ContractCall[], options?: SendOptions): Promise<Receipt[]>
  /**
   * Broadcasts again what was stored under a reference and waits until each is mined or refused; false when there is
   * nothing that might be. @throws CHAIN_UNREACHABLE
   */
  resume(reference: string): Promise<boolean>
  /** What became of what was stored under a reference, or of a transaction by its hash. */
  outcome(name: string): Promise<{ pending: boolean; receipts: readonly Receipt[] }>
  /** @throws TRANSACTION_REVERTED when it was mined and refused */
  receipt(hash: Hex): Promise<Receipt | undefined>
  /** Events of a mined transaction; none of an unknown one. */
  logs(hash: Hex): Promise<readonly Log[]>
  balance(): Promise<bigint>
  tend: Tend
  /** Whether something that was mined is not where it was. */
  isUnsettled(): Promise<boolean>
  /** Ends all waiting: pending sends fail with CHAIN_UNREACHABLE. */
  close(): void
}

/** How a relayer works; times in milliseconds. */
export interface RelayerSettings {
  /** After which a transaction that is not mined is given up for now. */
  receiptTimeout: number
  /** Where transactions are kept; in memory when left out. */
  transactions?: TransactionStore | undefined
  /** 500 gwei at most when left out. */
  fees?: FeeSettings | undefined
  /** After which a transaction that is not mined offers more; 60,000 when left out. */
  stuckAfter?: number | undefined
  /** Blocks on top of a transaction after which it is not looked at any more; 16 when left out. */
  watchDepth?: number | undefined
  /** Told what the relayer does on its own account. */
  onNotice?: ((notice: LedgerNotice) => void) | undefined
}

interface RelayerOptions extends RelayerSettings {
  client: ChainClient
  chainId: number
  signer: DigestSigner
}

const defaultFees: FeeSettings = { maxFeePerGas: 500_000_000_000n }
const longestResend = 10_000
// A writer that is always first has to be stopped by somebody else.
const attemptsAnew = 3

/** Makes the relayer of one account on one chain; any number of processes may have one for it, over one store. */
export function createRelayer(options: RelayerOptions): Relayer {
  const { client, chainId, signer, receiptTimeout, stuckAfter = 60_000, watchDepth = 16 } = options
  const { fees = defaultFees, transactions: store = createMemoryTransactions() } = options
  const address = accountAddress(signer.publicKey)
  const closing = new AbortController()
  const receipts = createReceipts({
    ...{ client, address, receiptTimeout, stuckAfter, signal: closing.signal },
    ofNonce: (nonce) => store.ofNonce(address, nonce),
    capped: (transaction) =>
      raiseFees(transaction, transaction, fees)
        ? undefined
        : feeCapReached({ maxFeePerGas: String(fees.maxFeePerGas) }),
  })
  const account = { client, chainId, address, signer, store, fees }
  const publisher = createPublisher(account)
  const resendAfter = Math.min(stuckAfter, longestResend)
  const notify = options.onNotice ?? (() => {})
  const tend = createTending({
    ...{ ...account, publisher, receipts, stuckAfter, resendAfter, watchDepth, notify },
  })

  return {
    address,
    send: (call, sending = {}) => send({ publisher, receipts }, call, sending),
    sendAll: async (calls, sending = {}) => {
      const published = await publisher.publish(calls, sending)
      const mined: Receipt[] = []
      for (const [position, transaction] of published.entries())
        mined.push(await receipts.confirm(transaction, calls[position]))
      return mined
    },
    resume: async (reference) => {
      const left = (await store.ofReference(reference)).filter(({ state }) => state !== 'lost')
      for (const transaction of newestOfEach(left)) await resume({ publisher, receipts }, transaction)
      return left.length > 0
    },
    outcome: async (name) => {
      const stored = await store.ofReference(name)
      return outcomeOf(receipts, stored.length > 0 ? stored : await rivalsOf(name as Hex))
    },
    receipt: async (hash) => (await receipts.find(hash)) ?? findRival(hash),
    logs: receipts.logs,
    balance: () => answer(client.getBalance({ address })),
    tend,
    isUnsettled: async () => isUnsettled(client, await store.open(address)),
    close: () => closing.abort(),
  }

  /** All that were signed for the nonce of a transaction, itself included. */
  async function rivalsOf(hash: Hex): Promise<StoredTransaction[]> {
    const known = await store.get(hash)
    return known ? store.ofNonce(address, known.nonce) : []
  }

  /** The receipt of a transaction that was signed in the place of another one, to pay more. */
  async function findRival(hash: Hex): Promise<Receipt | undefined> {
    for (const rival of (await rivalsOf(hash)).filter(({ purpose }) => purpose !== 'gap')) {
      const receipt = rival.hash === hash ? undefined : await receipts.find(rival.hash)
      if (receipt) return receipt
    }
    return undefined
  }
}

interface Sending {
  publisher: Publisher
  receipts: Receipts
}

async function send(
  { publisher, receipts }: Sending,
  call: ContractCall,
  options: SendOptions,
): Promise<Receipt> {
  for (let attempt = 1; ; attempt++) {
    const [transaction] = await publisher.publish([call], options)
    try {
      return await receipts.confirm(transaction as StoredTransaction, call)
    } catch (error) {
      // what was done under the nonce of another is refused now, before anything is signed
      if (!isReplaced(error) || attempt === attemptsAnew) throw error
    }
  }
}

async function resume({ publisher, receipts }: Sending, transaction: StoredTransaction): Promise<void> {
  // the bytes of what is final are gone, and not needed
  if (transaction.state === 'signed') await publisher.republish(transaction)
  try {
    await receipts.confirm(transaction)
  } catch (error) {
    if (!(error instanceof IssuerError) || error.code !== 'TRANSACTION_REVERTED') throw error
  }
}

async function isUnsettled(client: ChainClient, open: readonly StoredTransaction[]): Promise<boolean> {
  if (open.some(({ state, blockNumber }) => state === 'signed' && blockNumber !== null)) return true
  const newest = newestMined(open)
  return newest !== undefined && !(await isInPlace(client, newest))
}

/** Each nonce is decided by the first of its transactions that is in a block. */
async function outcomeOf(receipts: Receipts, stored: readonly StoredTransaction[]) {
  let pending = false
  const mined: Receipt[] = []
  for (const group of Map.groupBy(stored, ({ nonce }) => nonce).values()) {
    const found = await Promise.all(group.map(({ hash }) => receipts.mined(hash)))
    const receipt = found.find((one) => one !== undefined)
    if (!receipt) pending ||= group.some(({ state }) => state !== 'lost')
    else if (receipt.status === 'success') mined.push(receiptOf(receipt))
  }
  return { pending, receipts: mined }
}
