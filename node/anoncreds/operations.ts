import { BoundedCache } from '../bounded-cache.ts'
import { createCredential } from './create-credential.ts'
import { createCredentialDefinition } from './create-credential-definition.ts'
import { createCredentialRequest } from './create-credential-request.ts'
import { type ChosenCredential, createPresentation } from './create-presentation.ts'
import { parseCredential } from './credential.ts'
import type { CredentialDefinition } from './credential-definition.ts'
import { parseCredentialOffer } from './credential-offer.ts'
import { type CredentialRequestMetadata, parseCredentialRequest } from './credential-request.ts'
import { parsePrivateKey } from './issuer-key.ts'
import { parsePresentation } from './presentation.ts'
import { parsePresentationRequest } from './presentation-request.ts'
import { processCredential } from './process-credential.ts'
import type { AnonCredsSchema } from './schema.ts'
import { verifyPresentation } from './verify-presentation.ts'

/** A secret on its way into a thread, as the bytes of its JSON text; the thread overwrites its copy. */
type SecretBytes = Uint8Array

/** @throws RangeError without a word of the secret, which the parser's own error would quote */
function readSecret<T>(bytes: SecretBytes): T {
  try {
    return JSON.parse(new TextDecoder().decode(bytes))
  } catch {
    throw new RangeError('A secret of AnonCreds cannot be read.')
  } finally {
    bytes.fill(0)
  }
}

function readLinkSecret(bytes: SecretBytes): string {
  const secret = readSecret<unknown>(bytes)
  if (typeof secret === 'string' && /^\d+$/.test(secret)) return secret
  throw new RangeError('A link secret cannot be read.')
}

/** Definitions of which the thread keeps the numbers and the bases that it has raised already. */
const definitions = new BoundedCache<string, CredentialDefinition>(64)

/** The definition as an object that stays the same from call to call: what is known of its key hangs on it. */
function known(definition: CredentialDefinition): CredentialDefinition {
  const text = JSON.stringify(definition)
  const kept = definitions.get(text) ?? definition
  definitions.set(text, kept)
  return kept
}

interface Definition {
  credentialDefinition: CredentialDefinition
}

/** What the issuer's side of a definition is made of. */
interface DefinitionInput {
  schema: AnonCredsSchema
  schemaId: string
  issuerId: string
  tag: string
  privateKey: SecretBytes
}

interface RequestInput extends Definition {
  /** From the issuer. */
  offer: unknown
  schema: AnonCredsSchema
  linkSecret: SecretBytes
  linkSecretName: string
}

interface CredentialInput extends Definition {
  privateKey: SecretBytes
  /** As this issuer kept it. */
  offer: unknown
  /** From the holder. */
  request: unknown
  values: Readonly<Record<string, string>>
}

interface ProcessInput extends Definition {
  /** From the issuer. */
  credential: unknown
  request: unknown
  metadata: SecretBytes
  linkSecret: SecretBytes
}

interface PresentInput {
  /** From the verifier. */
  request: unknown
  linkSecret: SecretBytes
  credentials: readonly ChosenCredential[]
  selfAttested: Readonly<Record<string, string>>
}

interface VerifyInput {
  /** From the holder. */
  presentation: unknown
  request: unknown
  schemas: Readonly<Record<string, AnonCredsSchema>>
  credentialDefinitions: Readonly<Record<string, CredentialDefinition>>
}

/**
 * What threads do for issuers, holders and verifiers of AnonCreds. Secrets come in as bytes and leave as bytes. What
 * the other side sent is parsed here, so that the event loop does not wait for that either.
 */
export const operations = {
  async createDefinition({ privateKey, ...named }: DefinitionInput) {
    const key = parsePrivateKey(readSecret(privateKey))
    const { credentialDefinition, keyCorrectnessProof } = await createCredentialDefinition({
      ...named,
      privateKey: key,
    })
    return { credentialDefinition, keyCorrectnessProof }
  },

  createRequest({ offer, credentialDefinition, linkSecret, ...others }: RequestInput) {
    const { request, metadata } = createCredentialRequest({
      ...others,
      offer: parseCredentialOffer(offer),
      credentialDefinition: known(credentialDefinition),
      linkSecret: readLinkSecret(linkSecret),
    })
    return { request, metadata: new TextEncoder().encode(JSON.stringify(metadata)) }
  },

  createCredential({ credentialDefinition, privateKey, offer, request, values }: CredentialInput) {
    const key = parsePrivateKey(readSecret(privateKey))
    return createCredential({
      credentialDefinition: known(credentialDefinition),
      privateKey: key,
      offer: parseCredentialOffer(offer),
      request: parseCredentialRequest(request),
      values,
    })
  },

  processCredential({ credential, credentialDefinition, request, metadata, linkSecret }: ProcessInput) {
    return processCredential({
      credential: parseCredential(credential),
      credentialDefinition: known(credentialDefinition),
      request: parseCredentialRequest(request),
      metadata: readSecret<CredentialRequestMetadata>(metadata),
      linkSecret: readLinkSecret(linkSecret),
    })
  },

  createPresentation({ request, linkSecret, credentials, selfAttested }: PresentInput) {
    return createPresentation({
      request: parsePresentationRequest(request),
      linkSecret: readLinkSecret(linkSecret),
      credentials: credentials.map((chosen) => ({
        ...chosen,
        credentialDefinition: known(chosen.credentialDefinition),
      })),
      selfAttested,
    })
  },

  verifyPresentation({ presentation, request, schemas, credentialDefinitions }: VerifyInput) {
    const parsed = parsePresentation(presentation)
    const verdict = verifyPresentation({
      presentation: parsed,
      request: parsePresentationRequest(request),
      schemas,
      credentialDefinitions: Object.fromEntries(
        Object.entries(credentialDefinitions).map(([id, definition]) => [id, known(definition)]),
      ),
    })
    return { verdict, shown: parsed.requested_proof, identifiers: parsed.identifiers }
  },
}
