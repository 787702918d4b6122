import { IssuerError } from '../errors.ts'

/** The error for an entry or a list that does not follow its specification. */
export function malformedStatus(what: string, cause?: unknown): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', { detail: `The status ${what}.`, cause })
}
