import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** Properties that VC JWT keeps inside `vc`. */
const insideVc = ['evidence', 'termsOfUse', 'refreshService', 'credentialSchema', 'credentialStatus'] as const

const moved = new Set([
  '@context',
  'id',
  'type',
  'issuanceDate',
  'expirationDate',
  'credentialSubject',
  'issuer',
])

const seconds = (date: Json | undefined): number | undefined =>
  typeof date === 'string' ? Math.floor(Date.parse(date) / 1000) : undefined

function splitId(value: Json | undefined): { id: Json | undefined; others: JsonObject } {
  if (typeof value === 'string') return { id: value, others: {} }
  const { id, ...others } = value as JsonObject
  return { id, others }
}

/** A token has one `sub`. @throws CLAIMS_NOT_EXPRESSIBLE */
function onlySubject(value: Json | undefined): Json | undefined {
  if (!Array.isArray(value)) return value
  if (value.length === 1) return value[0]
  throw new IssuerError('CLAIMS_NOT_EXPRESSIBLE', {
    detail: 'A token of this proof type is about one subject.',
    violations: [{ pointer: '/credentialSubject', message: 'must be one subject' }],
  })
}

/**
 * The payload of a 1.1 credential (Verifiable Credentials Data Model 1.1, 6.3.1), with its members in the order in
 * which Veramo writes them, so that both make the same bytes.
 * @throws CLAIMS_NOT_EXPRESSIBLE for a credential about several subjects
 */
export function jwtClaims(document: JsonObject): JsonObject {
  const subject = splitId(onlySubject(document.credentialSubject))
  const issuer = splitId(document.issuer)
  const vc: JsonObject = {
    '@context': document['@context'],
    type: document.type,
    credentialSubject: subject.others,
  }
  for (const name of insideVc) if (document[name]) vc[name] = document[name]
  const claims: JsonObject = { exp: seconds(document.expirationDate), vc }
  for (const [name, value] of Object.entries(document)) {
    if (name === 'issuer' && Object.keys(issuer.others).length > 0) claims.issuer = issuer.others
    else if (!moved.has(name) && !(name in vc)) claims[name] = value
  }
  return {
    ...claims,
    sub: subject.id,
    jti: document.id,
    nbf: seconds(document.issuanceDate),
    iss: issuer.id,
  }
}
