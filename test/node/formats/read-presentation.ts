import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import { dataIntegrityPresentation } from '../../../node/formats/data-integrity-presentation.ts'
import type { JsonObject } from '../../../node/json.ts'

const v1 = 'https://www.w3.org/2018/credentials/v1'
const v2 = 'https://www.w3.org/ns/credentials/v2'
const url = 'did:example:holder'
const credential = { '@context': [v2], type: ['VerifiableCredential'], proof: {} }
const base = {
  '@context': [v2],
  type: ['VerifiablePresentation'],
  holder: url,
  verifiableCredential: [credential],
}
const envelope = (id: unknown) => ({ '@context': v2, type: 'EnvelopedVerifiableCredential', id })

const open = (members: object) =>
  dataIntegrityPresentation.open(JSON.parse(JSON.stringify({ ...base, ...members })) as JsonObject)

/** Rules of data model 2.0, 4.13: members that keep them, and members that break them. */
const rules: readonly { rule: string; good: readonly object[]; bad: readonly object[] }[] = [
  {
    rule: '@context begins with that of a data model',
    good: [{ '@context': v2 }, { '@context': [v2, 'https://example.org/x'] }, { '@context': [v1] }],
    bad: [{ '@context': undefined }, { '@context': [] }, { '@context': ['https://example.org/x', v2] }],
  },
  { rule: 'id is one URL', good: [{ id: url }], bad: [{ id: 'x' }, { id: [url] }, { id: null }, { id: 7 }] },
  {
    rule: 'type holds VerifiablePresentation',
    good: [{ type: 'VerifiablePresentation' }, { type: ['A', 'VerifiablePresentation'] }],
    bad: [{ type: ['VerifiablePresentation', 7] }],
  },
  {
    rule: 'holder is a URL or an object with one as id',
    good: [{ holder: undefined }, { holder: { id: url } }],
    bad: [{ holder: 'x' }, { holder: {} }, { holder: [url] }, { holder: null }],
  },
  {
    rule: 'verifiableCredential is objects, up to 16, no bare tokens',
    good: [
      { verifiableCredential: undefined },
      { verifiableCredential: [] },
      { verifiableCredential: credential },
      { verifiableCredential: Array.from({ length: 16 }, () => credential) },
      { '@context': [v1], verifiableCredential: ['a.b.c'] },
    ],
    bad: [
      { verifiableCredential: ['a.b.c'] },
      { verifiableCredential: 'a.b.c' },
      { verifiableCredential: [7] },
      { verifiableCredential: [null] },
      { verifiableCredential: [[credential]] },
      { verifiableCredential: Array.from({ length: 17 }, () => credential) },
      { verifiableCredential: [{ ...credential, '@context': [v2, {}] }] },
      { verifiableCredential: [{ ...credential, credentialSubject: { '@context': v2 } }] },
    ],
  },
  {
    rule: 'proofs are a set, if there are any',
    good: [{ proof: {} }, { proof: [{}, {}] }],
    bad: [{ proof: [] }, { proof: 'x' }, { proof: Array.from({ length: 17 }, () => ({})) }],
  },
]

describe('open of a presentation with an embedded proof', () => {
  for (const { rule, good, bad } of rules) {
    it(`keeps to it that ${rule}`, () => {
      for (const members of good) assert.ok(open(members), JSON.stringify(members))
      for (const members of bad) {
        assert.throws(
          () => open(members),
          (error) =>
            error instanceof IssuerError && error.code === 'MALFORMED_REQUEST' && error.violations.length > 0,
          JSON.stringify(members),
        )
      }
    })
  }

  it('leaves to others what is no presentation', () => {
    for (const received of [undefined, null, 7, 'a.b.c', [], {}, credential, { type: ['A'] }]) {
      assert.equal(dataIntegrityPresentation.open(received), undefined)
    }
  })

  it('takes tokens out of their envelopes, and leaves what is none as it is', () => {
    const opened = (id: unknown) => open({ verifiableCredential: [envelope(id)] })?.credentials[0]
    assert.equal(opened('data:application/vc+jwt,a.b.c'), 'a.b.c')
    assert.equal(opened('data:application/vc+sd-jwt,a.b.c~d~'), 'a.b.c~d~')
    const binary = 'data:application/vc+cose;base64,0oRD'
    assert.equal(opened(binary), binary)
    for (const id of ['https://example.org/x', 'data:text', 'data:a/b,c,d', 7, undefined]) {
      assert.deepEqual(opened(id), JSON.parse(JSON.stringify(envelope(id))))
    }
  })

  it('says whether there is a proof and who is named as holder', () => {
    assert.deepEqual([open({})?.isProven, open({ proof: {} })?.isProven], [false, true])
    assert.deepEqual([open({})?.holder, open({ holder: { id: url } })?.holder], [url, url])
    assert.equal(open({ holder: undefined })?.holder, undefined)
  })
})
