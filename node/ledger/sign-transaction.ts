import {
  bytesToHex,
  hexToBytes,
  keccak256,
  parseTransaction,
  serializeTransaction,
  type TransactionSerializableEIP1559,
} from 'viem'
import type { DigestSigner } from '../keys/key-store.ts'
import type { Address, Hex, SignedTransaction } from './ledger.ts'

/** Signs a transaction; from then on it has its hash. */
export async function signTransaction(
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

/** The call in a signed transaction. */
export function callIn(raw: Hex): { to: Address; data: Hex; gas: bigint } {
  const { to, data, gas } = parseTransaction(raw)
  return { to: to as Address, data: data ?? '0x', gas: gas as bigint }
}
