import { type ErrorCode, IssuerError } from '../errors.ts'

/** Codes that tell of the endpoint or of this verifier, not of the credential: pruned logs, another chain behind it. */
const codes: ReadonlySet<ErrorCode> = new Set([
  'DID_METHOD_UNSUPPORTED',
  'CHAIN_MISMATCH',
  'LEDGER_DATA_INVALID',
  'TRANSACTION_REVERTED',
])

/** Whether a failure says nothing about the credential, such as an unreachable chain. */
export function isUndecided({ retryable, code }: IssuerError): boolean {
  return retryable || codes.has(code)
}

/** Runs a check and turns a failure that says nothing about the credential into its `unknown` result. */
export async function undecided<Result>(
  check: () => Promise<Result>,
  unknown: (reason: string) => Result,
): Promise<Result> {
  try {
    return await check()
  } catch (error) {
    if (error instanceof IssuerError && isUndecided(error)) return unknown(error.message)
    throw error
  }
}
