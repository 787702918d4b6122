import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { proofLinks, proofSetViolations } from '../../../node/documents/proof-set.ts'
import { formats } from '../../../node/formats/index.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { KeyResolver, ProofVerdict, Suite } from '../../../node/suites/suite.ts'
import { checkProofBy } from '../../../node/verification/check-proof-by.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from '../suites/issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const suiteOf = (name: string) => suites.find((suite) => suite.name === name) as Suite
const pointers = (proof: Json) => proofSetViolations({ proof }).map(({ pointer }) => pointer)
const clone = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T

describe('proofSetViolations', () => {
  it('accepts one proof, sets and chains', () => {
    for (const proof of [{}, [{}], [{}, {}], [{ id: 'a' }, { previousProof: 'a' }]]) {
      assert.deepEqual(pointers(proof), [])
    }
    const chain = [{ previousProof: ['a', 'b'] }, { id: 'b', previousProof: 'a' }, { id: 'a' }]
    assert.deepEqual(pointers(chain), [])
    assert.deepEqual(
      proofLinks({ name: 'x', proof: chain }).map(({ previousProofs }) => previousProofs.length),
      [2, 1, 0],
    )
  })

  it('refuses none, too many, and what is no proof', () => {
    assert.deepEqual(pointers([]), ['/proof'])
    assert.deepEqual(pointers(Array.from({ length: 17 }, () => ({}))), ['/proof'])
    assert.deepEqual(pointers(Array.from({ length: 16 }, () => ({}))), [])
    assert.deepEqual(pointers(['yes', null, [], { id: 7 }]), [
      '/proof/0',
      '/proof/1',
      '/proof/2',
      '/proof/3/id',
    ])
  })

  it('refuses as many proofs of a large document as would take too long', () => {
    const violations = (proofs: number, values: number) =>
      proofSetViolations({
        proof: Array.from({ length: proofs }, () => ({})),
        credentialSubject: { list: Array.from({ length: values }, () => 1) },
      }).map(({ pointer }) => pointer)
    assert.deepEqual(violations(1, 200_000), [])
    assert.deepEqual(violations(4, 5_900), [])
    assert.deepEqual(violations(5, 5_900), ['/proof'])
    assert.deepEqual(violations(16, 1_400), [])
    assert.deepEqual(violations(16, 1_500), ['/proof'])
    assert.deepEqual(violations(2, 500_000), ['/proof'])
  })

  it('refuses ids that are there twice, not there at all, or named twice', () => {
    assert.deepEqual(pointers([{ id: 'a' }, { id: 'a' }]), ['/proof'])
    assert.deepEqual(pointers([{}, { previousProof: 'a' }]), ['/proof/1/previousProof'])
    assert.deepEqual(pointers([{ id: 'a' }, { previousProof: ['a', 'a'] }]), ['/proof/1/previousProof'])
    assert.deepEqual(pointers([{ id: 'a' }, { previousProof: {} }]), ['/proof/1/previousProof'])
  })

  it('refuses circles of any length', () => {
    assert.deepEqual(pointers([{ id: 'a', previousProof: 'a' }]), ['/proof'])
    const circle = fc
      .nat(14)
      .chain((last) => fc.shuffledSubarray([...Array(last + 1).keys()], { minLength: last + 1 }))
    fc.assert(
      fc.property(circle, (order) => {
        const proofs = order.map((id, i) => ({
          id: `urn:${id}`,
          previousProof: `urn:${order[(i + 1) % order.length]}`,
        }))
        assert.deepEqual(pointers([...proofs, { id: 'beside' }]), ['/proof'])
        const { previousProof: _, ...first } = proofs[0] as { id: string; previousProof: string }
        assert.deepEqual(pointers([first, ...proofs.slice(1)]), [])
      }),
    )
  })

  it('accepts every graph of proofs that has an order, whatever the order in which it is written', () => {
    const links = fc.array(fc.array(fc.nat(15), { maxLength: 4 }), { minLength: 1, maxLength: 16 })
    fc.assert(
      fc.property(links, fc.infiniteStream(fc.nat()), (rows, random) => {
        const proofs = rows.map((row, i) => ({
          id: `urn:${i}`,
          previousProof: [...new Set(row)].filter((other) => other < i).map((other) => `urn:${other}`),
        }))
        const written = proofs
          .map((proof) => ({ proof, at: random.next().value as number }))
          .toSorted((a, b) => a.at - b.at)
          .map(({ proof }) => proof)
        assert.deepEqual(pointers(written), [])
      }),
    )
  })
})

describe('the chain of proofs of the EdDSA cryptosuites', () => {
  const examples = 'https://www.w3.org/ns/credentials/examples/v2'
  const vocabulary = { '@context': { '@vocab': 'https://www.w3.org/ns/credentials/examples#' } }
  const loader = createDocumentLoader({ extra: async (url) => (url === examples ? vocabulary : undefined) })

  /** The vectors' methods are no DIDs: each key stands in its own id. */
  const resolveKey: KeyResolver = async (id) => {
    const [controller = '', publicKeyMultibase = ''] = id.split('#')
    const verificationMethod = { id, type: 'Multikey', controller, publicKeyMultibase }
    const didDocument = { id: controller, assertionMethod: [id] }
    return { verificationMethod, didDocument, deactivated: false }
  }
  let vector: JsonObject

  before(async () => {
    vector = JSON.parse(await readFile('test/vectors/vc-di-eddsa/signed-proof-chain.json', 'utf8'))
  })

  const check = (secured: JsonObject) =>
    checkProofBy(
      { suites, resolveKey, resolveDid: async () => undefined, now: () => now, documentLoader: loader },
      { secured, party: 'https://vc.example/issuers/5678' },
    )

  it('verifies, proof by proof, though none is by the issuer that it names', async () => {
    const verdict = await check(vector)
    assert.deepEqual(
      verdict.proofs?.map(({ status, controller }) => [status, controller]),
      [1, 2, 3, 4].map((n) => ['pass', `https://vc.example/issuers/5678${n}`]),
    )
    assert.deepEqual([verdict.status, verdict.reason], ['fail', 'No proof is by who must have made one.'])
  })

  it('fails for whatever follows a changed, missing or exchanged proof', async () => {
    const [first, second, third, fourth] = vector.proof as [JsonObject, JsonObject, JsonObject, JsonObject]
    const statuses = async (proof: Json) =>
      (await check({ ...vector, proof })).proofs?.map(({ status }) => status)
    const later = { ...first, created: '2023-02-24T23:36:39Z' }
    assert.deepEqual(await statuses([later, second, third, fourth]), ['fail', 'pass', 'fail', 'pass'])
    const { previousProof: _, ...alone } = third
    assert.deepEqual(await statuses([first, second, alone, fourth]), ['pass', 'pass', 'fail', 'fail'])
    const other = { ...third, previousProof: first.id as string }
    assert.deepEqual(await statuses([first, second, other]), ['pass', 'pass', 'fail'])
    assert.deepEqual(await statuses([second, third, fourth, first]), ['pass', 'pass', 'pass', 'pass'])
  })
})

describe('sets and chains of proofs', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let endorser: TestIssuer

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
    endorser = await issuers.create('key', 'Ed25519')
  })
  after(() => issuers?.close())

  const check = (secured: JsonObject) =>
    checkProofBy(
      {
        suites,
        ...{
          resolveKey: issuers.resolveKey,
          resolveDid: async () => undefined,
          now: () => now,
          documentLoader,
        },
      },
      { secured: clone(secured), party: issuer.did },
    )
  const statuses = ({ status, proofs = [] }: ProofVerdict) => [status, ...proofs.map((proof) => proof.status)]

  for (const name of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
    const suite = suiteOf(name)
    // the context of the older suite does not know previousProof
    const isChained = name !== 'Ed25519Signature2020'

    describe(name, () => {
      let document: JsonObject

      before(() => {
        const content = degree(issuer.did)
        const contexts = [...content.contexts, ...suite.contexts('2.0')]
        document = formats[0]?.construct({ ...content, contexts }) as JsonObject
      })

      const sign = async (by: TestIssuer, options: object = {}): Promise<JsonObject> => {
        const secured = await suite.secure(document, {
          key: by.key,
          created: now,
          documentLoader,
          ...options,
        })
        return (secured as JsonObject).proof as JsonObject
      }

      it('verifies a set of proofs by issuer and endorser, and lists them', async () => {
        const proof = [await sign(endorser), await sign(issuer)]
        const own = { status: 'pass', type: name, verificationMethod: issuer.key.verificationMethod }
        const { did, key } = endorser
        const others = { ...own, verificationMethod: key.verificationMethod, controller: did }
        assert.deepEqual(await check({ ...document, proof }), { ...own, proofs: [others, own] })
      })

      it('fails where one proof fails, and without one by the issuer', async () => {
        const [own, other] = [await sign(issuer), await sign(endorser)]
        const stolen = { ...other, verificationMethod: issuer.key.verificationMethod }
        assert.deepEqual(statuses(await check({ ...document, proof: [own, stolen] })), [
          'fail',
          'pass',
          'fail',
        ])
        const { credentialSubject, ...others } = document
        const changed = {
          ...others,
          credentialSubject: { ...(credentialSubject as object), id: 'did:key:z6Mk' },
        }
        assert.deepEqual(statuses(await check({ ...changed, proof: [own, other] })), ['fail', 'fail', 'fail'])
        const twice = [other, await sign(endorser, { created: new Date(now.getTime() - 1000) })]
        assert.deepEqual(statuses(await check({ ...document, proof: twice })), ['fail', 'pass', 'pass'])
      })

      it('cannot tell where a proof of the set is of an unknown type', async () => {
        const own = await sign(issuer)
        const unknown = { ...own, type: 'DataIntegrityProof', cryptosuite: 'from-the-future' }
        assert.deepEqual(statuses(await check({ ...document, proof: [own, unknown] })), [
          'unknown',
          'pass',
          'unknown',
        ])
      })

      if (!isChained) return

      it('verifies a chain, and nothing that was taken out of one', async () => {
        const first = await sign(issuer, { proofId: 'urn:uuid:cb0c5a92-7d92-4a0c-9c39-c1c1a2f7a5b1' })
        const beside = await sign(issuer, { proofId: 'urn:uuid:0e7b0a9e-5f37-46d5-9c55-3b6a8c5cf1f7' })
        const second = await sign(endorser, { previousProofs: [first] })
        const both = await sign(endorser, { previousProofs: [first, beside] })
        assert.equal(second.previousProof, first.id)
        assert.deepEqual(both.previousProof, [first.id, beside.id])
        for (const [proof, expected] of [
          [
            [first, second],
            ['pass', 'pass', 'pass'],
          ],
          [
            [second, beside, first, both],
            ['pass', 'pass', 'pass', 'pass', 'pass'],
          ],
          [
            [{ ...first, created: '2026-03-28T09:59:59Z' }, second],
            ['fail', 'fail', 'fail'],
          ],
          [
            [first, { ...second, previousProof: undefined }],
            ['fail', 'pass', 'fail'],
          ],
          [
            [first, beside, { ...second, previousProof: beside.id }],
            ['fail', 'pass', 'pass', 'fail'],
          ],
          [
            [first, beside, { ...both, previousProof: first.id }],
            ['fail', 'pass', 'pass', 'fail'],
          ],
        ] as const) {
          assert.deepEqual(statuses(await check({ ...document, proof } as unknown as JsonObject)), expected)
        }
      })
    })
  }
})
