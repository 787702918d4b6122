import type { Abi } from 'viem'
import type { Address, Hex } from './ledger.ts'

/** A call of a contract, encoded; the ABI explains a refusal. */
export interface ContractCall {
  to: Address
  data: Hex
  abi: Abi
}
