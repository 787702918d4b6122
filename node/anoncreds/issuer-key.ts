import { constants, createPrivateKey, generatePrime, privateDecrypt } from 'node:crypto'
import { promisify } from 'node:util'
import * as z from 'zod'
import { fromBytes, minimalBytes, natural, randomBelow } from './integer.ts'
import { primeBits } from './lengths.ts'
import { type Group, inverse, openGroup, residue } from './modular.ts'
import { parse } from './parse.ts'

const privateKeyDocument = z.looseObject({
  value: z.looseObject({ p_key: z.looseObject({ p: natural, q: natural }), r_key: z.null().optional() }),
})

/** The private part of a definition: p = (P − 1) / 2 and q = (Q − 1) / 2 of n = PQ. Nobody but the issuer sees it. */
export interface CredentialDefinitionPrivate {
  value: { p_key: { p: string; q: string }; r_key: null }
}

/** @throws MALFORMED_REQUEST, without a word of the key */
export function parsePrivateKey(value: unknown): CredentialDefinitionPrivate {
  const { p, q } = parse(privateKeyDocument, value, 'private key').value.p_key
  return { value: { p_key: { p, q }, r_key: null } }
}

/** The group modulo n for whoever knows its factors. */
export interface IssuerGroup extends Group {
  /** p′q′, the order of the quadratic residues. */
  readonly order: bigint
  /** The e-th root: by OpenSSL's private RSA operation, which is blinded. */
  root(value: bigint, e: bigint): bigint
}

const base64url = (value: bigint): string => minimalBytes(value).toString('base64url')

function inverseOf(value: bigint, modulus: bigint): bigint {
  return inverse(value, modulus) as bigint
}

/** By the Chinese remainder theorem a power costs a third of what it costs others. */
export function openIssuerGroup(key: CredentialDefinitionPrivate): IssuerGroup {
  const [p, q] = [BigInt(key.value.p_key.p), BigInt(key.value.p_key.q)]
  const [P, Q] = [2n * p + 1n, 2n * q + 1n]
  const n = P * Q
  const [groupP, groupQ] = [openGroup(P), openGroup(Q)]
  const qInverse = inverseOf(Q, P)

  function power(base: bigint, exponent: bigint): bigint {
    const x = groupP.power(base, residue(exponent, P - 1n))
    const y = groupQ.power(base, residue(exponent, Q - 1n))
    return y + Q * residue((x - y) * qInverse, P)
  }

  function root(value: bigint, e: bigint): bigint {
    const d = inverseOf(e, 4n * p * q)
    const jwk = { kty: 'RSA', n, e, d, p: P, q: Q, dp: d % (P - 1n), dq: d % (Q - 1n), qi: qInverse }
    const encoded = Object.fromEntries(
      Object.entries(jwk).map(([name, part]) => [name, typeof part === 'bigint' ? base64url(part) : part]),
    )
    const input = Buffer.alloc(minimalBytes(n).length)
    const bytes = minimalBytes(value)
    bytes.copy(input, input.length - bytes.length)
    const privateKey = createPrivateKey({ key: encoded, format: 'jwk' })
    return fromBytes(privateDecrypt({ key: privateKey, padding: constants.RSA_NO_PADDING }, input))
  }

  return {
    modulus: n,
    order: p * q,
    power,
    root,
    product: (...powers) =>
      powers.reduce((result, [base, exponent]) => (result * power(base, exponent)) % n, 1n),
  }
}

const makePrime = promisify((bits: number, done: (error: Error | null, prime: bigint) => void) =>
  generatePrime(bits, { safe: true, bigint: true }, done),
)

/** A fresh key; two safe primes take seconds, in threads of OpenSSL's. `onPrime` is called after each. */
export async function generatePrivateKey(onPrime: () => void): Promise<CredentialDefinitionPrivate> {
  const safePrime = async () => {
    const prime = await makePrime(primeBits)
    onPrime()
    return (prime - 1n) / 2n
  }
  const [p, q] = await Promise.all([safePrime(), safePrime()])
  if (p === q) return generatePrivateKey(onPrime)
  return { value: { p_key: { p: String(p), q: String(q) }, r_key: null } }
}

/** A generator of the quadratic residues: a square whose order is neither 1, p′ nor q′. */
export function randomGenerator(
  group: IssuerGroup,
  { value: { p_key } }: CredentialDefinitionPrivate,
): bigint {
  const [p, q] = [BigInt(p_key.p), BigInt(p_key.q)]
  for (;;) {
    const x = randomBelow(group.modulus)
    const s = (x * x) % group.modulus
    if (s > 1n && group.power(s, p) !== 1n && group.power(s, q) !== 1n) return s
  }
}
