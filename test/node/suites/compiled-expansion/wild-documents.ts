import fc from 'fast-check'
import type { Json, JsonObject } from '../../../../node/json.ts'

// Documents under contexts that use every feature of JSON-LD whose outcome a value could decide.

const vocabulary = 'https://example.org/v#'

/** Names of terms in the contexts, most of them used twice: for a member and for a value. */
const terms = ['a', 'b', 'c', 'ex', 'did', 'Thing', 'Other', 'https://example.org/full', 'urn:full', 'note']

const members = {
  '@type': fc.constantFrom<Json>(
    ...['@id', '@vocab', '@json', '@none'],
    ...['http://www.w3.org/2001/XMLSchema#date', 'http://www.w3.org/2001/XMLSchema#double'],
  ),
  '@container': fc.constantFrom<Json>('@list', '@set', '@language', '@index', '@id', '@graph'),
  '@language': fc.constantFrom<Json>('en', 'de', null),
  '@direction': fc.constantFrom<Json>('ltr', null),
  '@context': fc.constantFrom<Json>(
    { a: `${vocabulary}scoped`, Thing: `${vocabulary}ScopedThing` },
    { '@vocab': `${vocabulary}within/` },
    { b: { '@id': `${vocabulary}iri`, '@type': '@id' } },
    null,
  ),
}

/** One or two members beside the IRI: with more of them, most contexts would be none. */
const details = fc.oneof(
  fc.constant({}),
  ...Object.entries(members).map(([name, values]) => fc.record({ [name]: values })),
  { weight: 2, arbitrary: fc.record({ '@type': fc.constantFrom('@id', '@vocab') }) },
  fc.record({ '@type': members['@type'], '@context': members['@context'] }),
  fc.record({ '@type': members['@type'], '@container': fc.constantFrom('@list', '@set') }),
)
const iris = fc.constantFrom(`${vocabulary}p`, 'ex:q', 'urn:r', `${vocabulary}s`)
const described = fc.tuple(iris, details).map(([iri, more]): Json => ({ '@id': iri, ...more }))
const definition = fc.oneof({ weight: 12, arbitrary: described }, fc.constantFrom<Json>('@type', '@id', null))
/** A term in the form of an IRI stands for itself, or is taken away. */
const fullTerm = fc.oneof(details as fc.Arbitrary<Json>, fc.constant<Json>(null))
const prefix = fc.constantFrom<Json>(`${vocabulary}x/`, { '@id': `${vocabulary}x`, '@prefix': true })

const definitions: Record<string, fc.Arbitrary<Json>> = {
  '@version': fc.constant<Json>(1.1),
  '@vocab': fc.constant<Json>(`${vocabulary}vocab/`),
  '@language': fc.constantFrom<Json>('en', 'fr'),
  '@base': fc.constantFrom<Json>('https://base.example/', null),
  ...Object.fromEntries(['a', 'b', 'c'].map((name) => [name, described])),
  note: definition,
  ...Object.fromEntries(['Thing', 'Other'].map((name) => [name, described])),
  ...Object.fromEntries(['ex', 'did'].map((name) => [name, prefix])),
  ...Object.fromEntries(['https://example.org/full', 'urn:full'].map((name) => [name, fullTerm])),
}
const context: fc.Arbitrary<JsonObject> = fc
  .record(definitions, { requiredKeys: ['@version', 'a', 'b', 'c', 'note', 'Thing', 'Other'] })
  .map((members) => ({ '@context': members as Json }))

/** Absolute IRIs, or what looks like them: with a scheme that is a prefix, a term, or neither. */
const iriTexts = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.constantFrom('urn:1', 'urn:2', 'https://a.example/', 'https://b.example/?q#f', 'did://x'),
  },
  fc.constantFrom('did:x:1', 'ex:one', 'ex:two', 'ex://one', 'ex:', 'a:b', 'Thing:b', 'note:c', 'mailto:a@b'),
  fc.constantFrom('https://example.org/full', 'HTTP://A', 'ex:compact', 'urn:full'),
)

/** Strings that jsonld may take for something else than text, and some that it may not. */
const texts = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      'one',
      'two',
      'three',
      'Note: a text',
      'ex:a b',
      'did:c d',
      '12:30',
      '2026-01-01T00:00:00Z',
    ),
  },
  { weight: 2, arbitrary: fc.string({ unit: 'binary', maxLength: 8 }) },
  fc.constantFrom(...terms),
  fc.constantFrom(
    '',
    '@id',
    '@none',
    '@unknown',
    '_:b0',
    '_:b1',
    '_x',
    ':',
    'a:',
    ':b',
    '#fragment',
    '/path',
    '?q',
  ),
  fc.constantFrom('https://b.example/x y', 'x,y:z', '"', '\\', '\n\r\t', '\u0000', '\ud800', '\u007f'),
  fc.constantFrom('é', 'e\u0301', '🎓', '<>', 'slot-0-b0c5d91e'),
)
const numbers = fc.constantFrom(
  0,
  -0,
  1,
  -1,
  1.5,
  3.8,
  1e21,
  1e-7,
  2 ** 53,
  0.1 + 0.2,
  5e-324,
  1.7976931348623157e308,
)
const scalars: fc.Arbitrary<Json> = fc.oneof(
  { weight: 3, arbitrary: iriTexts },
  { weight: 3, arbitrary: texts },
  { weight: 2, arbitrary: numbers },
  fc.constantFrom<Json>(true, false, null),
)

const types = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom<Json>('Thing', ['Thing'], ['Thing', 'Other']) },
  fc.constantFrom<Json>(`${vocabulary}Type`, 'Other', 'ex:Type'),
)
const keywords = fc.constantFrom(
  '@value',
  '@language',
  '@list',
  '@set',
  '@index',
  '@graph',
  '@included',
  '@reverse',
)

const values = fc.letrec<{ value: Json; node: JsonObject; wild: JsonObject }>((tie) => {
  const value = tie('value') as fc.Arbitrary<Json>
  return {
    value: fc.oneof(
      { maxDepth: 3, depthSize: 'small' },
      { weight: 16, arbitrary: scalars },
      { weight: 3, arbitrary: tie('node') as fc.Arbitrary<Json> },
      { weight: 2, arbitrary: fc.array(value, { maxLength: 3 }) as fc.Arbitrary<Json> },
      tie('wild') as fc.Arbitrary<Json>,
    ),
    node: fc.record(
      { '@id': iriTexts, '@type': types, a: value, b: value, c: scalars, note: scalars },
      { requiredKeys: [] },
    ) as fc.Arbitrary<JsonObject>,
    wild: fc.dictionary(fc.oneof(keywords, fc.constantFrom(...terms, 'de')), value, {
      maxKeys: 3,
    }) as fc.Arbitrary<JsonObject>,
  }
})

/** What a scalar is replaced with: mostly one of its kind, so that the shape stays. */
const substitute = fc.record({ iri: iriTexts, text: texts, number: numbers, any: scalars, wild: fc.nat(20) })
type Substitute = typeof substitute extends fc.Arbitrary<infer Value> ? Value : never

function replaced(value: Json | undefined, { iri, text, number, any, wild }: Substitute): Json | undefined {
  if (wild === 0) return any
  if (typeof value === 'number') return number
  if (typeof value !== 'string' || terms.includes(value) || wild < 5) return value
  return /^[A-Za-z]+:/.test(value) ? iri : text
}

/** The same structure with other scalars. */
function vary(value: Json | undefined, next: () => Substitute): Json | undefined {
  if (Array.isArray(value)) return value.map((item) => vary(item, next) as Json)
  if (typeof value !== 'object' || value === null) return replaced(value, next())
  const members = Object.entries(value as JsonObject).map(([name, member]) => [name, vary(member, next)])
  return Object.fromEntries(members)
}

/** A context, and documents under it that are alike but for some of their scalars. */
export const wildDocuments: fc.Arbitrary<{ context: JsonObject; documents: JsonObject[] }> = fc
  .record({
    context,
    id: iriTexts,
    content: values.node,
    substitutes: fc.array(fc.array(substitute, { minLength: 5, maxLength: 12 }), {
      minLength: 3,
      maxLength: 3,
    }),
  })
  .map(({ context, id, content, substitutes }) => {
    const document: JsonObject = { '@id': id, ...content }
    const copies = substitutes.map((pool) => {
      let index = 0
      return vary(document, () => pool[index++ % pool.length] as Substitute) as JsonObject
    })
    return { context, documents: [document, ...copies] }
  })
