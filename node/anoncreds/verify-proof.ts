import { linkSecretName } from './attribute.ts'
import type { SubProofHash } from './challenge.ts'
import { isUnit, type PublicKey } from './credential-definition.ts'
import { isShort } from './integer.ts'
import { eStart, lengths } from './lengths.ts'
import {
  boundOf,
  type Commitments,
  directionOf,
  type Predicate,
  predicateTaus,
  samePredicate,
} from './predicate.ts'
import type { PredicateProof, PrimaryProof } from './presentation.ts'

/** Why a proof is refused. */
export class ProofProblem extends Error {}

const refuse = (reason: string): never => {
  throw new ProofProblem(reason)
}

/**
 * Longest responses: c times the longest secret, or the blinding value, whichever is longer, and a carry. A longer one
 * would let a prover use a secret outside the ranges that the proof is sound for (Camenisch and Lysyanskaya 2002).
 */
const longest = {
  e: lengths.eTilde + 1,
  m: lengths.mTilde + 2,
  m2: lengths.m2Tilde + 1,
  v: lengths.vTilde + 1,
  u: lengths.uTilde + 2,
  r: lengths.challenge + lengths.randomiser + 1,
  alpha: lengths.alphaTilde + 1,
} as const

interface Expectation {
  key: PublicKey
  /** Normalised names. */
  revealed: ReadonlySet<string>
  predicates: readonly Predicate[]
  challenge: bigint
}

const natural = (value: bigint, bits: number): boolean => value >= 0n && isShort(value, bits)

/** Rebuilds what one sub-proof adds to the hash. @throws ProofProblem when it cannot be a proof of what was asked */
export function rebuildProof(proof: PrimaryProof, expected: Expectation): SubProofHash {
  const { key, challenge } = expected
  const { eq_proof, ge_proofs } = proof
  checkNames(proof, expected)
  const [a, e, v, m2] = [eq_proof.a_prime, eq_proof.e, eq_proof.v, eq_proof.m2].map(BigInt) as [
    bigint,
    bigint,
    bigint,
    bigint,
  ]
  const m = new Map(Object.entries(eq_proof.m).map(([name, value]) => [name, BigInt(value)]))
  if (!isUnit(a, key.n)) refuse('A′ is no unit modulo n.')
  if (!natural(e, longest.e)) refuse('The response for e is outside its range.')
  if (!isShort(v, longest.v)) refuse('The response for v is outside its range.')
  if (!natural(m2, longest.m2)) refuse('The response for m₂ is outside its range.')
  if (![...m.values()].every((value) => natural(value, longest.m)))
    refuse('The response for an attribute is outside its range.')
  const known = key.group.product(
    [a, eStart],
    ...Object.entries(eq_proof.revealed_attrs).map(
      ([name, value]) => [key.r.get(name) as bigint, BigInt(value)] as const,
    ),
  )
  const t = key.group.product(
    [key.z, -challenge],
    [known, challenge],
    [a, e],
    [key.s, v],
    [key.rctxt, m2],
    ...[...m].map(([name, exponent]) => [key.r.get(name) as bigint, exponent] as const),
  )
  const predicates = ge_proofs.map((predicate) => rebuildPredicate(predicate, { key, challenge, m }))
  return {
    taus: [t, ...predicates.flatMap(({ taus }) => taus)],
    commitments: [a, ...predicates.flatMap(({ commitments }) => commitments)],
  }
}

/** Every attribute of the definition is either revealed, as asked, or hidden; the predicates are those asked for. */
function checkNames({ eq_proof, ge_proofs }: PrimaryProof, { key, revealed, predicates }: Expectation): void {
  const shown = Object.keys(eq_proof.revealed_attrs)
  const hidden = Object.keys(eq_proof.m)
  if (shown.length !== revealed.size || !shown.every((name) => revealed.has(name)))
    refuse('The proof does not reveal the attributes that were asked for.')
  if (shown.includes(linkSecretName)) refuse('The proof reveals the link secret.')
  const all = new Set([...shown, ...hidden])
  if (
    all.size !== shown.length + hidden.length ||
    all.size !== key.r.size ||
    ![...all].every((name) => key.r.has(name))
  )
    refuse('The proof does not cover every attribute of the definition once.')
  const proven = ge_proofs.map(({ predicate }) => predicate)
  if (
    proven.length !== predicates.length ||
    !predicates.every((predicate) => proven.some((other) => samePredicate(predicate, other)))
  )
    refuse('The proof does not prove the predicates that were asked for.')
}

function rebuildPredicate(
  proof: PredicateProof,
  { key, challenge, m }: { key: PublicKey; challenge: bigint; m: ReadonlyMap<string, bigint> },
): SubProofHash {
  const { predicate } = proof
  const [u, r] = [proof.u, proof.r].map((part) => (['0', '1', '2', '3'] as const).map((i) => BigInt(part[i])))
  const t = (['0', '1', '2', '3', 'DELTA'] as const).map((i) => BigInt(proof.t[i])) as unknown as Commitments
  const responses = {
    u: u as bigint[],
    r: r as bigint[],
    rDelta: BigInt(proof.r.DELTA),
    m: BigInt(proof.mj),
    alpha: BigInt(proof.alpha),
  }
  // one response for the attribute in both proofs ties the predicate to the signed value
  if (m.get(predicate.attr_name) !== responses.m) refuse('The predicate is not about the signed attribute.')
  if (!t.every((commitment) => isUnit(commitment, key.n)))
    refuse('A commitment of a predicate is no unit modulo n.')
  if (!responses.u.every((value) => natural(value, longest.u)) || !isShort(responses.alpha, longest.alpha))
    refuse('A response of a predicate is outside its range.')
  if (![...responses.r, responses.rDelta].every((value) => natural(value, longest.r)))
    refuse('A response of a predicate is outside its range.')
  const { group, z } = key
  const made = predicateTaus(key, predicate, t, responses)
  const statements = [
    ...t.slice(0, 4),
    group.product([z, boundOf(predicate)], [t[4], directionOf(predicate)]),
    t[4],
  ]
  const taus = made.map((tau, i) => (tau * group.power(statements[i] as bigint, -challenge)) % group.modulus)
  return { taus, commitments: t }
}
