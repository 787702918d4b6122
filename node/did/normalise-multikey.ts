import type { ContextEntry, DIDDocument, KeyCapabilitySection, VerificationMethod } from 'did-resolver'

const didContext = 'https://www.w3.org/ns/did/v1'
const recoveryContext = 'https://w3id.org/security/suites/secp256k1recovery-2020/v2'
const multikeyContext = 'https://w3id.org/security/multikey/v1'
const unstableContext = 'https://w3id.org/security/v3-unstable'

const relationships: readonly KeyCapabilitySection[] = [
  'authentication',
  'assertionMethod',
  'keyAgreement',
  'capabilityInvocation',
  'capabilityDelegation',
]

/**
 * did-jwt finds no key of a Multikey method when publicKeyBase58 stands there, with publicKeyMultibase beside it or
 * without. A method that has publicKeyMultibase already only loses the other.
 */
function normaliseMethod(method: VerificationMethod): VerificationMethod {
  if (method.type !== 'Multikey' || method.publicKeyBase58 === undefined) return method
  const { publicKeyBase58, ...rest } = method
  return { publicKeyMultibase: `z${publicKeyBase58}`, ...rest }
}

/** The contexts that define what these methods use; the unstable one of the resolver only where nothing else does. */
function contextsFor(methods: readonly VerificationMethod[]): string[] {
  const types = new Set(methods.map(({ type }) => type))
  const isUsed = (type: string) => types.delete(type)
  return [
    didContext,
    ...(isUsed('Multikey') ? [multikeyContext] : []),
    ...(isUsed('EcdsaSecp256k1RecoveryMethod2020') ? [recoveryContext] : []),
    ...(types.size > 0 ? [unstableContext] : []),
  ]
}

const ours = new Set<ContextEntry>([didContext, multikeyContext, recoveryContext, unstableContext])

/**
 * Makes of a document of ethr-did-resolver 11 one that other libraries understand: in a Multikey method
 * publicKeyMultibase replaces publicKeyBase58, relationships lose references to methods that are not there (a revoked
 * key agreement key leaves one), and `@context` names what defines the methods' terms. Ids stay as they are; a
 * document normalised before stays as it is.
 */
export function normaliseMultikey(document: DIDDocument): DIDDocument {
  const { '@context': contexts, ...rest } = document
  const methods = (rest.verificationMethod ?? []).map(normaliseMethod)
  const ids = new Set(methods.map(({ id }) => id))
  const normalised: DIDDocument = { ...rest }
  if (rest.verificationMethod) normalised.verificationMethod = methods
  for (const relationship of relationships) {
    const entries = rest[relationship]
    if (!entries) continue
    const kept = entries.filter((entry) => typeof entry !== 'string' || ids.has(entry))
    if (kept.length === 0 && entries.length > 0) delete normalised[relationship]
    else
      normalised[relationship] = kept.map((entry) =>
        typeof entry === 'string' ? entry : normaliseMethod(entry),
      )
  }
  if (contexts === undefined) return normalised
  const others = [contexts].flat().filter((context) => !ours.has(context))
  return { '@context': [...contextsFor(methods), ...others], ...normalised }
}
