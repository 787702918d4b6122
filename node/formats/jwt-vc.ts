import * as z from 'zod'
import { IssuerError, type Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { constructDocument } from './credential-document.ts'
import { readFacts } from './credential-facts.ts'
import { unwrap } from './enveloped-credential.ts'
import type { Format, OpenedCredential } from './format.ts'

// A Date ends 8.64e15 ms after 1970; a NumericDate counts seconds (RFC 7519, 2).
const numericDate = z.number().min(0).max(253_402_300_799)

const payloadSchema = z.looseObject({
  iss: z.string(),
  sub: z.string().optional(),
  jti: z.string().optional(),
  nbf: numericDate.optional(),
  iat: numericDate.optional(),
  exp: numericDate.optional(),
  issuer: z.looseObject({}).optional(),
  status: z.looseObject({}).optional(),
  vc: z.looseObject({
    credentialSubject: z.looseObject({}),
    issuer: z.union([z.string(), z.looseObject({})]).optional(),
  }),
})
type Payload = z.infer<typeof payloadSchema>

const dateTime = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`

const idOf = (value: unknown): unknown =>
  typeof value === 'object' && value !== null ? (value as JsonObject).id : value

/** A value that a registered claim gives and the `vc` repeats must be the same twice: nobody may read the other one. */
function contradictions({ iss, sub, jti, nbf, exp, vc, ...payload }: Payload): Violation[] {
  const instant = (date: unknown) => (typeof date === 'string' ? Math.floor(Date.parse(date) / 1000) : date)
  const pairs: [string, unknown, unknown][] = [
    ['/vc/issuer', iss, idOf(vc.issuer)],
    ['/issuer/id', iss, payload.issuer?.id],
    ['/vc/credentialSubject/id', sub, vc.credentialSubject.id],
    ['/vc/id', jti, vc.id],
    ['/vc/issuanceDate', nbf === undefined ? undefined : Math.floor(nbf), instant(vc.issuanceDate)],
    ['/vc/expirationDate', exp === undefined ? undefined : Math.floor(exp), instant(vc.expirationDate)],
  ]
  return pairs
    .filter(([, claim, repeated]) => claim !== undefined && repeated !== undefined && claim !== repeated)
    .map(([pointer]) => ({ pointer, message: 'contradicts the registered claim of the token' }))
}

/** The document that a payload stands for (Verifiable Credentials Data Model 1.1, 6.3.1, JWT decoding). */
function documentOf(payload: Payload): JsonObject {
  const { vc, iss, sub, jti, nbf, iat, exp, issuer: aboutIssuer } = payload
  const {
    '@context': contexts,
    type,
    credentialSubject,
    issuer,
    id,
    issuanceDate,
    expirationDate,
    ...others
  } = vc
  const about = { ...(typeof issuer === 'object' ? issuer : {}), ...aboutIssuer }
  const from = nbf ?? iat
  return {
    '@context': contexts as Json,
    ...(jti === undefined && id === undefined ? {} : { id: (jti ?? id) as Json }),
    type: type as Json,
    issuer: Object.keys(about).length > 0 ? ({ ...about, id: iss } as JsonObject) : iss,
    issuanceDate: from === undefined ? (issuanceDate as Json) : dateTime(from),
    ...(exp === undefined && expirationDate === undefined
      ? {}
      : { expirationDate: exp === undefined ? (expirationDate as Json) : dateTime(exp) }),
    credentialSubject: {
      ...(sub === undefined ? {} : { id: sub }),
      ...(credentialSubject as JsonObject),
    },
    ...(others as JsonObject),
  }
}

const pointer = (path: readonly PropertyKey[]): string => path.map((part) => `/${String(part)}`).join('')

function open(received: unknown): OpenedCredential | undefined {
  const text = unwrap(received, 'application/jwt')
  const token = parseCompactJwt(text)
  if (!token || token.payload.vc === undefined) return undefined
  const type = tokenType(token.header)
  if (type !== undefined && type !== 'jwt') return undefined
  const parsed = payloadSchema.safeParse(token.payload)
  const violations = parsed.success
    ? contradictions(parsed.data)
    : parsed.error.issues.map(({ path, message }) => ({ pointer: pointer(path), message }))
  if (!parsed.success || violations.length > 0) {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'The payload of the token is not a credential of data model 1.1.',
      violations,
    })
  }
  const document = documentOf(parsed.data)
  const facts = readFacts(document)
  if (facts.dataModel !== '1.1') {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'A token with a vc claim holds a credential of data model 1.1.',
      violations: [{ pointer: '/vc/@context/0', message: 'must be the context of data model 1.1' }],
    })
  }
  // it is not of the data model, but whoever wrote it means that it be read
  const { status } = parsed.data
  return {
    document,
    facts: status ? { ...facts, status: status as JsonObject } : facts,
    secured: text as string,
  }
}

/** A compact JWT with a `vc` claim (Verifiable Credentials Data Model 1.1, 6.3.1). */
export const jwtVc: Format = {
  name: 'jwt-vc',
  mediaType: 'application/jwt',
  construct: constructDocument,
  open,
  digestInput: (secured) => Buffer.from(secured as string, 'ascii'),
}
