import type { SecureOptions } from './suite.ts'

/** Members of a new proof that say what it is for, and which it follows. */
export function purposeMembers({
  purpose,
  challenge,
  domain,
  proofId,
  previousProofs,
}: Omit<SecureOptions, 'created' | 'key' | 'documentLoader'>) {
  const [first, ...others] = (previousProofs ?? []).map(({ id }) => id)
  return {
    ...(proofId !== undefined && { id: proofId }),
    proofPurpose: purpose ?? 'assertionMethod',
    ...(challenge !== undefined && { challenge }),
    ...(domain !== undefined && { domain }),
    ...(first !== undefined && { previousProof: others.length === 0 ? first : [first, ...others] }),
  }
}
