import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import type { JsonObject } from '../../json.ts'
import { bbsBlsContext } from '../contexts/bbs-bls-terms.ts'
import { linesOf, mapTerms } from '../selective-disclosure/labelled-quads.ts'
import type { DocumentLoader } from '../suite.ts'

const prefix = 'urn:bnid:'
const typePredicate = '<http://www.w3.org/1999/02/22-rdf-syntax-ns#type>'
const issuerPredicate = '<https://www.w3.org/2018/credentials#issuer>'

/** BBS+ signs a statement without the end of its line. */
export const plusMessages = (quads: readonly string[]): Uint8Array[] =>
  quads.map((quad) => Uint8Array.from(Buffer.from(quad.trimEnd())))

/** The statements of a proof's options, which BbsBlsSignature2020 signs before those of the document. */
export async function proofStatements(proof: JsonObject, documentLoader: DocumentLoader): Promise<string[]> {
  const { proofValue: _, nonce: __, ...options } = proof
  const document = { ...options, '@context': bbsBlsContext, type: 'BbsBlsSignature2020' }
  return linesOf(await canonicalize(document, { documentLoader }))
}

/** The name under which a derived document shows a blank node of the signed one. */
export const shownName = (label: string): string => `${prefix}_:${label}`

/**
 * The statements of a derived document as they were signed: in their order, blank nodes under their canonical labels.
 * @throws Error when the document has blank nodes of its own
 */
export function signedStatements(quads: string): string[] {
  return linesOf(quads)
    .map((quad) =>
      mapTerms(quad, (term) => {
        if (term.startsWith('_:')) throw new Error('The derived document has a node without a name.')
        return term.startsWith(`<${prefix}_:`) ? term.slice(1 + prefix.length, -1) : term
      }),
    )
    .sort()
}

/**
 * Whether nothing is hidden between the types and the issuer of a credential. Statements are signed in their order, and
 * a proof tells their places: a holder who drops the credential's status, schema or end, which stand between those two,
 * leaves a gap. `places` are those of the statements.
 */
export function showsOwnStatements(
  id: unknown,
  statements: readonly string[],
  places: readonly number[],
): boolean {
  const node = typeof id === 'string' && id.startsWith(`${prefix}_:`) ? id.slice(prefix.length) : `<${id}>`
  const own = statements.flatMap((statement, index) => (statement.startsWith(`${node} `) ? [index] : []))
  const predicates = own.map((index) => (statements[index] as string).split(' ')[1])
  const span = (places[own.at(-1) ?? 0] as number) - (places[own[0] ?? 0] as number)
  return predicates.includes(typePredicate) && predicates.includes(issuerPredicate) && span === own.length - 1
}
