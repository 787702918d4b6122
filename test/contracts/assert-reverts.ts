import assert from 'node:assert/strict'
import { BaseError, ContractFunctionRevertedError } from 'viem'

/** Asserts that a call reverts with a custom error and, where they are given, these arguments. */
export async function assertReverts(call: Promise<unknown>, errorName: string, args?: readonly unknown[]) {
  const thrown = await call.then(
    () => assert.fail(`did not revert with ${errorName}`),
    (error: unknown) => error,
  )
  const revert =
    thrown instanceof BaseError
      ? thrown.walk((error) => error instanceof ContractFunctionRevertedError)
      : null
  if (!(revert instanceof ContractFunctionRevertedError)) throw thrown
  assert.equal(revert.data?.errorName, errorName)
  if (args) assert.deepEqual(revert.data?.args, args)
}
