import type { PublicKey } from './credential-definition.ts'
import type { PredicateProof } from './presentation.ts'
import type { PredicateType } from './presentation-request.ts'

/** The reference's order of predicates of one attribute, which is that of its hash. */
const order = ['GE', 'LE', 'GT', 'LT'] as const

/** `attr_name` is normalised. */
export type Predicate = PredicateProof['predicate']

const types: Readonly<Record<PredicateType, Predicate['p_type']>> = {
  '>=': 'GE',
  '<=': 'LE',
  '>': 'GT',
  '<': 'LT',
}

export const predicateOf = (attribute: string, type: PredicateType, value: number): Predicate => ({
  attr_name: attribute,
  p_type: types[type],
  value,
})

const keyOf = ({ attr_name, p_type, value }: Predicate): string => `${attr_name}\n${p_type}\n${value}`

/** Each predicate once, in the order of the hash. */
export function sortPredicates(predicates: readonly Predicate[]): Predicate[] {
  const once = [...new Map(predicates.map((predicate) => [keyOf(predicate), predicate])).values()]
  return once.sort((a, b) => {
    if (a.attr_name !== b.attr_name) return a.attr_name < b.attr_name ? -1 : 1
    return order.indexOf(a.p_type) - order.indexOf(b.p_type) || a.value - b.value
  })
}

export const samePredicate = (a: Predicate, b: Predicate): boolean => keyOf(a) === keyOf(b)

/** What must not be negative for the predicate to hold. */
export function distance({ p_type, value }: Predicate, attribute: number): number {
  if (p_type === 'GE') return attribute - value
  if (p_type === 'GT') return attribute - value - 1
  if (p_type === 'LE') return value - attribute
  return value - attribute - 1
}

/** 1 where the distance grows with the attribute, −1 where it falls. */
export const directionOf = ({ p_type }: Predicate): 1n | -1n =>
  p_type === 'GE' || p_type === 'GT' ? 1n : -1n

/** The least (GE, GT) or greatest (LE, LT) integer for which the predicate holds. */
export function boundOf({ p_type, value }: Predicate): bigint {
  if (p_type === 'GT') return BigInt(value) + 1n
  if (p_type === 'LT') return BigInt(value) - 1n
  return BigInt(value)
}

/** The five commitments to a predicate, four squares and the distance, in the order of the hash. */
export type Commitments = readonly [bigint, bigint, bigint, bigint, bigint]

/** Exponents by which the six values of a predicate are made from its bases: blinding values, or responses. */
export interface PredicateExponents {
  u: readonly bigint[]
  r: readonly bigint[]
  rDelta: bigint
  m: bigint
  alpha: bigint
}

/**
 * The six values of a predicate: for each square Z^u S^r, for the distance Z^m S^±r_Δ, and S^α ∏T^u. A prover puts its
 * blinding values in; a verifier puts the responses in and multiplies by the commitments to the power −c.
 */
export function predicateTaus(
  { group, s, z }: PublicKey,
  predicate: Predicate,
  t: Commitments,
  { u, r, rDelta, m, alpha }: PredicateExponents,
): bigint[] {
  const squares = u.map((exponent, i) => group.product([z, exponent], [s, r[i] as bigint]))
  return [
    ...squares,
    group.product([z, m], [s, directionOf(predicate) * rDelta]),
    group.product([s, alpha], ...u.map((exponent, i) => [t[i] as bigint, exponent] as const)),
  ]
}
