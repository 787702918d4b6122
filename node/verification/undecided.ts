import { IssuerError } from '../errors.ts'

/** Runs a check and turns a retryable failure, such as an unreachable chain, into its `unknown` result. */
export async function undecided<Result>(
  check: () => Promise<Result>,
  unknown: (reason: string) => Result,
): Promise<Result> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof IssuerError && error.retryable) return unknown(error.message)
    throw error
  }
}
