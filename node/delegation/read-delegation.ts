import { z } from 'zod'
import type { CredentialFacts } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { Delegation } from './attenuation.ts'

/** The credential type that says one party acts for another. */
export const delegationType = 'AgentDelegationCredential'

/** Longest chain of delegations that is followed. */
export const maxChainLength = 16

const claims = z.object({
  delegator: z.string(),
  delegate: z.string(),
  scope: z.array(z.string()),
  constraints: z.record(z.string(), z.json()).optional(),
  maxDepth: z.number().int().nonnegative().optional(),
  parentCredentialId: z.string().optional(),
})

/** The delegation a credential states, or undefined when it is malformed or none. */
export function readDelegation(facts: CredentialFacts): Delegation | undefined {
  const [subject, ...others] = facts.subjects
  if (!facts.types.includes(delegationType) || others.length > 0) return undefined
  if (typeof facts.id !== 'string' || typeof subject?.id !== 'string') return undefined
  const parsed = claims.safeParse(subject)
  if (!parsed.success) return undefined
  const { constraints, maxDepth, parentCredentialId, ...parties } = parsed.data
  return {
    credentialId: facts.id,
    issuer: facts.issuer,
    subject: subject.id,
    ...(facts.validUntil === undefined ? {} : { validUntil: facts.validUntil }),
    claims: {
      ...parties,
      ...(constraints === undefined ? {} : { constraints: constraints as JsonObject }),
      ...(maxDepth === undefined ? {} : { maxDepth }),
      ...(parentCredentialId === undefined ? {} : { parentCredentialId }),
    },
  }
}
