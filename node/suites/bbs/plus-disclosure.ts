import type { Json, JsonObject } from '../../json.ts'
import { mandatoryPointersFor } from '../disclosed-pointers.ts'
import { labelledQuads, relabel } from '../selective-disclosure/labelled-quads.ts'
import { blankQuads, withNamedNodes } from '../selective-disclosure/name-nodes.ts'
import { selectDocument } from '../selective-disclosure/select-document.ts'
import type { DocumentLoader } from '../suite.ts'
import { shownName } from './plus-statements.ts'

const scheme = 'urn:bnid:'
const segment = (name: string): string => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`

/** Pointers that reveal of a member no more than that the credential has it: a value, or which nodes. */
function linksOf(name: string, member: Json): string[] {
  const items = Array.isArray(member)
    ? member.map((item, index) => [item, `/${index}`] as const)
    : [[member, ''] as const]
  return items.map(([item, place]) => {
    const isNode = typeof item === 'object' && item !== null && !('@value' in (item as object))
    return `${segment(name)}${place}${isNode ? '/id' : ''}`
  })
}

/** Every node of a document under the name it is shown by. */
function rename(value: Json, names: ReadonlyMap<string, string>): Json {
  if (Array.isArray(value)) return value.map((item) => rename(item, names))
  if (typeof value === 'string') return names.get(value) ?? value
  if (typeof value !== 'object' || value === null) return value
  const members = Object.entries(value as JsonObject)
  return Object.fromEntries(members.map(([name, member]) => [name, rename(member as Json, names)]))
}

/** What a proof reveals: the document, all its statements, and the places of the revealed ones. */
export interface PlusDisclosure {
  revealed: JsonObject
  statements: readonly string[]
  places: readonly number[]
}

/**
 * Chooses by JSON pointers what is revealed, and every statement that the credential's own node makes, so that none of
 * them seems to be hidden.
 * @throws Error for a list: its cells have no names by which they could be shown
 */
export async function choosePlusDisclosure(
  { document, selectivePointers }: { document: JsonObject; selectivePointers: readonly string[] },
  documentLoader: DocumentLoader,
): Promise<PlusDisclosure> {
  const { expanded, compact } = await withNamedNodes(document, documentLoader)
  const labelNodes = (canonical: readonly string[]) => new Map(canonical.map((label) => [label, label]))
  const whole = await labelledQuads(await blankQuads(expanded, documentLoader), {
    documentLoader,
    labelNodes,
  })
  const { '@context': _, id: __, type: ___, ...members } = compact
  const links = Object.entries(members).flatMap(([name, member]) => linksOf(name, member as Json))
  const pointers = ['/type', ...mandatoryPointersFor(document), ...links, ...selectivePointers]
  const selection = selectDocument(compact, pointers) as JsonObject
  const known = new Map(whole.quads.map((quad, place) => [quad, place]))
  const chosen = (await blankQuads(selection, documentLoader)).map((quad) => relabel(quad, whole.labels))
  const places = chosen.map((quad) => known.get(quad))
  const isList = chosen.some((quad) => quad.includes(' <http://www.w3.org/1999/02/22-rdf-syntax-ns#first> '))
  if (isList || places.includes(undefined))
    throw new Error('A list cannot be revealed by this type of proof.')
  const names = new Map([...whole.labels].map(([input, label]) => [scheme + input, shownName(label)]))
  return {
    revealed: rename(selection, names) as JsonObject,
    statements: whole.quads,
    places: [...new Set(places as number[])].sort((a, b) => a - b),
  }
}
