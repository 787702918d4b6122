import type { ChainClient } from './client.ts'
import type { Hex, SignedTransaction } from './ledger.ts'
import { isUnreachable, ledgerError, rpcMessage } from './ledger-error.ts'

/**
 * What a node said to a transaction: it has it; another one has its nonce; one before it is missing; or it was
 * refused as it is, and nobody has it.
 */
export type Reception =
  | { outcome: 'accepted' | 'early' }
  /** `mayBeOurs`: an attempt before got no answer, so it may be this very one that has the nonce. */
  | { outcome: 'taken'; mayBeOurs: boolean }
  | { outcome: 'refused'; error: unknown }

const isKnown = (message: string) => /already known|already imported|known transaction/i.test(message)
const isEarly = (message: string) => /nonce (is )?too high/i.test(message)
const isTaken = (message: string) =>
  /nonce (is )?too low|nonce has already been used|replacement transaction underpriced|invalid nonce/i.test(
    message,
  )

/** Whether the chain has a transaction, in a block or waiting for one. */
export async function isOnChain(client: ChainClient, hash: Hex): Promise<boolean> {
  return client.getTransaction({ hash }).then(
    () => true,
    () => false,
  )
}

/** Hands a transaction to the chain. @throws CHAIN_UNREACHABLE when it is not known whether anybody has it */
export async function broadcast(client: ChainClient, { hash, raw }: SignedTransaction): Promise<Reception> {
  const submit = () => client.request({ method: 'eth_sendRawTransaction', params: [raw] }, { retryCount: 0 })
  let wasLost = false
  try {
    // A second time at most: a connection that was idle may be closed just then.
    await submit().catch((error) => {
      if (!isUnreachable(error)) throw error
      wasLost = true
      return submit()
    })
    return { outcome: 'accepted' }
  } catch (error) {
    const message = rpcMessage(error)
    // Only the answer was lost, also the first of two, or the node mined it at once and answers with its revert.
    if (isKnown(message) || (await isOnChain(client, hash))) return { outcome: 'accepted' }
    if (isEarly(message)) return { outcome: 'early' }
    if (isTaken(message)) return { outcome: 'taken', mayBeOurs: wasLost }
    if (wasLost || isUnreachable(error)) throw ledgerError(error)
    return { outcome: 'refused', error: ledgerError(error) }
  }
}
