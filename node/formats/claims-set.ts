import { nameInlineContexts } from '../documents/inline-contexts.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { readFacts } from './credential-facts.ts'
import type { CredentialFacts, OpenOptions } from './format.ts'

/** Claims about the token, which are no part of the document (RFC 7519, 4.1). */
const tokenClaims = new Set(['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti'])

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const idOf = (value: unknown): unknown => (isObject(value) ? value.id : value)

/** A claim that repeats a property of the credential must say the same: nobody may read the other one. */
function contradictions(payload: JsonObject): Violation[] {
  const { iss, sub, jti, id, issuer, credentialSubject } = payload
  const pairs: [string, unknown, unknown][] = [
    ['/issuer', iss, idOf(issuer)],
    ['/credentialSubject/id', sub, isObject(credentialSubject) ? credentialSubject.id : undefined],
    ['/id', jti, id],
  ]
  return pairs
    .filter(([, claim, property]) => claim !== undefined && property !== undefined && claim !== property)
    .map(([pointer]) => ({ pointer, message: 'contradicts the registered claim of the token' }))
}

function claimsViolations(payload: JsonObject): Violation[] {
  const foreign = ['vc', 'vp'].filter((name) => Object.hasOwn(payload, name))
  return [
    ...foreign.map((name) => ({ pointer: `/${name}`, message: 'must not be a claim of this kind of token' })),
    ...(payload.status === undefined || isObject(payload.status)
      ? []
      : [{ pointer: '/status', message: 'must be an object' }]),
    ...contradictions(payload),
  ]
}

/**
 * The credential of data model 2.0 that is itself the payload of a token, without the claims about the token (Securing
 * Verifiable Credentials using JOSE and COSE, 3.1.3).
 * @throws MALFORMED_REQUEST also for a payload with a `vc` or `vp` claim
 */
export function readClaimsSet(
  payload: JsonObject,
  { inlineContexts = false }: OpenOptions = {},
): { document: JsonObject; facts: CredentialFacts } {
  const violations = claimsViolations(payload)
  if (violations.length > 0) {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'The payload of the token is not a credential of data model 2.0.',
      violations,
    })
  }
  const document = Object.fromEntries(
    Object.entries(payload).filter(([name]) => !tokenClaims.has(name)),
  ) as JsonObject
  const facts = readFacts(inlineContexts ? nameInlineContexts(document) : document)
  if (facts.dataModel !== '2.0') {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'A token without a vc claim holds a credential of data model 2.0.',
      violations: [{ pointer: '/@context/0', message: 'must be the context of data model 2.0' }],
    })
  }
  const { status } = document
  return { document, facts: isObject(status) ? { ...facts, status } : facts }
}
