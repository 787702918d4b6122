import {
  bytesToHex,
  hexToBytes,
  keccak256,
  type Log,
  serializeTransaction,
  type TransactionSerializableEIP1559,
} from 'viem'
import { IssuerError } from '../errors.ts'
import type { DigestSigner } from '../keys/key-store.ts'
import { accountAddress } from './account-address.ts'
import type { ChainClient } from './client.ts'
import type { ContractCall } from './contract-call.ts'
import type { Address, Hex, Receipt, SendOptions, SignedTransaction } from './ledger.ts'
import { answer, isUnreachable, ledgerError, rpcMessage } from './ledger-error.ts'
import { createReceipts, transactionReplaced } from './receipts.ts'

/** The account that pays for all writes. */
export interface Relayer {
  readonly address: Address
  /**
   * Signs, broadcasts and waits. `onSigned` is called again, with another transaction, when the nonce of the
   * one before proved to be taken. @throws TRANSACTION_REVERTED, RELAYER_UNFUNDED, CHAIN_UNREACHABLE, and what
   * `onSigned` throws
   */
  send(call: ContractCall, options?: SendOptions): Promise<Receipt>
  /**
   * Broadcasts a stored transaction again and waits for it. @throws TRANSACTION_REVERTED, with facts.error =
   * 'TransactionReplaced' when another transaction took its nonce, so that it can never be mined
   */
  resend(transaction: SignedTransaction): Promise<Receipt>
  /** @throws TRANSACTION_REVERTED when it was mined and refused */
  receipt(hash: Hex): Promise<Receipt | undefined>
  /** Events of a mined transaction; none of an unknown one. */
  logs(hash: Hex): Promise<readonly Log[]>
  balance(): Promise<bigint>
  /** Ends all waiting: pending sends fail with CHAIN_UNREACHABLE. */
  close(): void
}

interface RelayerOptions {
  client: ChainClient
  chainId: number
  signer: DigestSigner
  /** Milliseconds after which a transaction that is not mined is given up for now. */
  receiptTimeout: number
}

// The gas of a call may differ between its estimate and its block: another writer may have come between.
const gasMargin = (gas: bigint) => (gas * 12n) / 10n
// A base fee rises by at most one eighth a block (EIP-1559): twice the present one holds for five full blocks.
const baseFeeMargin = (baseFee: bigint) => baseFee * 2n
const signingAttempts = 4

const isNonceRefusal = (error: unknown) =>
  /nonce (is )?too (low|high)|nonce has already been used|replacement transaction underpriced|invalid nonce/i.test(
    rpcMessage(error),
  )

const isAlreadyKnown = (error: unknown) =>
  /already known|already imported|known transaction/i.test(rpcMessage(error))

/** Makes a queue of one: each task starts when the one before has ended, however it ended. */
function createSequence(): <T>(task: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (task) => {
    const result = last.then(task)
    last = result.catch(() => undefined)
    return result
  }
}

/** Gas limit and EIP-1559 fees of a call. @throws TRANSACTION_REVERTED when it would be refused */
async function price(client: ChainClient, account: Address, { to, data, abi }: ContractCall) {
  const [gas, block, tip] = await answer(
    Promise.all([
      client.estimateGas({ account, to, data }),
      client.getBlock({ blockTag: 'latest' }),
      client.estimateMaxPriorityFeePerGas(),
    ]),
    abi,
  )
  const maxFeePerGas = baseFeeMargin(block.baseFeePerGas ?? 0n) + tip
  return { gas: gasMargin(gas), maxPriorityFeePerGas: tip, maxFeePerGas }
}

async function sign(
  signer: DigestSigner,
  transaction: TransactionSerializableEIP1559 & { nonce: number },
): Promise<SignedTransaction> {
  const digest = hexToBytes(keccak256(serializeTransaction(transaction)))
  const signature = await signer.signDigest(digest)
  const raw = serializeTransaction(transaction, {
    r: bytesToHex(signature.subarray(0, 32)),
    s: bytesToHex(signature.subarray(32, 64)),
    yParity: (signature[64] as number) - 27,
  })
  return { hash: keccak256(raw), raw, nonce: transaction.nonce }
}

/** Makes the relayer of one chain. An account has one relayer in a process; two processes disturb each other. */
export function createRelayer({ client, chainId, signer, receiptTimeout }: RelayerOptions): Relayer {
  const address = accountAddress(signer.publicKey)
  const closing = new AbortController()
  const receipts = createReceipts({ client, address, receiptTimeout, signal: closing.signal })
  const inSequence = createSequence()
  /** The next nonce, as far as known; undefined when the chain must be asked. */
  let nextNonce: number | undefined

  const pendingNonce = () => answer(client.getTransactionCount({ address, blockTag: 'pending' }))

  const isOnChain = (hash: Hex) =>
    client.getTransaction({ hash }).then(
      () => true,
      () => false,
    )

  const submit = (raw: Hex) =>
    client.request({ method: 'eth_sendRawTransaction', params: [raw] }, { retryCount: 0 })

  /** Hands a transaction to the chain; false when its nonce is not the right one. */
  async function broadcast({ hash, raw }: SignedTransaction): Promise<boolean> {
    try {
      // A second time at most: a connection that was idle may be closed just then.
      await submit(raw).catch((error) => (isUnreachable(error) ? submit(raw) : Promise.reject(error)))
      return true
    } catch (error) {
      if (isAlreadyKnown(error)) return true
      nextNonce = undefined
      // Only the answer was lost, also the first of two, or the node mined it at once and answers with its revert.
      if (await isOnChain(hash)) return true
      if (isNonceRefusal(error)) return false
      throw ledgerError(error)
    }
  }

  async function publish(call: ContractCall, { onSigned }: SendOptions): Promise<SignedTransaction> {
    const fees = await price(client, address, call)
    return inSequence(async () => {
      for (let attempt = 0; attempt < signingAttempts; attempt++) {
        const nonce = nextNonce ?? (await pendingNonce())
        const { to, data } = call
        const signed = await sign(signer, { type: 'eip1559', chainId, nonce, to, data, ...fees })
        await onSigned?.(signed)
        nextNonce = nonce + 1
        if (await broadcast(signed)) return signed
      }
      throw new IssuerError('CHAIN_UNREACHABLE', {
        detail: 'Another writer uses the relayer account: no nonce could be had.',
      })
    })
  }

  async function republish(transaction: SignedTransaction): Promise<void> {
    nextNonce = undefined
    if (await broadcast(transaction)) return
    if ((await pendingNonce()) > transaction.nonce) throw transactionReplaced(transaction.hash)
    throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'The transaction waits for one before it.' })
  }

  return {
    address,
    send: async (call, options = {}) => receipts.confirm(await publish(call, options), call),
    resend: async (transaction) => {
      await inSequence(() => republish(transaction))
      return receipts.confirm(transaction)
    },
    receipt: receipts.find,
    logs: receipts.logs,
    balance: () => answer(client.getBalance({ address })),
    close: () => closing.abort(),
  }
}
