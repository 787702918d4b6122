import { IssuerError } from '../errors.ts'

/** Whether a failure says nothing about the credential: an unreachable chain, a DID method that is not known here. */
function isUndecided(error: unknown): error is IssuerError {
  return error instanceof IssuerError && (error.retryable || error.code === 'DID_METHOD_UNSUPPORTED')
}

/** Runs a check and turns a failure that says nothing about the credential into its `unknown` result. */
export async function undecided<Result>(
  check: () => Promise<Result>,
  unknown: (reason: string) => Result,
): Promise<Result> {
  try {
    return await check()
  } catch (error) {
    if (isUndecided(error)) return unknown(error.message)
    throw error
  }
}
