import {
  type Abi,
  AbiDecodingZeroDataError,
  BaseError,
  decodeErrorResult,
  type Hex,
  HttpRequestError,
  isHex,
  LimitExceededRpcError,
  TimeoutError,
} from 'viem'
import { IssuerError } from '../errors.ts'

/** What went wrong underneath, for the log: without the endpoint's URL, which may hold an access key. */
function underneath(error: BaseError): Error {
  const lines = new Set([error.shortMessage, ...rpcMessage(error).split('\n')])
  return new Error([...lines].filter(Boolean).join('; ').slice(0, 1_000))
}

type Facts = Record<string, string | number | boolean | null>

/** Whether nobody answered, as against an answer that says no. */
export function isUnreachable(error: unknown): boolean {
  if (error instanceof IssuerError) return error.code === 'CHAIN_UNREACHABLE'
  if (!(error instanceof BaseError)) return false
  return Boolean(
    error.walk(
      (cause) =>
        cause instanceof HttpRequestError ||
        cause instanceof TimeoutError ||
        cause instanceof LimitExceededRpcError,
    ),
  )
}

/** The words of the node that answered, and of what viem made of them. */
export function rpcMessage(error: unknown): string {
  if (!(error instanceof BaseError)) return ''
  const messages: string[] = []
  error.walk((cause) => {
    messages.push(cause instanceof BaseError ? cause.details : String((cause as Error)?.message))
    return false
  })
  return messages.join('\n')
}

/** The bytes with which a contract refused, from wherever in the chain of causes the node's answer put them. */
function revertData(error: unknown): Hex | undefined {
  if (!(error instanceof BaseError)) return undefined
  let found: Hex | undefined
  error.walk((cause) => {
    const data = (cause as { data?: unknown } | null)?.data
    const bytes = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data
    if (found === undefined && isHex(bytes)) found = bytes
    return false
  })
  return found
}

function fact(value: unknown): string | number | boolean {
  if (typeof value === 'number' || typeof value === 'boolean') return value
  return String(value)
}

/** Name and arguments of the custom error, or the reason given to `require`, as facts. */
function revertFacts(abi: Abi, data: Hex): Facts {
  if (data === '0x') return { error: null }
  try {
    const { errorName, args = [], abiItem } = decodeErrorResult({ abi, data })
    if (errorName === 'Error') return { error: String(args[0]) }
    const inputs = 'inputs' in abiItem ? abiItem.inputs : []
    return {
      ...Object.fromEntries(inputs.map(({ name }, i) => [name ?? String(i), fact(args[i])])),
      error: errorName,
    }
  } catch {
    return { error: data.slice(0, 10) }
  }
}

/**
 * What the failure of a question to the chain, or of a write, means: TRANSACTION_REVERTED with the contract's
 * error in `facts`, RELAYER_UNFUNDED, CHAIN_MISMATCH when no such contract stands there, or CHAIN_UNREACHABLE.
 * An error that does not come from the chain is given back as it is.
 */
export function ledgerError(error: unknown, abi: Abi = []): unknown {
  // viem reads some answers without a look at their form: a list of logs that is none.
  if (error instanceof TypeError) return new IssuerError('CHAIN_UNREACHABLE', { cause: error })
  if (error instanceof IssuerError || !(error instanceof BaseError)) return error
  const cause = underneath(error)
  if (isUnreachable(error)) return new IssuerError('CHAIN_UNREACHABLE', { cause })
  if (error.walk((inner) => inner instanceof AbiDecodingZeroDataError)) {
    return new IssuerError('CHAIN_MISMATCH', {
      detail: 'The registry does not stand at its address on this chain.',
      cause,
    })
  }
  const data = revertData(error)
  if (data !== undefined) {
    return new IssuerError('TRANSACTION_REVERTED', { facts: revertFacts(abi, data), cause })
  }
  const message = rpcMessage(error)
  if (/insufficient funds|enough funds|exceeds (transaction sender )?account balance/i.test(message)) {
    return new IssuerError('RELAYER_UNFUNDED', { cause })
  }
  if (/revert/i.test(message)) {
    return new IssuerError('TRANSACTION_REVERTED', { facts: { error: null }, cause })
  }
  return new IssuerError('CHAIN_UNREACHABLE', { cause })
}

/** Waits for the answer of the chain. @throws what `ledgerError` makes of a failure */
export async function answer<T>(question: Promise<T>, abi?: Abi): Promise<T> {
  try {
    return await question
  } catch (error) {
    throw ledgerError(error, abi)
  }
}
