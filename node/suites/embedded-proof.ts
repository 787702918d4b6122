import { contextViolations } from '../embedded-context.ts'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { issuerOf, type Refusal, resolveAssertionKey, timeProblem } from './assertion-key.ts'
import type { AssertionKey, KeyResolver, ResolvedKey, Secured } from './suite.ts'

/** A document taken apart from its one embedded proof. */
export interface ProvenDocument {
  document: JsonObject
  proof: JsonObject
}

/** Takes a document and its one proof apart; undefined when it has none, or a set or chain of them. */
export function splitProof(secured: Secured): ProvenDocument | undefined {
  if (typeof secured === 'string') return undefined
  const { proof: embedded, ...document } = secured
  const proofs = [embedded ?? []].flat()
  const [proof] = proofs
  if (proofs.length !== 1 || typeof proof !== 'object' || proof === null) return undefined
  return { document, proof: proof as JsonObject }
}

/** Refuses what no suite with an embedded proof may sign. @throws SIGNING_FAILED */
export function checkSignable(document: JsonObject, { signer }: AssertionKey): void {
  const [violation] = contextViolations(document)
  const detail = violation
    ? `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
    : document.proof !== undefined
      ? 'The document has a proof already; proof sets are not supported.'
      : signer.type !== 'Ed25519'
        ? `The suite signs with Ed25519 keys, not with ${signer.type}.`
        : undefined
  if (detail !== undefined) throw new IssuerError('SIGNING_FAILED', { detail })
}

/** Members of a proof (Data Integrity 1.0, 2.1). Under another name an end of the proof could be hidden. */
const proofMembers = new Set([
  ...['@context', 'id', 'type', 'cryptosuite', 'created', 'expires', 'verificationMethod', 'proofPurpose'],
  ...['proofValue', 'challenge', 'domain', 'nonce', 'previousProof'],
])

function structureProblem({ document, proof }: ProvenDocument): string | undefined {
  const [violation] = contextViolations({ ...document, proof })
  if (violation) return `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
  const unknown = Object.keys(proof).find((name) => !proofMembers.has(name))
  if (unknown !== undefined) return `The proof has a member that is not known: ${unknown}.`
  if (proof.previousProof !== undefined) return 'Chains of proofs are not supported.'
  if (proof.proofPurpose !== 'assertionMethod') return 'The purpose of the proof is not assertionMethod.'
  if (typeof proof.verificationMethod !== 'string') return 'The proof names no verification method.'
  if (typeof proof.proofValue !== 'string') return 'The proof has no proofValue.'
  return undefined
}

/** Everything about an embedded proof but its signature: form, purpose, times, and whose key it is. */
export async function checkEmbeddedProof(
  proven: ProvenDocument,
  { resolveKey, now }: { resolveKey: KeyResolver; now: Date },
): Promise<{ resolved: ResolvedKey } | Refusal> {
  const reason = structureProblem(proven) ?? timeProblem(proven.proof, now)
  if (reason !== undefined) return { status: 'fail', reason }
  return resolveAssertionKey(resolveKey, {
    verificationMethod: proven.proof.verificationMethod as string,
    issuer: issuerOf(proven.document),
  })
}
