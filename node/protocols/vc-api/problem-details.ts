import type { ErrorCode, IssuerError } from '../../errors.ts'
import { type Problem, problemOf } from '../problem-document.ts'

const dataModel = 'https://www.w3.org/TR/vc-data-model#'
const statusList = 'https://www.w3.org/ns/credentials/status-list#'

/**
 * Types of problems: those of Verifiable Credentials Data Model 2.0 (Problem Details) and of Bitstring Status List 1.0
 * (Processing Errors), and our own for what neither names.
 */
export const problemTypes = {
  parsing: `${dataModel}PARSING_ERROR`,
  cryptographic: `${dataModel}CRYPTOGRAPHIC_SECURITY_ERROR`,
  malformed: `${dataModel}MALFORMED_VALUE_ERROR`,
  range: `${dataModel}RANGE_ERROR`,
  statusRetrieval: `${statusList}STATUS_RETRIEVAL_ERROR`,
  statusVerification: `${statusList}STATUS_VERIFICATION_ERROR`,
  warning: 'urn:cartulary:warning:',
} as const

/** One thing that is wrong, or, with a type of `urn:cartulary:warning:`, worth knowing. */
export interface ProblemDetail {
  type: string
  title: string
  detail: string
}

/** Codes whose case the data model has a type for. */
const typesOfCodes: Partial<Record<ErrorCode, string>> = {
  MALFORMED_REQUEST: problemTypes.malformed,
  SCHEMA_VALIDATION_FAILED: problemTypes.malformed,
  EXPIRATION_INVALID: problemTypes.range,
}

/** Codes of bad input that the VC API answers with 400: the issuer is part of the document, not of the address. */
const badRequests = new Set<ErrorCode>(['ISSUER_NOT_FOUND'])

/** A title made of the last part of the type, as the specifications name their errors. */
export function problemDetail(type: string, detail: string): ProblemDetail {
  return { type, title: type.split(/[#:]/).at(-1) ?? type, detail }
}

/** The answer for input that is refused; undefined for every other error. */
export function refusalOf(
  error: IssuerError,
  request: { path: string; id: string },
): (Problem & { status: number; problemDetails: ProblemDetail[] }) | undefined {
  const status = badRequests.has(error.code) ? 400 : error.status
  if (status !== 400 && status !== 422) return undefined
  const problem = problemOf(error, request)
  const isParsing = error.code === 'MALFORMED_REQUEST' && error.violations.length === 0
  const type = isParsing ? problemTypes.parsing : (typesOfCodes[error.code] ?? problem.type)
  const details = error.violations.slice(0, 100).map(({ pointer, message }) => `${pointer} ${message}`)
  return {
    ...problem,
    type,
    status,
    problemDetails: (details.length > 0 ? details : [error.message]).map((detail) =>
      problemDetail(type, detail),
    ),
  }
}
