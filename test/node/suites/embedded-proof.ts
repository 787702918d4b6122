import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { base58 } from '@scure/base'
import canonicalize from 'canonicalize'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { KeyResolver, ProofVerdict, ResolvedKey, Suite } from '../../../node/suites/suite.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const suiteOf = (name: string) => suites.find((suite) => suite.name === name) as Suite
const sha256 = (value: JsonObject) =>
  createHash('sha256')
    .update(canonicalize(value) as string)
    .digest()

/** Well signed by the issuer's key in every case: what is refused is refused for its content alone. */
describe('what is refused of an embedded proof though its signature holds', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let document: JsonObject

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
    document = formats[0]?.construct(degree(issuer.did)) as JsonObject
  })
  after(() => issuers?.close())

  /** Signs by eddsa-jcs-2022 (Data Integrity EdDSA Cryptosuites 1.0, 3.3) whatever the options are. */
  async function sign(changes: JsonObject, by = { document, key: issuer.key }): Promise<JsonObject> {
    const options: JsonObject = {
      '@context': document['@context'],
      type: 'DataIntegrityProof',
      cryptosuite: 'eddsa-jcs-2022',
      created: '2026-03-28T10:00:00Z',
      verificationMethod: by.key.verificationMethod,
      proofPurpose: 'assertionMethod',
      ...changes,
    }
    const signature = await by.key.signer.sign(Buffer.concat([sha256(options), sha256(by.document)]))
    return { ...by.document, proof: { ...options, proofValue: `z${base58.encode(signature)}` } }
  }
  const verify = (
    credential: JsonObject,
    resolveKey: KeyResolver = issuers.resolveKey,
  ): Promise<ProofVerdict> =>
    suiteOf('eddsa-jcs-2022').verify(JSON.parse(JSON.stringify(credential)), {
      resolveKey,
      documentLoader,
      now,
    })

  /** A resolver that gives the key with something changed. */
  const resolving =
    (change: (resolved: ResolvedKey) => ResolvedKey): KeyResolver =>
    async (method) => {
      const resolved = await issuers.resolveKey(method)
      return resolved && change(resolved)
    }

  it('nothing where all is as it should be', async () => {
    assert.equal((await verify(await sign({}))).status, 'pass')
  })

  it('eddsa-jcs-2022 options without the @context of the document', async () => {
    const { status, reason } = await verify(await sign({ '@context': undefined }))
    assert.deepEqual(
      { status, reason },
      { status: 'fail', reason: 'The proof does not repeat the @context of the document.' },
    )
  })

  it('options with only the first contexts of the document', async () => {
    const [first] = document['@context'] as string[]
    const { status, reason } = await verify(await sign({ '@context': [first as string] }))
    assert.deepEqual(
      { status, reason },
      { status: 'fail', reason: "The proof's @context is not the document's." },
    )
  })

  it('another purpose, and none', async () => {
    for (const proofPurpose of ['authentication', 'capabilityInvocation', undefined, ['assertionMethod']]) {
      const { status, reason } = await verify(await sign({ proofPurpose } as JsonObject))
      assert.deepEqual(
        { status, reason },
        { status: 'fail', reason: 'The purpose of the proof is not assertionMethod.' },
        String(proofPurpose),
      )
    }
  })

  describe('for authentication', () => {
    const asked = { purpose: 'authentication', challenge: 'c-1', domain: 'https://verifier.example' } as const
    const answer: JsonObject = { proofPurpose: 'authentication', challenge: 'c-1', domain: asked.domain }
    let holder: TestIssuer

    before(async () => {
      holder = await issuers.create('key', 'Ed25519')
    })

    const present = (changes: JsonObject, by: JsonObject = { holder: holder.did }) => {
      const { issuer: _, ...others } = document
      return sign({ ...answer, ...changes }, { document: { ...others, ...by }, key: holder.key })
    }
    const verifyAnswer = async (presentation: JsonObject, expected: object = asked) =>
      suiteOf('eddsa-jcs-2022').verify(presentation, {
        ...{ resolveKey: issuers.resolveKey, documentLoader, now },
        ...expected,
      })

    it('nothing where the holder answers what was asked', async () => {
      assert.equal((await verifyAnswer(await present({}))).status, 'pass')
      assert.equal((await verifyAnswer(await present({}, { holder: { id: holder.did } }))).status, 'pass')
      assert.equal((await verifyAnswer(await present({ domain: [asked.domain] }))).status, 'pass')
      assert.equal((await verifyAnswer(await present({}), { purpose: 'authentication' })).status, 'pass')
    })

    it('another challenge, another domain, none, and one domain too many', async () => {
      for (const [changes, reason] of [
        [{ challenge: 'c-2' }, /challenge/],
        [{ challenge: undefined }, /challenge/],
        [{ challenge: ['c-1'] }, /challenge/],
        [{ domain: 'https://other.example' }, /domain/],
        [{ domain: undefined }, /domain/],
        [{ domain: [] }, /domain/],
        [{ domain: [asked.domain, 'https://other.example'] }, /domain/],
      ] as const) {
        const verdict = await verifyAnswer(await present(changes as unknown as JsonObject))
        assert.equal(verdict.status, 'fail', JSON.stringify(changes))
        assert.match(verdict.reason ?? '', reason)
      }
    })

    it('the key of another, and nobody named as holder', async () => {
      const other = await verifyAnswer(await present({}, { holder: issuer.did }))
      assert.equal(other.reason, 'The key of the proof is not controlled by the holder.')
      const nobody = await verifyAnswer(await present({}, { issuer: holder.did }))
      assert.equal(nobody.reason, 'The document names no holder.')
    })

    it('a key that its DID document lists for assertions alone', async () => {
      const by = { holder: issuer.did }
      const presentation = await sign(answer, { document: { ...document, ...by }, key: issuer.key })
      const { status, reason } = await verifyAnswer(presentation)
      assert.equal(status, 'fail')
      assert.match(reason ?? '', /under authentication/)
    })

    it('a proof for authentication where an assertion is wanted, and the reverse', async () => {
      const assertion = await verifyAnswer(await present({ proofPurpose: 'assertionMethod' }))
      assert.equal(assertion.reason, 'The purpose of the proof is not authentication.')
      assert.equal((await verify(await sign(answer))).status, 'fail')
    })
  })

  it('a key in the document of the issuer that another DID controls', async () => {
    const resolveKey = resolving(({ verificationMethod, ...rest }) => ({
      ...rest,
      verificationMethod: {
        ...verificationMethod,
        controller: 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2',
      },
    }))
    const { status, reason } = await verify(await sign({}), resolveKey)
    assert.deepEqual(
      { status, reason },
      { status: 'fail', reason: 'The key of the proof is not controlled by the issuer.' },
    )
  })

  it('a key whose resolution gave the document of another DID', async () => {
    const resolveKey = resolving(({ didDocument, ...rest }) => ({
      ...rest,
      didDocument: { ...didDocument, id: 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2' },
    }))
    const { status, reason } = await verify(await sign({}), resolveKey)
    assert.deepEqual(
      { status, reason },
      { status: 'fail', reason: 'The key of the proof is not controlled by the issuer.' },
    )
  })

  it('a member that is not of a proof, such as its end under the IRI of the term', async () => {
    const hidden = { 'https://w3id.org/security#expiration': '2020-01-01T00:00:00Z' }
    const { status, reason } = await verify(await sign(hidden))
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /member that is not known: https:/)
  })

  it('a link to proofs that are not there, or others than those that are', async () => {
    const chained = await sign({ previousProof: 'urn:uuid:1' })
    assert.deepEqual((await verify(chained)).reason, 'The proof follows others that are not there.')
    for (const [previousProofs, isNamed] of [
      [[{ id: 'urn:uuid:1' }], true],
      [[{ id: 'urn:uuid:2' }], false],
      [[{ id: 'urn:uuid:1' }, { id: 'urn:uuid:2' }], false],
    ] as const) {
      const options = { resolveKey: issuers.resolveKey, documentLoader, now, previousProofs }
      const { reason } = await suiteOf('eddsa-jcs-2022').verify(chained, options)
      // it was signed without covering them
      assert.equal(reason, isNamed ? 'Invalid signature.' : 'The proof follows others that are not there.')
    }
  })

  it('an end in the past', async () => {
    const { status, reason } = await verify(await sign({ expires: '2026-03-28T09:54:59Z' }))
    assert.deepEqual({ status, reason }, { status: 'fail', reason: 'The proof has expired.' })
    assert.equal((await verify(await sign({ expires: '2026-03-28T09:55:00Z' }))).status, 'pass')
  })
})
