import type { KeyResolver, KeyValidity, ProofVerdict, SigningEvidence } from '../suites/suite.ts'

type Told = ProofVerdict & { key?: KeyValidity }

/** Gives every question for a key the evidence of the document, and keeps for what time each key was valid. */
export function watchKeys(
  resolveKey: KeyResolver,
  evidence: SigningEvidence,
): { resolveKey: KeyResolver; tell(verdict: ProofVerdict): Told } {
  const validities = new Map<string, KeyValidity>()
  const withKey = (verdict: ProofVerdict): Told => {
    const key = validities.get(verdict.verificationMethod ?? '')
    return key ? { ...verdict, key } : verdict
  }
  return {
    resolveKey: async (id, options) => {
      const resolved = await resolveKey(id, { ...options, evidence })
      if (resolved?.validity) validities.set(id, resolved.validity)
      return resolved
    },
    tell: (verdict) => ({
      ...withKey(verdict),
      ...(verdict.proofs && { proofs: verdict.proofs.map(withKey) }),
    }),
  }
}
