import * as z from 'zod'
import { IssuerError } from '../errors.ts'
import type { PublicKey } from './credential-definition.ts'
import { hashIntegers, isShort, natural } from './integer.ts'
import { lengths } from './lengths.ts'

/** The proof that every base of a key lies in the group of S; the order of `xr_cap` is that of the hash. */
export const keyCorrectnessProof = z.strictObject({
  c: natural,
  xz_cap: natural,
  xr_cap: z
    .array(z.tuple([z.string().min(1).max(256), natural]))
    .min(1)
    .max(126),
})

export type KeyCorrectnessProof = z.infer<typeof keyCorrectnessProof>

const refuse = (detail: string): never => {
  throw new IssuerError('ANONCREDS_PROOF_INVALID', { detail })
}

/**
 * Checks the proof of a key. Without it an issuer could give its holders bases by which it knows them again.
 * @throws ANONCREDS_PROOF_INVALID, also when the link secret or an attribute is left out
 */
export function checkKeyCorrectness(key: PublicKey, proof: KeyCorrectnessProof): void {
  const names = proof.xr_cap.map(([name]) => name)
  const proven = new Set(names)
  if (
    proven.size !== names.length ||
    proven.size !== key.r.size ||
    ![...key.r.keys()].every((name) => proven.has(name))
  )
    refuse('The key correctness proof does not cover every attribute and the link secret once.')
  const c = BigInt(proof.c)
  const longest = key.n.toString(2).length + lengths.challenge + 1
  const caps = [proof.xz_cap, ...proof.xr_cap.map(([, cap]) => cap)].map(BigInt)
  if (!isShort(c, lengths.challenge) || !caps.every((cap) => isShort(cap, longest)))
    refuse('The key correctness proof holds a number that is too long.')
  const bases = [key.z, ...names.map((name) => key.r.get(name) as bigint)]
  const commitments = bases.map((base, i) => key.group.product([base, -c], [key.s, caps[i] as bigint]))
  if (hashIntegers([...bases, ...commitments]) !== c) refuse('The key correctness proof does not hold.')
}
