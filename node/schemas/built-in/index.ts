import { addressProof } from './address-proof.ts'
import { agentCapability } from './agent-capability.ts'
import { agentDelegation } from './agent-delegation.ts'
import { educationDegree } from './education-degree.ts'
import { kycVerification } from './kyc-verification.ts'
import { vaccinationRecord } from './vaccination-record.ts'

/** The schemas of every node, in the order of their registration. */
export const builtInSchemas = [
  educationDegree,
  kycVerification,
  vaccinationRecord,
  addressProof,
  agentCapability,
  agentDelegation,
] as const
