import { contextViolations } from '../documents/embedded-context.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { requireContexts } from './require-contexts.ts'
import type { SecureOptions } from './suite.ts'

/** Names that mean something else in a token than in a document. */
const reserved = ['vc', 'vp', 'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']

/**
 * A document as what a token signs (Securing Verifiable Credentials using JOSE and COSE, 3): itself.
 * @throws SIGNING_FAILED for contexts that are not known and members that a token would take for claims about itself
 */
export async function signableClaims(
  document: JsonObject,
  { documentLoader }: Pick<SecureOptions, 'documentLoader'>,
): Promise<JsonObject> {
  const [violation] = contextViolations(document, { inline: true })
  const claim = reserved.find((name) => Object.hasOwn(document, name))
  const detail = violation
    ? `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
    : claim === undefined
      ? undefined
      : `The document has a member that a token cannot hold: ${claim}.`
  if (detail !== undefined) throw new IssuerError('SIGNING_FAILED', { detail })
  // A token signs every byte and never expands; a context that nobody knows would leave the terms without meaning.
  await requireContexts(document, documentLoader)
  return document
}

/** The payload of a JWT over a document: `iat` is the time of the signature, `nonce` and `aud` what a verifier asked for. */
export async function claimsSet(document: JsonObject, options: SecureOptions): Promise<JsonObject> {
  const { created, challenge, domain } = options
  return {
    ...(await signableClaims(document, options)),
    iat: Math.floor(created.getTime() / 1000),
    ...(challenge !== undefined && { nonce: challenge }),
    ...(domain !== undefined && { aud: domain }),
  }
}
