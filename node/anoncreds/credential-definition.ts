import * as z from 'zod'
import { IssuerError } from '../errors.ts'
import { linkSecretName, normaliseNames } from './attribute.ts'
import { natural } from './integer.ts'
import { modulusBits } from './lengths.ts'
import { type Group, gcd, openGroup } from './modular.ts'
import { parse } from './parse.ts'
import { type AnonCredsSchema, identifier } from './schema.ts'

const attributeKeys = z.record(z.string().min(1).max(256), natural)

const credentialDefinitionDocument = z.looseObject({
  schemaId: identifier,
  type: z.literal('CL'),
  tag: z.string().min(1).max(256),
  value: z.looseObject({
    primary: z.looseObject({
      n: natural,
      s: natural,
      r: attributeKeys,
      rctxt: natural,
      z: natural,
      /** Older definitions give the key of the link secret apart. */
      rms: natural.optional(),
    }),
  }),
  issuerId: identifier,
})

/** The public part of a credential definition (AnonCreds specification, Credential Definition). */
export type CredentialDefinition = z.infer<typeof credentialDefinitionDocument>

/** @throws MALFORMED_REQUEST */
export const parseCredentialDefinition = (value: unknown): CredentialDefinition =>
  parse(credentialDefinitionDocument, value, 'credential definition')

/** The issuer's public key as numbers. */
export interface PublicKey {
  group: Group
  n: bigint
  s: bigint
  z: bigint
  rctxt: bigint
  /** By normalised attribute name, the link secret among them. */
  r: ReadonlyMap<string, bigint>
}

const opened = new WeakMap<CredentialDefinition, PublicKey>()

/** The key of a definition; its group is kept with the object. @throws MALFORMED_REQUEST for numbers that are no key */
export function publicKeyOf(definition: CredentialDefinition): PublicKey {
  const known = opened.get(definition)
  if (known) return known
  const { n, s, z, rctxt, r, rms } = definition.value.primary
  const bases = new Map(Object.entries(r).map(([name, value]) => [name, BigInt(value)]))
  if (rms !== undefined && !bases.has(linkSecretName)) bases.set(linkSecretName, BigInt(rms))
  const modulus = BigInt(n)
  const key = {
    n: modulus,
    s: BigInt(s),
    z: BigInt(z),
    rctxt: BigInt(rctxt),
    r: bases,
  }
  checkKey(key)
  const made = { ...key, group: openGroup(modulus) }
  opened.set(definition, made)
  return made
}

function checkKey({ n, s, z, rctxt, r }: Omit<PublicKey, 'group'>): void {
  const bits = n.toString(2).length
  const reason =
    bits < modulusBits.least || bits > modulusBits.most
      ? `Its modulus has ${bits} bits, not ${modulusBits.least} to ${modulusBits.most}.`
      : n % 2n === 0n
        ? 'Its modulus is even.'
        : ![s, z, rctxt, ...r.values()].every((base) => isUnit(base, n))
          ? 'One of its bases is no unit modulo n.'
          : !r.has(linkSecretName)
            ? 'It has no key for the link secret.'
            : undefined
  if (reason) {
    throw new IssuerError('MALFORMED_REQUEST', { detail: `The credential definition is no key. ${reason}` })
  }
}

/** Whether a number is in (1, n) and has an inverse modulo n. */
export function isUnit(value: bigint, n: bigint): boolean {
  return value > 1n && value < n && gcd(value, n) === 1n
}

/** The attributes that a definition signs, normalised, without the link secret. */
export function attributesOf(key: PublicKey): string[] {
  return [...key.r.keys()].filter((name) => name !== linkSecretName)
}

/** @throws MALFORMED_REQUEST when schema and definition do not name the same attributes */
export function checkAttributes(schema: AnonCredsSchema, key: PublicKey): void {
  const fromSchema = normaliseNames(schema.attrNames)
  const fromKey = attributesOf(key).sort((a, b) => (a < b ? -1 : 1))
  if (fromSchema.length === fromKey.length && fromSchema.every((name, i) => name === fromKey[i])) return
  throw new IssuerError('MALFORMED_REQUEST', {
    detail: 'The credential definition does not have the attributes of its schema.',
  })
}
