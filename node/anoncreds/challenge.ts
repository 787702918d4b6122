import { createHash } from 'node:crypto'
import { fromBytes, minimalBytes } from './integer.ts'

/** What one sub-proof adds to the hash. */
export interface SubProofHash {
  /** T of the credential, then six values for each predicate. */
  taus: readonly bigint[]
  /** A′, then five commitments for each predicate. */
  commitments: readonly bigint[]
}

/** SHA-256 over all taus, all commitments and the nonce, as minimal bytes. */
export function challengeOf(parts: readonly SubProofHash[], nonce: bigint): bigint {
  const hash = createHash('sha256')
  for (const { taus } of parts) for (const tau of taus) hash.update(minimalBytes(tau))
  for (const { commitments } of parts) for (const value of commitments) hash.update(minimalBytes(value))
  return fromBytes(hash.update(minimalBytes(nonce)).digest())
}

/** The commitments of all sub-proofs as a presentation lists them. */
export function commitmentBytes(parts: readonly SubProofHash[]): number[][] {
  return parts.flatMap(({ commitments }) => commitments.map((value) => [...minimalBytes(value)]))
}
