import type { Json, JsonObject } from '../json.ts'
import { splitProof } from './embedded-proof.ts'
import { verifyLinkedData } from './linked-data-proof.ts'
import type { ProofVerdict } from './suite.ts'

const vocabulary = 'https://www.w3.org/2018/credentials#'

/** Members of a credential that checks read, and the predicates of their statements. */
const predicates: readonly (readonly [string, string])[] = [
  ['type', 'http://www.w3.org/1999/02/22-rdf-syntax-ns#type'],
  ...[
    ...['issuer', 'issuanceDate', 'expirationDate', 'validFrom', 'validUntil'],
    ...['credentialSubject', 'credentialStatus', 'credentialSchema'],
  ].map((name) => [name, vocabulary + name] as const),
]

const idOf = (item: Json): Json | undefined =>
  typeof item === 'object' && item !== null ? (item as JsonObject).id : undefined

/** Whether a member shows exactly these objects of its statements: nodes by their ids, others by their number. */
function shows(member: Json | undefined, objects: readonly string[]): boolean {
  const items = [member ?? []].flat() as Json[]
  const named = new Set(items.flatMap((item) => (typeof idOf(item) === 'string' ? [`<${idOf(item)}>`] : [])))
  const others = new Set(items.filter((item) => typeof idOf(item) !== 'string'))
  const unnamed = objects.filter((object) => !named.has(object))
  const isNode = [...others].some((item) => typeof item === 'object')
  return unnamed.length === others.size && (!isNode || unnamed.every((object) => object.startsWith('_:')))
}

/** The credential's own node: its id, or the one blank node that has a subject as credentials have. */
function nodeOf({ id }: JsonObject, statements: readonly string[][]): string | undefined {
  if (typeof id === 'string') return `<${id}>`
  const nodes = statements.filter(([, predicate]) => predicate === `<${vocabulary}credentialSubject>`)
  const [node, ...others] = new Set(nodes.map(([subject]) => subject))
  return others.length === 0 && node?.startsWith('_:') ? node : undefined
}

/** Which member of the document does not show what its canonical N-Quads say; undefined when none. */
function concealedMember(document: JsonObject, quads: string): string | undefined {
  const statements = quads.split('\n').map((quad) => quad.split(' ', 3))
  const node = nodeOf(document, statements)
  if (node === undefined) return 'id'
  const own = statements.filter(([subject]) => subject === node)
  const objects = (iri: string) =>
    own.flatMap(([, predicate, object]) => (predicate === `<${iri}>` ? [object ?? ''] : []))
  return predicates.find(([name, iri]) => !shows(document[name], objects(iri)))?.[0]
}

/** Keeps what a suite makes of a document; what it makes of the proof's options goes by. */
function watchDocument(suite: LibrarySuite): () => string | undefined {
  const createVerifyData = suite.createVerifyData.bind(suite)
  const canonize = suite.canonize.bind(suite)
  let verified: object | undefined
  let quads: string | undefined
  suite.createVerifyData = (options) => {
    verified = options.document
    return createVerifyData(options)
  }
  suite.canonize = async (input, options) => {
    const result = await canonize(input, options)
    if (input === verified) quads = result
    return result
  }
  return () => quads
}

/**
 * Verifies a proof over the RDF of a document. The same RDF can be written in many ways: under the IRI of a term, in
 * `@included`, behind `@reverse`, by another term of a context. A holder could hide a revocation or an end like that
 * from whoever reads the members, so they must show everything that was signed.
 */
export async function verifyRdfProof(
  secured: Parameters<typeof verifyLinkedData>[0],
  options: Parameters<typeof verifyLinkedData>[1] & { suite: LibrarySuite },
): Promise<ProofVerdict> {
  const documentQuads = watchDocument(options.suite)
  const verdict = await verifyLinkedData(secured, options)
  if (verdict.status !== 'pass') return verdict
  const proven = splitProof(secured)
  const quads = documentQuads()
  const concealed = proven && quads !== undefined ? concealedMember(proven.document, quads) : 'document'
  if (concealed === undefined) return verdict
  return { ...verdict, status: 'fail', reason: `The ${concealed} does not show all that was signed.` }
}
