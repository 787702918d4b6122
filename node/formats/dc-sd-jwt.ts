import * as z from 'zod'
import { parseCredentialTypeUrl } from '../documents/credential-type-url.ts'
import { IssuerError, type Violation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { disclose, parseSdJwt } from '../tokens/sd-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { reservedNameViolations } from './concealable-claims.ts'
import { unwrap } from './enveloped-credential.ts'
import type { CredentialContent, CredentialFacts, Format, OpenedCredential } from './format.ts'

/** Claims with a meaning of their own (draft-ietf-oauth-sd-jwt-vc, Registered JWT Claims; RFC 7519, 4.1). */
const registered = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'cnf',
  'vct',
  'vct#integrity',
  'status',
])

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)
const dateTime = (date: number): string => `${new Date(date * 1000).toISOString().slice(0, 19)}Z`

function construct(content: CredentialContent): JsonObject {
  const { claims, credentialType, status, holderKey, validUntil } = content
  const violations: Violation[] = reservedNameViolations(claims)
  for (const name of Object.keys(claims)) {
    if (registered.has(name)) {
      violations.push({ pointer: `/claims/${name}`, message: 'is a claim about the token itself' })
    }
  }
  if (violations.length > 0) throw new IssuerError('SCHEMA_VALIDATION_FAILED', { violations })
  if (!credentialType)
    throw new IssuerError('SIGNING_FAILED', { detail: 'The credential has no type (vct).' })
  return {
    iss: content.issuer.id,
    jti: content.id,
    vct: credentialType.vct,
    'vct#integrity': credentialType.integrity,
    nbf: seconds(content.validFrom),
    ...(validUntil && { exp: seconds(validUntil) }),
    ...(status && { status }),
    ...(holderKey && { cnf: { jwk: holderKey } }),
    sub: content.holderDid,
    ...claims,
  }
}

const numericDate = z.number().min(0).max(253_402_300_799)
const uri = z
  .string()
  .max(2048)
  .regex(/^[a-z][a-z0-9+.-]*:\S+$/i, 'must be an absolute URI')
const object = z.looseObject({})

const payloadSchema = z.looseObject({
  iss: uri,
  vct: z.string().min(1).max(2048),
  'vct#integrity': z.string().max(512).optional(),
  jti: uri.optional(),
  sub: z.string().max(2048).optional(),
  nbf: numericDate.optional(),
  iat: numericDate.optional(),
  exp: numericDate.optional(),
  cnf: object.optional(),
  status: object.optional(),
})

const pointer = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('')

function malformed(detail: string, violations: readonly Violation[] = []): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', { detail, violations })
}

/** The schema is the one that the type's address names; a type of somebody else has none that is known. */
function factsOf(document: JsonObject): CredentialFacts {
  const parsed = payloadSchema.safeParse(document)
  if (!parsed.success) {
    const violations = parsed.error.issues.map(({ path, message }) => ({ pointer: pointer(path), message }))
    throw malformed('The payload of the token is no SD-JWT VC.', violations)
  }
  const { iss, vct, jti, sub, nbf, exp, status } = parsed.data
  const claims = Object.fromEntries(Object.entries(document).filter(([name]) => !registered.has(name)))
  const type = parseCredentialTypeUrl(vct)
  return {
    dataModel: 'sd-jwt-vc',
    ...(jti !== undefined && { id: jti }),
    types: type ? [vct, type.type] : [vct],
    issuer: iss,
    subjects: [{ ...(sub !== undefined && { id: sub }), ...claims }],
    ...(nbf !== undefined && { validFrom: dateTime(nbf) }),
    ...(exp !== undefined && { validUntil: dateTime(exp) }),
    credentialStatus: [],
    ...(status && { status: status as JsonObject }),
    credentialSchema: type ? [{ id: type.schemaId, type: 'JsonSchema' }] : [],
  }
}

function open(received: unknown): OpenedCredential | undefined {
  const text = unwrap(received, 'application/dc+sd-jwt')
  const token = parseSdJwt(text)
  if (!token) return undefined
  const type = tokenType(token.jwt.header)
  // vc+sd-jwt was its type until 2024
  if (type !== 'dc+sd-jwt' && !(type === 'vc+sd-jwt' && token.jwt.payload.vct !== undefined)) return undefined
  const disclosed = disclose(token)
  if ('problem' in disclosed) throw malformed(disclosed.problem)
  // about the signature, as the times of other proofs
  const { iat: _, ...document } = disclosed.payload
  return { document, facts: factsOf(disclosed.payload), secured: text as string }
}

/** An SD-JWT VC (draft-ietf-oauth-sd-jwt-vc): claims about the holder beside those about the token. */
export const dcSdJwt: Format = {
  name: 'dc-sd-jwt',
  mediaType: 'application/dc+sd-jwt',
  statusPlaces: ['claim'],
  bindsHolder: true,
  construct,
  open,
  // disclosures are for the holder to choose
  digestInput: (secured) => Buffer.from((secured as string).split('~')[0] as string, 'ascii'),
}
