import { type ErrorCode, IssuerError, type Violation } from '../errors.ts'
import { checkSchema } from '../issuance/check-schema.ts'
import { checkTerms } from '../issuance/check-terms.ts'
import type { IssuanceTerms } from '../issuance/issuance.ts'
import type { PipelineDeps } from '../issuance/pipeline.ts'
import type { OpenedSchema } from '../schemas/open-schema.ts'

/** What is wrong with what all rows have in common. */
export interface OrderCheck {
  /** Undefined when it cannot be had. */
  schema: OpenedSchema | undefined
  errors: readonly IssuerError[]
}

/**
 * Checks what all rows have in common as `checkTerms` does, and goes on after a fault, as far as the next check does not
 * stand on it, so that all is told at once.
 * @throws what is retryable
 */
export async function checkOrder(deps: PipelineDeps, order: IssuanceTerms): Promise<OrderCheck> {
  const errors: IssuerError[] = []
  let terms: IssuanceTerms | undefined = order
  while (terms) {
    try {
      return { schema: (await checkTerms(deps, terms)).schema, errors }
    } catch (error) {
      if (!(error instanceof IssuerError) || error.retryable) throw error
      errors.push(error)
      const mend: ((terms: IssuanceTerms) => IssuanceTerms) | undefined = without[error.code]
      // the same fault again: it is not where it was looked for
      terms = mend && errors.filter(({ code }) => code === error.code).length === 1 ? mend(terms) : undefined
      const [first] = deps.suites
      if (terms && error.code === 'PROOF_TYPE_UNSUPPORTED' && first)
        terms = { ...terms, proofType: first.name }
    }
  }
  return checkSchemaAlone(deps, order, errors)
}

/** The terms without what a check found fault with. */
const without: Partial<Record<ErrorCode, (terms: IssuanceTerms) => IssuanceTerms>> = {
  PROOF_TYPE_UNSUPPORTED: ({ dataModel: _, statusEncodings: __, mandatoryPointers: ___, ...terms }) => terms,
  DATA_MODEL_UNSUPPORTED: ({ dataModel: _, ...terms }) => terms,
  STATUS_ENCODING_UNSUPPORTED: ({ statusEncodings: _, ...terms }) => terms,
  EXPIRATION_INVALID: ({ expirationDate: _, validFrom: __, ...terms }) => terms,
  MALFORMED_REQUEST: ({ mandatoryPointers: _, ...terms }) => terms,
}

const ofSchema: readonly ErrorCode[] = ['SCHEMA_NOT_FOUND', 'SCHEMA_DEACTIVATED', 'SCHEMA_RESTRICTED']

/** Issuer or key are not there: the schema is looked at without them. */
async function checkSchemaAlone(
  deps: PipelineDeps,
  { schemaId, issuerDid }: IssuanceTerms,
  errors: readonly IssuerError[],
): Promise<OrderCheck> {
  if (errors.some(({ code }) => ofSchema.includes(code))) return { schema: undefined, errors }
  try {
    const issuer = deps.ledger.identityOf(issuerDid) ?? null
    return { schema: await checkSchema(deps, { schemaId, issuer }), errors }
  } catch (error) {
    if (!(error instanceof IssuerError) || error.retryable) throw error
    return { schema: undefined, errors: [...errors, error] }
  }
}

/** One error for all that is wrong with an order; undefined when nothing is. */
export function orderError(
  errors: readonly IssuerError[],
  columns: readonly Violation[],
): IssuerError | undefined {
  const [first] = errors
  if (first && errors.length === 1 && columns.length === 0) return first
  if (first) {
    const told = errors.flatMap(({ code, message, violations }) =>
      violations.length > 0 ? violations : [{ pointer: '', message: `${code}: ${message}` }],
    )
    return new IssuerError(first.code, {
      detail: first.message,
      facts: first.facts,
      violations: [...told, ...columns],
      cause: first,
    })
  }
  if (columns.length === 0) return undefined
  return new IssuerError('BULK_COLUMNS_INVALID', { violations: columns })
}
