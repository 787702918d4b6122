import { contextViolations } from '../documents/embedded-context.ts'
import { previousIds } from '../documents/proof-set.ts'
import { IssuerError } from '../errors.ts'
import { asText, type Json, type JsonObject } from '../json.ts'
import { controllerOf, type Refusal, resolveAssertionKey, timeProblem } from './assertion-key.ts'
import type { ResolvedKey, Secured, VerifyOptions } from './suite.ts'

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
export function checkSignable(document: JsonObject): void {
  const [violation] = contextViolations(document, { inline: true })
  const detail = violation
    ? `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
    : document.proof !== undefined
      ? 'The document has a proof already: a further one is added to it, not signed over it.'
      : undefined
  if (detail !== undefined) throw new IssuerError('SIGNING_FAILED', { detail })
}

/** Members of a proof (Data Integrity 1.0, 2.1). Under another name an end of the proof could be hidden. */
const proofMembers = new Set([
  ...['@context', 'id', 'type', 'cryptosuite', 'created', 'expires', 'verificationMethod', 'proofPurpose'],
  ...['proofValue', 'challenge', 'domain', 'nonce', 'previousProof', 'eip712'],
])

/** What a proof has to be, besides made by the right key. */
type Expected = Pick<VerifyOptions, 'purpose' | 'challenge' | 'domain' | 'previousProofs' | 'controller'>

/** Whether a proof names exactly these as the ones before it. */
function follows(proof: JsonObject, previousProofs: readonly JsonObject[] = []): boolean {
  const ids = new Set(previousProofs.map(({ id }) => id))
  const named = previousIds(proof)
  return named.length === previousProofs.length && named.every((id) => ids.has(id))
}

/** The proof's domain as a set: one string stands for a set of it (Verifiable Credential Data Integrity 1.0, 2.1). */
const isDomain = (domain: Json | undefined, expected: string): boolean =>
  [domain].flat().length > 0 && [domain].flat().every((name) => name === expected)

function expectationProblem(proof: JsonObject, expected: Expected): string | undefined {
  const { purpose = 'assertionMethod', challenge, domain } = expected
  if (proof.proofPurpose !== purpose) return `The purpose of the proof is not ${purpose}.`
  if (challenge !== undefined && proof.challenge !== challenge) {
    return 'The proof does not answer the challenge that is expected.'
  }
  if (domain !== undefined && !isDomain(proof.domain, domain)) {
    return 'The proof is not for the domain that is expected.'
  }
  if (!follows(proof, expected.previousProofs)) return 'The proof follows others that are not there.'
  return undefined
}

function structureProblem({ document, proof }: ProvenDocument, expected: Expected): string | undefined {
  const [violation] = contextViolations({ ...document, proof }, { inline: true })
  if (violation) return `The document${violation.pointer && `'s ${violation.pointer}`} ${violation.message}.`
  const unknown = Object.keys(proof).find((name) => !proofMembers.has(name))
  if (unknown !== undefined) return `The proof has a member that is not known: ${unknown}.`
  const unexpected = expectationProblem(proof, expected)
  if (unexpected !== undefined) return unexpected
  if (typeof proof.verificationMethod !== 'string') return 'The proof names no verification method.'
  if (typeof proof.proofValue !== 'string') return 'The proof has no proofValue.'
  return undefined
}

/** Everything about an embedded proof but its signature: form, purpose, times, and whose key it is. */
export async function checkEmbeddedProof(
  proven: ProvenDocument,
  { resolveKey, now, ...expected }: Pick<VerifyOptions, 'resolveKey' | 'now'> & Expected,
): Promise<{ resolved: ResolvedKey } | Refusal> {
  const reason = structureProblem(proven, expected) ?? timeProblem(proven.proof, now)
  if (reason !== undefined) return { status: 'fail', reason }
  const { purpose = 'assertionMethod', controller } = expected
  return resolveAssertionKey(resolveKey, {
    verificationMethod: proven.proof.verificationMethod as string,
    issuer: controller ?? controllerOf(proven.document, purpose),
    purpose,
    // a proof may leave out when it was made (Verifiable Credential Data Integrity 1.0, 2.1)
    signedAt: proven.proof.created === undefined ? undefined : new Date(asText(proven.proof.created)),
  })
}
