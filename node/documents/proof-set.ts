import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/**
 * Each proof of a set costs as much as one alone, and the larger a document, the more: 16 of one with 5,000 values took
 * 1.3 seconds, and equal nodes take far longer. Values of the document times its proofs.
 */
const maxProofs = 16
const maxWork = 24_000

/** One proof of a document, by itself. */
export interface ProofLink {
  proof: JsonObject
  /** The document with this proof alone. */
  secured: JsonObject
  /** The proofs that it names under `previousProof`, and therefore covers. */
  previousProofs: readonly JsonObject[]
}

const isObject = (value: Json): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const proofsIn = ({ proof }: JsonObject): Json[] => [proof ?? []].flat() as Json[]

/** What a proof names under `previousProof`: one id or many (Verifiable Credential Data Integrity 1.0, 2.1). */
export const previousIds = ({ previousProof }: JsonObject): Json[] => [previousProof ?? []].flat() as Json[]

const at = (index: number, member = ''): string => `/proof/${index}${member}`

function formViolations(proof: Json, index: number): Violation[] {
  if (!isObject(proof)) return [{ pointer: at(index), message: 'must be an object' }]
  if (proof.id === undefined || typeof proof.id === 'string') return []
  return [{ pointer: at(index, '/id'), message: 'must be a URL' }]
}

/** How many values a document has, counted no further than to the limit. */
function countValues(document: JsonObject, limit: number): number {
  const left: unknown[] = [document]
  let count = 0
  for (let value = left.pop(); value !== undefined && count <= limit; value = left.pop()) {
    count += 1
    if (typeof value !== 'object' || value === null) continue
    for (const child of Object.values(value)) if (child !== undefined) left.push(child)
  }
  return count
}

function linkViolations(proofs: readonly JsonObject[]): Violation[] {
  const ids = proofs.flatMap(({ id }) => (id === undefined ? [] : [id]))
  const known = new Set<Json>(ids)
  if (known.size < ids.length) return [{ pointer: '/proof', message: 'must not hold two proofs of one id' }]
  return proofs.flatMap((proof, index) => {
    const named = previousIds(proof)
    const pointer = at(index, '/previousProof')
    if (new Set(named).size < named.length) return [{ pointer, message: 'must not name a proof twice' }]
    const isThere = named.every((id) => typeof id === 'string' && known.has(id))
    return isThere ? [] : [{ pointer, message: 'must name proofs of this document' }]
  })
}

/** Takes away proofs that follow none of the others, again and again: a circle is what stays. */
function isCircular(proofs: readonly JsonObject[]): boolean {
  const left = new Map(proofs.map((proof, index) => [proof.id ?? index, previousIds(proof)]))
  for (let before = -1; before !== left.size; ) {
    before = left.size
    for (const [id, previous] of left)
      if (!previous.some((other) => left.has(other as string))) left.delete(id)
  }
  return left.size > 0
}

/**
 * What is wrong with the proofs of a document as a set: their number, their ids, and the chains they form (Verifiable
 * Credential Data Integrity 1.0, 2.1.1 and 2.1.2). Pointers start at the document.
 */
export function proofSetViolations(document: JsonObject): Violation[] {
  const proofs = proofsIn(document)
  if (proofs.length === 0) return [{ pointer: '/proof', message: 'must be a proof' }]
  if (proofs.length > maxProofs) {
    return [{ pointer: '/proof', message: `must not hold more than ${maxProofs} proofs` }]
  }
  if (proofs.length > 1 && proofs.length * countValues(document, maxWork) > maxWork) {
    return [{ pointer: '/proof', message: 'must hold fewer proofs of so large a document' }]
  }
  const found = proofs.flatMap(formViolations)
  if (found.length > 0) return found
  const links = linkViolations(proofs as JsonObject[])
  if (links.length > 0) return links
  return isCircular(proofs as JsonObject[])
    ? [{ pointer: '/proof', message: 'must not hold a chain of proofs without a first one' }]
    : []
}

/** The proofs of a document without violations, each by itself, in their order. */
export function proofLinks({ proof: embedded, ...document }: JsonObject): ProofLink[] {
  const proofs = proofsIn({ proof: embedded }) as JsonObject[]
  const byId = new Map(proofs.map((proof) => [proof.id as string, proof]))
  return proofs.map((proof) => ({
    proof,
    secured: { ...document, proof },
    previousProofs: previousIds(proof)
      .map((id) => byId.get(id as string))
      .filter((previous) => previous !== undefined),
  }))
}
