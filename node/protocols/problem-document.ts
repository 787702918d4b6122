import type { FastifyError } from 'fastify'
import { z } from 'zod'
import { type ErrorCode, errorTable, IssuerError } from '../errors.ts'

/** More violations than this are counted, not listed. */
const maxViolations = 1_000

/** A problem document (RFC 9457): what every error answers with, as `application/problem+json`. */
const problemSchema = z
  .looseObject({
    type: z.string().describe('Names the kind of problem; the same for each code.'),
    title: z.string().describe('What the code means.'),
    status: z.number().int(),
    detail: z.string().describe('What happened this time.'),
    code: z.string().describe('Stable; decide by this.'),
    instance: z.string().describe('Path of the request.'),
    requestId: z.string().describe('Find it again in the log of the node.'),
    retryable: z.boolean().describe('Whether the same request may succeed later.'),
    errors: z
      .array(
        z.object({
          pointer: z.string().describe('JSON pointer (RFC 6901) into the body.'),
          detail: z.string(),
        }),
      )
      .optional()
      .describe('Every violation of the input.'),
  })
  .meta({ id: 'Problem', description: 'Problem document (RFC 9457).' })

export type Problem = z.output<typeof problemSchema>

/** The error that stands for anything thrown while a request was served. */
export function toIssuerError(error: unknown): IssuerError {
  if (error instanceof IssuerError) return error
  const { code, statusCode } = error as Partial<FastifyError>
  const known = typeof code === 'string' ? frameworkErrors[code] : undefined
  if (known)
    return new IssuerError(known.code, { ...(known.detail && { detail: known.detail }), cause: error })
  if (statusCode === 429) return new IssuerError('RATE_LIMIT_EXCEEDED', { cause: error })
  if (statusCode && statusCode >= 400 && statusCode < 500) {
    return new IssuerError('MALFORMED_REQUEST', { cause: error })
  }
  return new IssuerError('INTERNAL_ERROR', { cause: error })
}

const frameworkErrors: Readonly<Record<string, { code: ErrorCode; detail?: string }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: { code: 'PAYLOAD_TOO_LARGE' },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: { code: 'UNSUPPORTED_MEDIA_TYPE' },
  FST_ERR_BAD_URL: { code: 'MALFORMED_REQUEST', detail: 'The path is not well percent-encoded.' },
  FST_ERR_MAX_PARAM_LENGTH: { code: 'MALFORMED_REQUEST', detail: 'A part of the path is too long.' },
}

/** The public answer for an error; of errors from 500 on, only what the table says. */
export function problemOf(error: IssuerError, request: { path: string; id: string }): Problem {
  const { status, title, retryable } = errorTable[error.code]
  const left = error.violations.length - maxViolations
  return {
    ...error.facts,
    type: `urn:cartulary:error:${error.code}`,
    title,
    status,
    detail: error.code === 'INTERNAL_ERROR' ? title : error.message,
    code: error.code,
    instance: request.path,
    requestId: request.id,
    retryable,
    ...(error.violations.length > 0 && {
      errors: error.violations
        .slice(0, maxViolations)
        .map(({ pointer, message }) => ({ pointer, detail: message })),
    }),
    ...(left > 0 && { furtherErrors: left }),
  }
}

/** Seconds for Retry-After (RFC 9110, 10.2.3); undefined when a retry makes no sense. */
export function retryAfter(error: IssuerError): number | undefined {
  if (!error.retryable) return undefined
  return error.retryAfter ?? (error.status === 503 ? 5 : undefined)
}

/** Response schemas for OpenAPI: these codes, and those any such call may give, grouped by HTTP status. */
export function problems(...codes: readonly ErrorCode[]) {
  const ofKeys: readonly ErrorCode[] = codes.includes('UNAUTHORIZED') ? ['TENANT_SUSPENDED'] : []
  const byStatus = Map.groupBy(
    new Set<ErrorCode>([...everywhere, ...ofKeys, ...codes]),
    (code) => errorTable[code].status,
  )
  const entries = [...byStatus].map(([status, group]) => [
    status,
    {
      description: group.map((code) => `\`${code}\`: ${errorTable[code].title}`).join('\n\n'),
      content: { 'application/problem+json': { schema: problemSchema } },
    },
  ])
  return Object.fromEntries(entries) as Record<400, ProblemResponse>
}

interface ProblemResponse {
  description: string
  content: { 'application/problem+json': { schema: typeof problemSchema } }
}

const everywhere: readonly ErrorCode[] = [
  'MALFORMED_REQUEST',
  'RATE_LIMIT_EXCEEDED',
  'INTERNAL_ERROR',
  'DATABASE_UNAVAILABLE',
]
