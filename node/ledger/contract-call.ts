import type { Abi } from 'viem'
import type { Address, Hex } from './ledger.ts'
import type { TransactionPurpose } from './transaction-store.ts'

/** A call of a contract, encoded; the ABI explains a refusal. */
export interface ContractCall {
  to: Address
  data: Hex
  abi: Abi
  /** `other` when left out. */
  purpose?: TransactionPurpose
  /** The most it can use, where it cannot be estimated because it builds on a call before it. */
  gas?: bigint
}
