import { linkSecretName, normaliseName, parseInteger } from './attribute.ts'
import type { SubProofHash } from './challenge.ts'
import type { AnonCredsCredential } from './credential.ts'
import type { PublicKey } from './credential-definition.ts'
import { fourSquares } from './four-squares.ts'
import { randomBits, sum } from './integer.ts'
import { eStart, lengths } from './lengths.ts'
import { type Commitments, distance, type Predicate, predicateTaus } from './predicate.ts'
import type { PredicateProof, PrimaryProof } from './presentation.ts'

interface Input {
  key: PublicKey
  credential: AnonCredsCredential
  linkSecret: bigint
  /** The blinding of the link secret: one for all credentials of a presentation, which shows that they belong together. */
  linkSecretTilde: bigint
  /** Normalised names. */
  revealed: ReadonlySet<string>
  /** In the order of the hash; each holds. */
  predicates: readonly Predicate[]
}

/** A sub-proof before the challenge is known. */
export interface BegunProof extends SubProofHash {
  finish(challenge: bigint): PrimaryProof
}

/** Begins the proof over one credential (AnonCreds specification, Generate Presentation; Camenisch and Lysyanskaya). */
export function proveCredential(input: Input): BegunProof {
  const { key, credential } = input
  const { group, s } = key
  const { a, e, v, m_2 } = credential.signature.p_credential
  const r = randomBits(lengths.randomiser)
  const aPrime = group.product([BigInt(a), 1n], [s, r])
  const secrets = { e: BigInt(e) - eStart, v: BigInt(v) - BigInt(e) * r, m2: BigInt(m_2), m: hidden(input) }
  const tilde = {
    e: randomBits(lengths.eTilde),
    v: randomBits(lengths.vTilde),
    m2: randomBits(lengths.m2Tilde),
    m: new Map(
      [...secrets.m.keys()].map((name) => [
        name,
        name === linkSecretName ? input.linkSecretTilde : randomBits(lengths.mTilde),
      ]),
    ),
  }
  const t = group.product(
    [aPrime, tilde.e],
    [s, tilde.v],
    [key.rctxt, tilde.m2],
    ...[...tilde.m].map(([name, exponent]) => [key.r.get(name) as bigint, exponent] as const),
  )
  const predicates = input.predicates.map((predicate) =>
    provePredicate(key, predicate, {
      attribute: Number(secrets.m.get(predicate.attr_name)),
      mTilde: tilde.m.get(predicate.attr_name) as bigint,
    }),
  )
  return {
    taus: [t, ...predicates.flatMap(({ taus }) => taus)],
    commitments: [aPrime, ...predicates.flatMap(({ commitments }) => commitments)],
    finish: (c) => {
      const m = new Map(
        [...secrets.m].map(([name, value]) => [name, c * value + (tilde.m.get(name) as bigint)]),
      )
      return {
        eq_proof: {
          revealed_attrs: revealedValues(input),
          a_prime: String(aPrime),
          e: String(c * secrets.e + tilde.e),
          v: String(c * secrets.v + tilde.v),
          m: Object.fromEntries([...m].map(([name, value]) => [name, String(value)])),
          m2: String(c * secrets.m2 + tilde.m2),
        },
        ge_proofs: predicates.map(({ finish }) => finish(c, m)),
      }
    },
  }
}

/** Every attribute that is not revealed, with its encoded value, and the link secret. */
function hidden({ credential, revealed, linkSecret }: Input): Map<string, bigint> {
  const values = Object.entries(credential.values)
    .map(([name, { encoded }]) => [normaliseName(name), BigInt(encoded)] as const)
    .filter(([name]) => !revealed.has(name))
  return new Map([...values, [linkSecretName, linkSecret]])
}

function revealedValues({ credential, revealed }: Input): Record<string, string> {
  const values = Object.entries(credential.values).map(
    ([name, { encoded }]) => [normaliseName(name), encoded] as const,
  )
  return Object.fromEntries(values.filter(([name]) => revealed.has(name)))
}

/** Proves that the distance is a sum of four squares, so not negative. */
function provePredicate(
  key: PublicKey,
  predicate: Predicate,
  { attribute, mTilde }: { attribute: number; mTilde: bigint },
) {
  const { group, s, z } = key
  const delta = distance(predicate, attribute)
  const u = fourSquares(delta).map(BigInt)
  const r = u.map(() => randomBits(lengths.randomiser))
  const rDelta = randomBits(lengths.randomiser)
  const t = [
    ...u.map((root, i) => group.product([z, root], [s, r[i] as bigint])),
    group.product([z, BigInt(delta)], [s, rDelta]),
  ] as unknown as Commitments
  const tilde = {
    u: u.map(() => randomBits(lengths.uTilde)),
    r: r.map(() => randomBits(lengths.rTilde)),
    rDelta: randomBits(lengths.rTilde),
    m: mTilde,
    alpha: randomBits(lengths.alphaTilde),
  }
  const products = sum(u.map((root, i) => root * (r[i] as bigint)))
  return {
    taus: predicateTaus(key, predicate, t, tilde),
    commitments: t,
    finish: (c: bigint, m: ReadonlyMap<string, bigint>): PredicateProof => ({
      u: byIndex(u.map((root, i) => c * root + (tilde.u[i] as bigint))),
      r: {
        ...byIndex(r.map((value, i) => c * value + (tilde.r[i] as bigint))),
        DELTA: String(c * rDelta + tilde.rDelta),
      },
      mj: String(m.get(predicate.attr_name)),
      alpha: String(c * (rDelta - products) + tilde.alpha),
      t: { ...byIndex(t.slice(0, 4)), DELTA: String(t[4]) },
      predicate,
    }),
  }
}

function byIndex(values: readonly bigint[]): { '0': string; '1': string; '2': string; '3': string } {
  const [first, second, third, fourth] = values.map(String) as [string, string, string, string]
  return { '0': first, '1': second, '2': third, '3': fourth }
}

/** The 32-bit integer that an attribute is, for predicates. */
export function integerOf(credential: AnonCredsCredential, attribute: string): number | undefined {
  const entry = Object.entries(credential.values).find(([name]) => normaliseName(name) === attribute)
  return entry && parseInteger(entry[1].encoded)
}
