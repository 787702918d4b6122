import { IssuerError } from '../errors.ts'
import type { ChainClient } from './client.ts'
import { answer } from './ledger-error.ts'

/** EIP-1559 fees in wei. */
export interface Fees {
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
}

/** What the operator allows, in wei. */
export interface FeeSettings {
  /** No transaction offers more. */
  maxFeePerGas: bigint
  /** The tip; what the chain proposes when left out. */
  priorityFeePerGas?: bigint | undefined
}

// A base fee rises by at most one eighth a block (EIP-1559): twice the present one holds for five full blocks.
const baseFeeMargin = (baseFee: bigint) => baseFee * 2n
const least = (a: bigint, b: bigint) => (a < b ? a : b)
const most = (a: bigint, b: bigint) => (a > b ? a : b)
/** Nodes take a transaction in the place of another one when both fees are 10 % higher. */
const atLeastTenPercentMore = (fee: bigint) => (fee * 11n + 9n) / 10n
const eighthMore = (fee: bigint) => (fee * 9n + 7n) / 8n

/** The error for fees above what is allowed. */
export const feeCapReached = (facts: Record<string, string>): IssuerError =>
  new IssuerError('FEE_CAP_REACHED', { facts })

/** The fees that the chain asks for now. @throws FEE_CAP_REACHED, CHAIN_UNREACHABLE */
export async function offerFees(client: ChainClient, settings: FeeSettings): Promise<Fees> {
  const { priorityFeePerGas } = settings
  const [block, tip] = await answer(
    Promise.all([
      client.getBlock({ blockTag: 'latest' }),
      priorityFeePerGas ?? client.estimateMaxPriorityFeePerGas(),
    ]),
  )
  const baseFee = block.baseFeePerGas ?? 0n
  const { maxFeePerGas: cap } = settings
  // the tip gives way first: what the block itself costs has to be paid
  if (baseFee > cap) {
    throw feeCapReached({ baseFeePerGas: String(baseFee), maxFeePerGas: String(cap) })
  }
  const maxFeePerGas = least(baseFeeMargin(baseFee) + tip, cap)
  return { maxFeePerGas, maxPriorityFeePerGas: least(tip, maxFeePerGas) }
}

/**
 * Fees for another transaction of the same nonce, which replaces the former everywhere; undefined when the allowed
 * fees leave no room for that.
 */
export function raiseFees(former: Fees, present: Fees, settings: FeeSettings): Fees | undefined {
  const maxFeePerGas = least(
    most(eighthMore(former.maxFeePerGas), present.maxFeePerGas),
    settings.maxFeePerGas,
  )
  const maxPriorityFeePerGas = least(
    most(eighthMore(former.maxPriorityFeePerGas), present.maxPriorityFeePerGas),
    maxFeePerGas,
  )
  const isEnough =
    maxFeePerGas >= atLeastTenPercentMore(former.maxFeePerGas) &&
    maxPriorityFeePerGas >= atLeastTenPercentMore(former.maxPriorityFeePerGas)
  return isEnough ? { maxFeePerGas, maxPriorityFeePerGas } : undefined
}
