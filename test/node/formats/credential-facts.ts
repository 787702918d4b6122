import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { readFacts } from '../../../node/formats/credential-facts.ts'
import type { JsonObject } from '../../../node/json.ts'

const contexts = {
  '1.1': 'https://www.w3.org/2018/credentials/v1',
  '2.0': 'https://www.w3.org/ns/credentials/v2',
}
const base = {
  id: 'urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33',
  type: ['VerifiableCredential'],
  issuer: 'did:example:issuer',
  credentialSubject: { id: 'did:example:subject', name: 'x' },
}
const documents: Record<string, JsonObject> = {
  '1.1': { '@context': [contexts['1.1']], ...base, issuanceDate: '2024-01-01T00:00:00Z' },
  '2.0': { '@context': [contexts['2.0']], ...base },
}
const url = 'https://example.org/x'
const typed = { type: 'Example' }
const resource = { id: url, digestSRI: 'sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=' }
const english = { '@value': 'Degree', '@language': 'en' }

/** A rule of the data model: members of a document that keep it, and members that break it. */
interface Rule {
  rule: string
  models?: readonly string[]
  good: readonly object[]
  bad: readonly object[]
}

/** Objects that must have a type and may have an id. */
const typedObject = (name: string, clause: string): Rule => ({
  rule: `${name} is one or more objects with a type (${clause})`,
  good: [
    { [name]: { ...typed, id: url } },
    {
      [name]: [
        { ...typed, id: url },
        { type: ['A', 'B'], id: `${url}2` },
      ],
    },
  ],
  bad: [
    { [name]: { id: url } },
    { [name]: [{ ...typed, id: url }, { id: url }] },
    { [name]: { ...typed, id: 'no URL' } },
    { [name]: { ...typed, id: [url, url] } },
    { [name]: { type: 7, id: url } },
    { [name]: url },
    { [name]: [] },
    { [name]: null },
  ],
})

const texts = (wrap: (value: unknown) => object): Pick<Rule, 'good' | 'bad'> => ({
  good: [
    wrap('Degree'),
    wrap(english),
    wrap({ ...english, '@direction': 'ltr' }),
    wrap([english, { '@value': 'Abschluss', '@language': 'de' }]),
  ],
  bad: [
    wrap({ ...english, url }),
    wrap({ '@language': 'en' }),
    wrap({ ...english, '@direction': 'up' }),
    wrap({ '@value': 7 }),
    wrap(7),
    wrap(null),
    wrap([]),
  ],
})

const rules: readonly Rule[] = [
  {
    rule: '@context begins with that of the data model, which stands there once (4.3)',
    good: [],
    bad: [
      { '@context': undefined },
      { '@context': [] },
      { '@context': [url] },
      { '@context': [url, contexts['1.1']] },
      { '@context': [url, contexts['2.0']] },
      { '@context': [contexts['1.1'], contexts['2.0']] },
      { '@context': [contexts['2.0'], contexts['1.1']] },
      { '@context': [contexts['2.0'], contexts['2.0']] },
      { '@context': [contexts['2.0'], null] },
      { '@context': [contexts['2.0'], 7] },
      { '@context': null },
    ],
  },
  {
    rule: 'further contexts are named by URLs (4.3)',
    models: ['2.0'],
    good: [{ '@context': contexts['2.0'] }, { '@context': [contexts['2.0'], url] }],
    bad: [{ '@context': [contexts['2.0'], { a: url }] }],
  },
  {
    rule: 'id is one URL (4.4)',
    good: [{ id: url }, { id: 'did:example:1' }, { id: undefined }],
    bad: [
      { id: 'no URL' },
      { id: [url] },
      { id: [url, url] },
      { id: null },
      { id: 7 },
      { id: {} },
      { id: '' },
    ],
  },
  {
    rule: 'type holds VerifiableCredential, in any order (4.5)',
    good: [{ type: 'VerifiableCredential' }, { type: ['A', 'VerifiableCredential', url] }],
    bad: [
      { type: undefined },
      { type: [] },
      { type: 'A' },
      { type: null },
      { type: ['VerifiableCredential', 7] },
      { type: ['VerifiableCredential', null] },
      { type: ['VerifiableCredential', 'VerifiablePresentation'] },
    ],
  },
  { rule: 'name is text with or without a language (4.6)', models: ['2.0'], ...texts((name) => ({ name })) },
  {
    rule: 'description is text with or without a language (4.6)',
    models: ['2.0'],
    ...texts((description) => ({ description })),
  },
  {
    rule: 'so is the name of the issuer (4.6)',
    models: ['2.0'],
    ...texts((name) => ({ issuer: { id: base.issuer, name } })),
  },
  {
    rule: 'issuer is a URL or an object with one as id (4.7)',
    good: [{ issuer: url }, { issuer: { id: url } }, { issuer: { id: url, extra: 'x' } }],
    bad: [
      { issuer: undefined },
      { issuer: null },
      { issuer: 'no URL' },
      { issuer: {} },
      { issuer: { id: 'no URL' } },
      { issuer: { id: null } },
      { issuer: { id: [url] } },
      { issuer: [url] },
      { issuer: 7 },
    ],
  },
  {
    rule: 'credentialSubject is one or more objects that claim something (4.8)',
    good: [{ credentialSubject: { a: 'x' } }, { credentialSubject: [{ id: url, a: 'x' }, { a: 'x' }] }],
    bad: [
      { credentialSubject: undefined },
      { credentialSubject: {} },
      { credentialSubject: [] },
      { credentialSubject: [{ id: url, a: 'x' }, {}] },
      { credentialSubject: { id: 'no URL', a: 'x' } },
      { credentialSubject: { id: [url, url], a: 'x' } },
      { credentialSubject: url },
      { credentialSubject: null },
    ],
  },
  {
    rule: 'validFrom and validUntil are times with offset, in their order (4.9)',
    models: ['2.0'],
    good: [
      { validFrom: '2024-01-01T00:00:00Z' },
      { validFrom: '2024-01-01T00:00:00.123-05:00' },
      { validFrom: '2024-01-01T00:00:00Z', validUntil: '2024-01-01T00:00:00Z' },
      { validFrom: '2024-01-01T01:00:00+02:00', validUntil: '2024-01-01T00:00:00Z' },
      { validUntil: '2044-01-01T00:00:00Z' },
    ],
    bad: [
      { validFrom: '2024-01-01T00:00:00' },
      { validFrom: '2024-01-01T00:00Z' },
      { validFrom: '2024-01-01' },
      { validFrom: '2024-13-01T00:00:00Z' },
      { validFrom: 'TEST' },
      { validFrom: 1_704_067_200 },
      { validFrom: null },
      { validUntil: '2024-01-01 00:00:00Z' },
      { validFrom: '2024-01-01T00:00:00Z', validUntil: '2023-12-31T23:59:59Z' },
      { validFrom: '2024-01-01T00:00:00Z', validUntil: '2024-01-01T00:30:00+01:00' },
      { issuanceDate: '2024-01-01T00:00:00Z' },
      { expirationDate: '2024-01-01T00:00:00Z' },
    ],
  },
  {
    rule: 'issuanceDate is there, expirationDate may be (1.1, 4.5 and 4.6)',
    models: ['1.1'],
    good: [{ expirationDate: '2044-01-01T00:00:00Z' }],
    bad: [{ issuanceDate: undefined }, { issuanceDate: '2024-01-01' }, { expirationDate: 'never' }],
  },
  typedObject('credentialStatus', '4.10'),
  typedObject('credentialSchema', '4.11'),
  typedObject('refreshService', '5.4'),
  typedObject('termsOfUse', '5.5'),
  typedObject('evidence', '5.6'),
  {
    rule: 'what has a type needs no id (4.5)',
    models: ['2.0'],
    good: ['credentialStatus', 'refreshService', 'termsOfUse', 'evidence'].map((name) => ({ [name]: typed })),
    bad: [{ credentialSchema: typed }],
  },
  {
    rule: 'relatedResource is objects with different URLs and a digest each (5.3)',
    models: ['2.0'],
    good: [
      { relatedResource: resource },
      { relatedResource: [resource, { id: `${url}2`, digestMultibase: 'uEiA', mediaType: 'text/css; a=b' }] },
    ],
    bad: [
      { relatedResource: { id: url } },
      { relatedResource: { digestSRI: resource.digestSRI } },
      { relatedResource: [resource, resource] },
      { relatedResource: { ...resource, id: 'no URL' } },
      { relatedResource: { ...resource, mediaType: 'text' } },
      { relatedResource: { ...resource, digestSRI: 7 } },
      { relatedResource: [] },
      { relatedResource: url },
    ],
  },
]

describe('readFacts', () => {
  for (const { rule, models = ['1.1', '2.0'], good, bad } of rules) {
    for (const model of models) {
      const document = (members: object) =>
        JSON.parse(JSON.stringify({ ...documents[model], ...members })) as JsonObject

      it(`keeps to it that ${rule}: data model ${model}`, () => {
        for (const members of good)
          assert.doesNotThrow(() => readFacts(document(members)), JSON.stringify(members))
        for (const members of bad) {
          assert.throws(
            () => readFacts(document(members)),
            (error) =>
              error instanceof IssuerError &&
              error.code === 'MALFORMED_REQUEST' &&
              error.violations.length > 0,
            JSON.stringify(members),
          )
        }
      })
    }
  }

  it('gives the facts of either version under the same names', () => {
    const older = readFacts({ ...documents['1.1'], expirationDate: '2044-01-01T00:00:00Z' })
    const newer = readFacts({
      ...documents['2.0'],
      validFrom: '2024-01-01T00:00:00Z',
      validUntil: '2044-01-01T00:00:00Z',
    })
    assert.deepEqual({ ...older, dataModel: '2.0' }, newer)
  })
})
