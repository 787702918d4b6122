import { IssuerError } from '../errors.ts'

interface SafeModeEvent {
  code?: string
  details?: { property?: unknown; type?: unknown; id?: unknown; value?: unknown }
}

interface LibraryError {
  message?: string
  errors?: readonly LibraryError[]
  cause?: LibraryError
  details?: { event?: SafeModeEvent; cause?: LibraryError; term?: unknown; url?: unknown }
}

/** What jsonld reports in safe mode instead of dropping it. */
function describeEvent({ code, details = {} }: SafeModeEvent): string {
  if (typeof details.property === 'string') {
    return `The term "${details.property}" is not defined by any context of the document.`
  }
  if (typeof details.type === 'string') {
    return `The type "${details.type}" is not defined by any context of the document.`
  }
  if (typeof details.id === 'string') return `The id "${details.id}" is not an absolute URL.`
  return `The document does not survive its contexts unchanged: ${code ?? 'unknown reason'}.`
}

function innermost(error: LibraryError): LibraryError {
  const next = error.errors?.[0] ?? error.details?.cause ?? error.cause
  return next ? innermost(next) : error
}

/** The error of the node's own that a library wrapped: a thread that could not be had says nothing of a proof. */
export function issuerErrorIn(error: unknown): IssuerError | undefined {
  if (error instanceof IssuerError) return error
  const { errors = [], cause, details } = (error ?? {}) as LibraryError
  return [...errors, cause, details?.cause]
    .filter((inner) => inner !== undefined)
    .map(issuerErrorIn)
    .find((found) => found !== undefined)
}

/** A sentence that names what a linked data library stumbled over. */
export function describeLinkedDataError(error: unknown): string {
  if (error instanceof IssuerError) return error.message
  const cause = innermost(error as LibraryError)
  const { event, term } = cause.details ?? {}
  if (event) return describeEvent(event)
  if (typeof term === 'string') return `The term "${term}" is defined twice, and one definition is protected.`
  return cause.message ?? 'The proof library failed.'
}
