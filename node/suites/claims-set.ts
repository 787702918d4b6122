import { contextViolations } from '../embedded-context.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { requireContexts } from './require-contexts.ts'
import type { SecureOptions } from './suite.ts'

/** Names that mean something else in a token than in a document. */
const reserved = ['vc', 'vp', 'iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']

/**
 * A document as the payload of a token (Securing Verifiable Credentials using JOSE and COSE, 3.1): itself, and `iat`,
 * the time of the signature in seconds.
 * @throws SIGNING_FAILED for contexts that are not known and members that a token would take for claims about itself
 */
export async function claimsSet(
  document: JsonObject,
  { created, documentLoader }: SecureOptions,
): Promise<JsonObject> {
  const [violation] = contextViolations(document)
  const claim = reserved.find((name) => Object.hasOwn(document, name))
  const detail = violation
    ? `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
    : claim === undefined
      ? undefined
      : `The document has a member that a token cannot hold: ${claim}.`
  if (detail !== undefined) throw new IssuerError('SIGNING_FAILED', { detail })
  // A token signs every byte and never expands; a context that nobody knows would leave the terms without meaning.
  await requireContexts(document, documentLoader)
  return { ...document, iat: Math.floor(created.getTime() / 1000) }
}
