import type { JsonObject } from '../../json.ts'
import { inThread } from '../../threads/in-thread.ts'
import { type Disclosed, disclosedSuite } from './disclosed.ts'
import { blsPublicKey } from './public-key.ts'

async function verify({ value, header, messages }: Disclosed, method: JsonObject): Promise<boolean> {
  const publicKey = blsPublicKey(method)
  if (!publicKey) return false
  const { proof, selectiveIndexes: indexes, presentationHeader } = value
  return inThread('bbs', 'proofVerify', { publicKey, header, presentationHeader, messages, indexes, proof })
}

/** Digital Bazaar's DataIntegrityProof, verifying derived proofs (Data Integrity BBS Cryptosuites 1.0, 3.4.7). */
export const derivedProofSuite = (name: string, keyTypes: readonly ['Bls12381G2']): LibrarySuite =>
  disclosedSuite(name, keyTypes, verify)
