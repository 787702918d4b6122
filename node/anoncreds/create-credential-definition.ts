import { linkSecretName, normaliseNames } from './attribute.ts'
import type { CredentialDefinition } from './credential-definition.ts'
import { hashIntegers, randomBelow } from './integer.ts'
import {
  type CredentialDefinitionPrivate,
  generatePrivateKey,
  type IssuerGroup,
  openIssuerGroup,
  randomGenerator,
} from './issuer-key.ts'
import type { KeyCorrectnessProof } from './key-correctness.ts'
import { type AnonCredsSchema, parseSchema } from './schema.ts'

/** What there is to tell while a definition is made: two primes, then the key. */
export type DefinitionProgress = 'first-prime' | 'second-prime' | 'key'

interface Input {
  schema: AnonCredsSchema
  schemaId: string
  issuerId: string
  tag: string
  /** Takes an existing key instead of making one. */
  privateKey?: CredentialDefinitionPrivate
  onProgress?(step: DefinitionProgress): void
}

/** A definition with what its issuer keeps: the private key, and the proof that goes into every offer. */
export interface CreatedDefinition {
  credentialDefinition: CredentialDefinition
  privateKey: CredentialDefinitionPrivate
  keyCorrectnessProof: KeyCorrectnessProof
}

/** In [2, p′q′ − 2]. */
const randomExponent = (order: bigint): bigint => 2n + randomBelow(order - 3n)

/**
 * Makes a credential definition and its keys (AnonCreds specification, Generate and publish credential definition);
 * it takes seconds for the two safe primes, in which the event loop stays free.
 * @throws MALFORMED_REQUEST for a schema that is none
 */
export async function createCredentialDefinition(input: Input): Promise<CreatedDefinition> {
  const names = [...normaliseNames(parseSchema(input.schema).attrNames), linkSecretName]
  const privateKey = input.privateKey ?? (await generateKey(input))
  const group = openIssuerGroup(privateKey)
  const s = randomGenerator(group, privateKey)
  const z = secretPower(group, s)
  const r = names.map((name) => ({ name, ...secretPower(group, s) }))
  input.onProgress?.('key')
  const { schemaId, issuerId, tag } = input
  return {
    credentialDefinition: {
      schemaId,
      type: 'CL',
      tag,
      value: {
        primary: {
          n: String(group.modulus),
          s: String(s),
          r: Object.fromEntries(r.map(({ name, base }) => [name, String(base)])),
          rctxt: String(secretPower(group, s).base),
          z: String(z.base),
        },
      },
      issuerId,
    },
    privateKey,
    keyCorrectnessProof: proveKey(group, { s, z, r }),
  }
}

async function generateKey({ onProgress }: Input): Promise<CredentialDefinitionPrivate> {
  let primes = 0
  return generatePrivateKey(() => {
    primes += 1
    onProgress?.(primes === 1 ? 'first-prime' : 'second-prime')
  })
}

/** A power of S whose exponent is known for as long as the key is being proven. */
interface SecretPower {
  base: bigint
  exponent: bigint
}

function secretPower(group: IssuerGroup, s: bigint): SecretPower {
  const exponent = randomExponent(group.order)
  return { base: group.power(s, exponent), exponent }
}

/** Proves knowledge of the exponents that lead from S to Z and to every R, which lie in the group that S generates. */
function proveKey(
  group: IssuerGroup,
  { s, z, r }: { s: bigint; z: SecretPower; r: readonly (SecretPower & { name: string })[] },
): KeyCorrectnessProof {
  const powers = [z, ...r]
  const blindings = powers.map(() => randomExponent(group.order))
  const c = hashIntegers([
    ...powers.map(({ base }) => base),
    ...blindings.map((blinding) => group.power(s, blinding)),
  ])
  const caps = powers.map(({ exponent }, i) => String(c * exponent + (blindings[i] as bigint)))
  return {
    c: String(c),
    xz_cap: caps[0] as string,
    xr_cap: r.map(({ name }, i) => [name, caps[i + 1] as string]),
  }
}
