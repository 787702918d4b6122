import { createHash, randomUUID } from 'node:crypto'
import jsonld from 'jsonld'
import type { Json, JsonObject } from '../../json.ts'
import type { DocumentLoader } from '../suite.ts'
import { linesOf, mapTerms } from './labelled-quads.ts'

const scheme = 'urn:bnid:'
const rdf = 'http://www.w3.org/1999/02/22-rdf-syntax-ns#'

/** A name for every blank node of an expanded document, those inside lists too. */
function nameNodes(value: Json, newName: () => string): Json {
  if (Array.isArray(value)) return value.map((item) => nameNodes(item, newName))
  if (typeof value !== 'object' || value === null || '@value' in value) return value
  const node = value as JsonObject
  if (node['@list'] !== undefined) return { ...node, '@list': nameNodes(node['@list'], newName) }
  const named: JsonObject = {}
  for (const [property, member] of Object.entries(node)) {
    const isNested = !property.startsWith('@') || property === '@graph' || property === '@included'
    named[property] = isNested ? nameNodes(member as Json, newName) : (member as Json)
  }
  const id = named['@id']
  if (id === undefined) named['@id'] = newName()
  else if (typeof id === 'string' && id.startsWith('_:')) named['@id'] = scheme + id.slice(2)
  return named
}

/** Compaction makes of an array of one its element: pointers into the document need the array. */
function shapedAs(original: Json | undefined, compact: Json): Json {
  if (Array.isArray(original)) {
    const items: readonly Json[] = Array.isArray(compact) ? compact : [compact]
    return items.map((item, index) => shapedAs(original[index], item))
  }
  if (typeof compact !== 'object' || compact === null || Array.isArray(compact)) return compact
  const members = Object.entries(compact as JsonObject)
  return Object.fromEntries(
    members.map(([name, member]) => [
      name,
      name === '@context' ? member : shapedAs((original as JsonObject | undefined)?.[name], member as Json),
    ]),
  )
}

/**
 * A document, expanded and compact, whose blank nodes have names, so that they are known again in a part of it (Data
 * Integrity ECDSA Cryptosuites 1.0, 3.4.8).
 */
export async function withNamedNodes(
  document: JsonObject,
  documentLoader: DocumentLoader,
): Promise<{ expanded: readonly JsonObject[]; compact: JsonObject }> {
  const options = { documentLoader, safe: true }
  const run = randomUUID()
  let count = 0
  const named = nameNodes(
    (await jsonld.expand(document, options)) as readonly JsonObject[],
    () => `${scheme}_${run}_${count++}`,
  )
  const expanded = named as readonly JsonObject[]
  const compact = await jsonld.compact(expanded, document['@context'], options)
  return { expanded, compact: shapedAs(document, compact) as JsonObject }
}

/** The cells of an RDF list have names of their own in every run: by what refers to the list, and their place in it. */
function nameListCells(quads: readonly string[]): readonly string[] {
  const cells = new Set(
    quads.flatMap((quad) => (quad.split(' ')[1] === `<${rdf}first>` ? [quad.split(' ')[0] as string] : [])),
  )
  const names = new Map<string, string>()
  const rests = new Map<string, string>()
  for (const [subject = '', predicate = '', object = ''] of quads.map((quad) => quad.split(' '))) {
    if (!cells.has(object)) continue
    if (predicate === `<${rdf}rest>`) rests.set(subject, object)
    else names.set(object, createHash('sha256').update(`${subject} ${predicate}`).digest('hex'))
  }
  if (new Set(names.values()).size !== names.size)
    throw new Error('Two lists of one property are not supported.')
  for (const [head, name] of [...names]) {
    let cell = rests.get(head)
    for (let place = 1; cell !== undefined; place += 1) {
      names.set(cell, `${name}_${place}`)
      cell = rests.get(cell)
    }
  }
  return quads.map((quad) => mapTerms(quad, (term) => (names.has(term) ? `_:${names.get(term)}` : term)))
}

/** The N-Quads of a document with named nodes, blank again, under those names. */
export async function blankQuads(
  document: JsonObject | readonly JsonObject[],
  documentLoader: DocumentLoader,
): Promise<readonly string[]> {
  const options = { documentLoader, safe: true, rdfDirection: 'i18n-datatype' }
  const quads = linesOf(await jsonld.toRDF(document, { ...options, format: 'application/n-quads' }))
  const blank = (term: string) =>
    term.startsWith(`<${scheme}`) ? `_:${term.slice(1 + scheme.length, -1)}` : term
  return nameListCells(quads).map((quad) => mapTerms(quad, blank))
}
