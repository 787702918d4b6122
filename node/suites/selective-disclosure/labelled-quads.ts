import { canonicalize } from '@digitalbazaar/di-sd-primitives'
import type { JsonObject } from '../../json.ts'
import type { DocumentLoader } from '../suite.ts'

/** Gives every blank node its label for a proof, by its canonical one, such as `c14n0`. */
export type LabelNodes = (canonical: readonly string[]) => ReadonlyMap<string, string>

/** A document as N-Quads with the labels of a proof, in order, a line each. */
export interface LabelledQuads {
  quads: readonly string[]
  /** From the labels of the input to those of the proof. */
  labels: ReadonlyMap<string, string>
  /** From the labels of the input to the canonical ones. */
  canonical: ReadonlyMap<string, string>
}

/**
 * An N-Quad with other terms for subject, object and graph. Text within a literal stays: in it, what looks like a
 * blank node is none, though other implementations replace that, too.
 */
export function mapTerms(quad: string, change: (term: string) => string): string {
  const [subject = '', predicate = '', ...rest] = quad.split(' ')
  const graph = rest.length - 2
  const terms = rest.map((term, index) => {
    const isTerm = index === 0 || (index === graph && !term.includes('"'))
    return isTerm && /^(_:|<)/.test(term) ? change(term) : term
  })
  return [change(subject), predicate, ...terms].join(' ')
}

/** An N-Quad with other labels for its blank nodes. @throws Error for a blank node without one */
export function relabel(quad: string, labels: ReadonlyMap<string, string>): string {
  return mapTerms(quad, (term) => {
    if (!term.startsWith('_:')) return term
    const label = labels.get(term.slice(2))
    if (label === undefined) throw new Error('A blank node has no label.')
    return `_:${label}`
  })
}

export const linesOf = (quads: string): string[] =>
  quads.split('\n').flatMap((line) => (line === '' ? [] : [`${line}\n`]))

const bare = (label: string): string => label.replace(/^_:/, '')

/**
 * Canonicalises a document, or N-Quads, and labels the blank nodes anew (Data Integrity ECDSA Cryptosuites 1.0, 3.4.1
 * and 3.4.2).
 */
export async function labelledQuads(
  input: JsonObject | readonly string[],
  { documentLoader, labelNodes }: { documentLoader: DocumentLoader; labelNodes: LabelNodes },
): Promise<LabelledQuads> {
  const canonicalIdMap = new Map<string, string>()
  const text = await canonicalize(isQuads(input) ? input.join('') : input, {
    documentLoader,
    canonicalIdMap,
    ...(isQuads(input) && { inputFormat: 'application/n-quads' }),
  })
  const canonical = new Map([...canonicalIdMap].map(([label, name]) => [bare(label), bare(name)]))
  const names = labelNodes([...canonical.values()])
  const labels = new Map([...canonical].map(([label, name]) => [label, names.get(name) as string]))
  return {
    quads: linesOf(text)
      .map((quad) => relabel(quad, names))
      .sort(),
    labels,
    canonical,
  }
}

const isQuads = (input: JsonObject | readonly string[]): input is readonly string[] => Array.isArray(input)
