import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { DocumentLoader } from '../suite.ts'
import { type LabelledQuads, type LabelNodes, labelledQuads, relabel } from './labelled-quads.ts'
import { blankQuads, withNamedNodes } from './name-nodes.ts'
import { leadsTo } from './pointer.ts'
import { selectDocument } from './select-document.ts'

/** A document's quads, and which of them each group of pointers selects, by their places. */
export interface GroupedQuads<Name extends string> extends LabelledQuads {
  groups: Readonly<Record<Name, { places: ReadonlySet<number>; blank: readonly string[] }>>
}

/**
 * Labels the quads of a document and finds those that JSON pointers select (Data Integrity ECDSA Cryptosuites 1.0,
 * 3.4.16).
 * @throws DERIVATION_FAILED when a pointer leads nowhere, or to a part of what can only be shown as a whole, such as
 * an RDF list
 */
export async function groupQuads<Name extends string>(
  document: JsonObject,
  options: {
    groups: Readonly<Record<Name, readonly string[]>>
    documentLoader: DocumentLoader
    labelNodes: LabelNodes
  },
): Promise<GroupedQuads<Name>> {
  const { documentLoader } = options
  const { expanded, compact } = await withNamedNodes(document, documentLoader)
  const labelled = await labelledQuads(await blankQuads(expanded, documentLoader), options)
  const places = new Map(labelled.quads.map((quad, place) => [quad, place]))

  async function select(pointers: readonly string[]) {
    const lost = pointers.find((pointer) => !leadsTo(document, pointer) || !leadsTo(compact, pointer))
    if (lost !== undefined) throw refuse(`The pointer "${lost}" leads nowhere in the document.`)
    const selection = selectDocument(compact, pointers)
    const blank = selection ? await blankQuads(selection, documentLoader) : []
    const found = blank.map((quad) => places.get(relabelKnown(quad, labelled)))
    if (found.includes(undefined)) throw refuse('A pointer leads into what can only be shown as a whole.')
    return { places: new Set(found as number[]), blank }
  }

  const selected = Object.entries(options.groups).map(
    async ([name, pointers]) => [name, await select(pointers as readonly string[])] as const,
  )
  return {
    ...labelled,
    groups: Object.fromEntries(await Promise.all(selected)) as unknown as GroupedQuads<Name>['groups'],
  }
}

const refuse = (detail: string) => new IssuerError('DERIVATION_FAILED', { detail })

/** A quad under the labels of the whole; one that the whole does not have stays as it is. */
function relabelKnown(quad: string, { labels }: LabelledQuads): string {
  try {
    return relabel(quad, labels)
  } catch {
    return quad
  }
}
