import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import type {
  BatchOutcome,
  BatchRow,
  IssuanceTerms,
  IssuedCredential,
  Subject,
} from '../../issuance/issuance.ts'
import { asText } from '../../json.ts'
import { parseSecured } from '../../secured-text.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { violationsOf } from '../request-validation.ts'
import { credentialId, defined, secured, transactionHash } from './fields.ts'
import { batchBody, batchSubject, issueBody } from './issuance-bodies.ts'
import type { Resource } from './resource.ts'

const registration = z
  .enum(['registered', 'pending', 'none'])
  .describe('`pending`: the transaction is not mined yet, the node finishes it. `none`: not revocable.')

const issued = z.object({
  credential: secured,
  credentialId,
  statusListIndex: z.number().int().nullable(),
  statusListId: z.string().nullable(),
  transactionHash,
  registration,
})

const batchAnswer = z.object({
  results: z.array(
    z.object({
      holderDid: z.string().nullable(),
      status: z.enum(['issued', 'failed']),
      credentialId: credentialId.optional(),
      statusListIndex: z.number().int().nullable().optional(),
      statusListId: z.string().nullable().optional(),
      credential: secured.optional(),
      error: z
        .object({
          code: z.string(),
          detail: z.string(),
          errors: z.array(z.object({ pointer: z.string(), detail: z.string() })),
        })
        .optional(),
    }),
  ),
  issued: z.number().int(),
  failed: z.number().int(),
  transactionHash: transactionHash.describe('The one transaction that registers all of them.'),
  registration,
})

/** What may be wrong with the terms of an issuance. */
export const termsCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'PAYLOAD_TOO_LARGE',
  'UNSUPPORTED_MEDIA_TYPE',
  'ISSUER_NOT_FOUND',
  'ISSUER_DEACTIVATED',
  'ASSERTION_KEY_MISSING',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_DEACTIVATED',
  'SCHEMA_RESTRICTED',
  'PROOF_TYPE_UNSUPPORTED',
  'DATA_MODEL_UNSUPPORTED',
  'STATUS_ENCODING_UNSUPPORTED',
  'EXPIRATION_INVALID',
  'STATUS_LIST_FULL',
  'STATUS_UNAVAILABLE',
  'CREDENTIAL_QUOTA_EXCEEDED',
  'LEDGER_BEHIND',
  'DELEGATION_ON_LEDGER_MISSING',
  'CHAIN_UNREACHABLE',
  'RELAYER_UNFUNDED',
  'FEE_CAP_REACHED',
  'DATABASE_UNAVAILABLE',
  'KEY_STORE_UNAVAILABLE',
  'LEDGER_DATA_INVALID',
]
const subjectCodes: readonly ErrorCode[] = [
  'HOLDER_NOT_FOUND',
  'DID_METHOD_UNSUPPORTED',
  'SCHEMA_VALIDATION_FAILED',
  'DELEGATION_INVALID',
  'CLAIMS_NOT_EXPRESSIBLE',
  'SIGNING_FAILED',
]

/** `POST /credentials/issue` and `POST /credentials/issue/batch`. */
export const credentialsIssue: Resource = (server, issuer, limits) => {
  server.post(
    '/credentials/issue',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Credentials'],
        summary: 'Issue a credential',
        description:
          'Checks issuer, schema and holder on the ledger, validates the claims, signs, and registers the status entry. Answers when the registration is mined, or with 202 when that takes too long.',
        body: issueBody,
        response: {
          200: issued.describe('Dry run: every check passed, nothing was written.'),
          201: issued.describe('Issued and registered.'),
          202: issued.describe('Issued; the registration is still pending.'),
          ...problems(...termsCodes, ...subjectCodes),
        },
      },
    },
    async (request, reply) => {
      requireIssuer(callerOf(request), request.body.issuerDid)
      const outcome = await issuer.issue({ ...termsOf(request.body), ...subjectOf(request.body) })
      const pending = outcome.registration.state === 'pending'
      reply.status(request.body.dryRun ? 200 : pending ? 202 : 201)
      return describeIssued(outcome)
    },
  )

  server.post(
    '/credentials/issue/batch',
    {
      config: { access: 'credentials:issue' },
      bodyLimit: limits.batchBodyLimit,
      schema: {
        tags: ['Credentials'],
        summary: 'Issue credentials to many holders',
        description:
          'Up to 10,000 holders; one transaction registers all. A bad row fails alone, with its reason; the rest are issued.',
        querystring: z.strictObject({ include: z.literal('credentials').optional() }),
        body: batchBody,
        response: {
          200: batchAnswer,
          202: batchAnswer.describe('Issued; the registration is still pending.'),
          ...problems(...termsCodes),
        },
      },
    },
    async (request, reply) => {
      requireIssuer(callerOf(request), request.body.issuerDid)
      const rows = request.body.credentials.map(parseRow)
      const subjects = rows.filter((row) => 'claims' in row)
      const outcome = await issuer.issueBatch({ ...termsOf(request.body), subjects })
      reply.status(outcome.registration.state === 'pending' ? 202 : 200)
      return describeBatch(outcome, rows, request.query.include === 'credentials')
    },
  )
}

type Failure = Extract<BatchRow, { status: 'failed' }>

/** A row's subject, or why it is not well formed. */
function parseRow(row: unknown): Subject | Failure {
  const parsed = batchSubject.safeParse(row)
  if (parsed.success) return subjectOf(parsed.data)
  const { holderDid, subjectDid } = Object(row) as Record<string, unknown>
  return {
    status: 'failed',
    holderDid: asText(holderDid ?? subjectDid ?? ''),
    error: {
      code: 'MALFORMED_REQUEST',
      detail: 'This row is not well formed.',
      violations: violationsOf(parsed.error.issues),
    },
  }
}

function termsOf(body: z.output<typeof issueBody> | z.output<typeof batchBody>): IssuanceTerms {
  const { schemaId, issuerDid, proofType, revocable, suspendable, dryRun } = body
  return {
    ...{ schemaId, issuerDid, proofType, revocable, suspendable, dryRun },
    ...defined({
      dataModel: body.dataModel,
      validFrom: body.validFrom,
      expirationDate: body.expirationDate ?? body.validUntil,
      statusEncodings: body.statusEncoding === undefined ? undefined : [body.statusEncoding].flat(),
      mandatoryPointers: body.mandatoryPointers,
    }),
  }
}

function subjectOf(body: z.output<typeof batchSubject>): Subject {
  return { holderDid: (body.holderDid ?? body.subjectDid) as string, claims: body.claims }
}

function describeIssued(outcome: IssuedCredential): z.output<typeof issued> {
  const { registration, ...rest } = outcome
  return { ...rest, transactionHash: registration.transactionHash, registration: registration.state }
}

function describeBatch(
  outcome: BatchOutcome,
  rows: readonly (Subject | Failure)[],
  withCredentials: boolean,
): z.output<typeof batchAnswer> {
  const outcomes = outcome.results.values()
  const results = rows.map((row) => ('claims' in row ? (outcomes.next().value as BatchRow) : row))
  return {
    results: results.map((row) => describeRow(row, withCredentials)),
    issued: outcome.issued,
    failed: results.length - outcome.issued,
    transactionHash: outcome.registration.transactionHash,
    registration: outcome.registration.state,
  }
}

function describeRow(row: BatchRow, withCredentials: boolean) {
  const { status } = row
  // a row that is not well formed may name no holder
  const holderDid = row.holderDid || null
  if (row.status === 'failed') {
    const { code, detail, violations } = row.error
    const errors = violations.map(({ pointer, message }) => ({ pointer, detail: message }))
    return { holderDid, status, error: { code, detail, errors } }
  }
  const { credentialId, statusListId, statusListIndex } = row
  return {
    holderDid,
    status,
    credentialId,
    statusListId,
    statusListIndex,
    ...(withCredentials && { credential: parseSecured(row.secured.text) }),
  }
}
