import { setTimeout as delay } from 'node:timers/promises'
import { type Log, type TransactionReceipt, TransactionReceiptNotFoundError } from 'viem'
import { IssuerError } from '../errors.ts'
import type { ChainClient } from './client.ts'
import type { ContractCall } from './contract-call.ts'
import type { Address, Hex, Receipt, SignedTransaction } from './ledger.ts'
import { answer, isUnreachable, ledgerError } from './ledger-error.ts'

/** What became of the relayer's transactions. */
export interface Receipts {
  /** Waits until it is mined. @throws TRANSACTION_REVERTED, CHAIN_UNREACHABLE after the time limit */
  confirm(transaction: SignedTransaction, call?: ContractCall): Promise<Receipt>
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
  /** Ends all waiting. */
  signal: AbortSignal
}

// A load-balanced endpoint may show a nonce as used some polls before it shows the receipt.
const pollsBeforeReplaced = 5

/** The error for a transaction that can never be mined, since another one has its nonce. */
export const transactionReplaced = (transactionHash: Hex): IssuerError =>
  new IssuerError('TRANSACTION_REVERTED', {
    detail: 'Another transaction took the nonce of this one.',
    facts: { error: 'TransactionReplaced', transactionHash },
  })

/** Makes the receipts of one account. */
export function createReceipts({ client, address, receiptTimeout, signal }: ReceiptsOptions): Receipts {
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
    return {
      transactionHash: receipt.transactionHash,
      blockNumber: Number(receipt.blockNumber),
      gasUsed: receipt.gasUsed,
    }
  }

  const pause = () =>
    delay(client.pollingInterval, undefined, { signal }).catch((cause) => {
      throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'The node is stopping.', cause })
    })

  async function confirm({ hash, nonce }: SignedTransaction, call?: ContractCall): Promise<Receipt> {
    const deadline = Date.now() + receiptTimeout
    for (let pollsPastNonce = 0; ; await pause()) {
      const [receipt, used] = await Promise.all([
        mined(hash),
        answer(client.getTransactionCount({ address })),
      ])
      if (receipt) return outcome(receipt, call)
      pollsPastNonce = used > nonce ? pollsPastNonce + 1 : 0
      if (pollsPastNonce >= pollsBeforeReplaced) throw transactionReplaced(hash)
      if (Date.now() >= deadline) {
        throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'The transaction is not mined yet.' })
      }
    }
  }

  return {
    confirm,
    find: async (hash) => {
      const receipt = await mined(hash)
      return receipt && outcome(receipt)
    },
    logs: async (hash) => (await mined(hash))?.logs ?? [],
  }
}
