import { IssuerError } from '../errors.ts'
import type { DigestSigner } from '../keys/key-store.ts'
import { broadcast, type Reception } from './broadcast.ts'
import type { ChainClient } from './client.ts'
import type { ContractCall } from './contract-call.ts'
import { type FeeSettings, type Fees, offerFees } from './fees.ts'
import type { Address, SendOptions } from './ledger.ts'
import { answer } from './ledger-error.ts'
import { signTransaction } from './sign-transaction.ts'
import type { StoredTransaction, TransactionPurpose, TransactionStore } from './transaction-store.ts'

/** One account of one chain, and where its transactions are kept. */
export interface Account {
  client: ChainClient
  chainId: number
  address: Address
  signer: DigestSigner
  store: TransactionStore
  fees: FeeSettings
}

/** Signs, stores and broadcasts. */
export interface Publisher {
  /**
   * Transactions of consecutive nonces, stored together before the first of them is broadcast; a later one may build
   * on an earlier one and then brings its `gas`. `onSigned` is called again, with others, when their nonces proved to
   * be taken.
   * @throws TRANSACTION_REVERTED when the first would be refused, RELAYER_UNFUNDED, FEE_CAP_REACHED,
   * CHAIN_UNREACHABLE, and what `onSigned` throws
   */
  publish(calls: readonly ContractCall[], options: SendOptions): Promise<StoredTransaction[]>
  /** Hands a stored transaction to the chain once more, and those before it that are missing there. */
  republish(transaction: StoredTransaction): Promise<Reception['outcome']>
}

const signingAttempts = 4
// Of several processes that want the same nonce one gets it each time.
const takingAttempts = 200

// The gas of a call may differ between its estimate and its block: another writer may have come between.
const gasMargin = (gas: bigint) => (gas * 12n) / 10n

/** Makes a queue of one: each task starts when the one before has ended, however it ended. */
function createSequence(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => undefined)
    return result
  }
}

/** A transaction as it is stored: signed and seen by nobody. */
export async function signStored(
  { chainId, signer, address }: Pick<Account, 'chainId' | 'signer' | 'address'>,
  call: Pick<ContractCall, 'to' | 'data'> & { gas: bigint },
  facts: Fees & {
    nonce: number
    attempt: number
    purpose: TransactionPurpose
    reference: string | null
  },
): Promise<StoredTransaction> {
  const { maxFeePerGas, maxPriorityFeePerGas, nonce } = facts
  const { to, data, gas } = call
  const fees = { maxFeePerGas, maxPriorityFeePerGas }
  const signed = await signTransaction(signer, { type: 'eip1559', chainId, nonce, to, data, gas, ...fees })
  return {
    ...signed,
    ...facts,
    relayer: address,
    state: 'signed',
    blockNumber: null,
    blockHash: null,
    gasUsed: null,
    createdAt: new Date().toISOString(),
  }
}

/** Of each nonce the transaction that was signed last. */
export function newestOfEach(transactions: readonly StoredTransaction[]): StoredTransaction[] {
  const newest = new Map(transactions.map((transaction) => [transaction.nonce, transaction]))
  return [...newest.values()]
}

interface Priced {
  calls: readonly (ContractCall & { gas: bigint })[]
  fees: Fees
  /** The chain's count of transactions, those that wait included. */
  pending: number
}

/** Makes the publisher of one account. */
export function createPublisher(account: Account): Publisher {
  const { client, address, store } = account
  const inSequence = createSequence()
  /** The next nonce, as far as known; undefined when the store must be asked. */
  let next: number | undefined

  const pendingNonce = () => answer(client.getTransactionCount({ address, blockTag: 'pending' }))

  async function price(calls: readonly ContractCall[]): Promise<Priced> {
    const [first, ...more] = calls as [ContractCall, ...ContractCall[]]
    const { to, data, abi } = first
    const [estimate, fees, pending] = await Promise.all([
      answer(client.estimateGas({ account: address, to, data }), abi),
      offerFees(client, account.fees),
      pendingNonce(),
    ])
    const priced = { ...first, gas: gasMargin(estimate) }
    return { calls: [priced, ...more.map((call) => ({ ...call, gas: call.gas ?? 0n }))], fees, pending }
  }

  /** Signs and stores them with the next nonces. */
  async function take({ calls, fees }: Priced, options: SendOptions, pending: number) {
    for (let attempt = 0; attempt < takingAttempts; attempt++) {
      const first = next !== undefined && next >= pending ? next : await store.nextNonce(address, pending)
      const signed: StoredTransaction[] = []
      for (const [position, call] of calls.entries()) {
        const { purpose = 'other' } = call
        const facts = { nonce: first + position, attempt: 0, purpose, reference: options.reference ?? null }
        const transaction = await signStored(account, call, { ...fees, ...facts })
        await options.onSigned?.(transaction, position)
        signed.push(transaction)
      }
      next = undefined
      if (!(await store.take(signed))) continue
      next = first + signed.length
      return signed
    }
    throw noNonce()
  }

  const noNonce = () =>
    new IssuerError('CHAIN_UNREACHABLE', {
      detail: 'Other writers use the relayer account: no nonce could be had.',
    })

  /** Broadcasts in order; what the first of them met. */
  async function send(signed: readonly StoredTransaction[]): Promise<Reception> {
    for (const [position, transaction] of signed.entries()) {
      const reception = await offer(transaction)
      // a later one that is not taken now is sent again in time, when the first is in its place
      if (reception.outcome !== 'accepted' && position === 0) return reception
    }
    return { outcome: 'accepted' }
  }

  async function offer(transaction: StoredTransaction): Promise<Reception> {
    const reception = await broadcast(client, transaction)
    if (reception.outcome !== 'early') return reception
    await sendMissing(transaction.nonce)
    return broadcast(client, transaction)
  }

  /** Sends again what the chain has not mined of the nonces before one. */
  async function sendMissing(nonce: number): Promise<void> {
    const used = await answer(client.getTransactionCount({ address }))
    const missing = (await store.open(address)).filter((one) => one.nonce >= used && one.nonce < nonce)
    for (const transaction of newestOfEach(missing)) await broadcast(client, transaction)
  }

  /** What was refused and seen by nobody; the nonces are free again unless later ones are in use. */
  async function takeBack(signed: readonly StoredTransaction[]): Promise<void> {
    next = undefined
    await store.release(signed)
  }

  async function publish(calls: readonly ContractCall[], options: SendOptions) {
    const priced = await price(calls)
    return inSequence(async () => {
      let { pending } = priced
      for (let attempt = 0; attempt < signingAttempts; attempt++) {
        const signed = await take(priced, options, pending)
        const reception = await send(signed)
        if (reception.outcome === 'accepted') return signed
        if (reception.outcome === 'early') throw waitsForOther()
        if (reception.outcome === 'taken' && reception.mayBeOurs) next = undefined
        else await takeBack(signed)
        if (reception.outcome === 'refused') throw reception.error
        pending = Math.max(await pendingNonce(), (signed[0]?.nonce ?? 0) + 1)
      }
      throw noNonce()
    })
  }

  const waitsForOther = () =>
    new IssuerError('CHAIN_UNREACHABLE', { detail: 'The transaction waits for one before it.' })

  return {
    publish,
    republish: (transaction) =>
      inSequence(async () => {
        const reception = await offer(transaction)
        if (reception.outcome === 'refused') throw reception.error
        return reception.outcome
      }),
  }
}
