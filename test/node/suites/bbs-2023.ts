import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import {
  createDiscloseCryptosuite,
  createSignCryptosuite,
  createVerifyCryptosuite,
} from '@digitalbazaar/bbs-2023-cryptosuite'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import fc from 'fast-check'
import jsigs from 'jsonld-signatures'
import { dataIntegrity } from '../../../node/formats/data-integrity.ts'
import type { JsonObject } from '../../../node/json.ts'
import { baseProofSuite } from '../../../node/suites/bbs/base-proof.ts'
import { chooseDisclosure } from '../../../node/suites/bbs/choose-disclosure.ts'
import { derivedProofSuite } from '../../../node/suites/bbs/derived-proof.ts'
import {
  type BaseProofValue,
  type DerivedProofValue,
  parseBaseProof,
  parseDerivedProof,
  serializeDerivedProof,
} from '../../../node/suites/bbs/proof-value.ts'
import { signMessages } from '../../../node/suites/bbs/sign-messages.ts'
import { bbs2023 } from '../../../node/suites/bbs-2023.ts'
import { secureLinkedData } from '../../../node/suites/linked-data-proof.ts'
import type { AssertionKey, DocumentLoader, ResolvedKey, Secured } from '../../../node/suites/suite.ts'
import { degree, documentLoader, now } from './issuers.ts'

const folder = new URL('../../vectors/vc-di-bbs/', import.meta.url)
const read = (file: string) => JSON.parse(readFileSync(new URL(file, folder), 'utf8'))
const octets = (text: string) => new Uint8Array(Buffer.from(text, 'hex'))

const material = read('key-material.json') as Record<string, string>
const [privateKey, publicKey, hmacKey, presentationHeader] = [
  ...[material.privateKey, material.publicKey, material.hmacKey],
  ...[material.presentationHeader],
].map((text) => octets(text as string)) as [Uint8Array, Uint8Array, Uint8Array, Uint8Array]
const multibase = String(read('prc-base.json').proof.verificationMethod).split('#')[1] as string
const did = `did:key:${multibase}`
const method = { id: `${did}#${multibase}`, type: 'Multikey', controller: did, publicKeyMultibase: multibase }
const didDocument = { id: did, verificationMethod: [method], assertionMethod: [method.id] }
const key: AssertionKey = {
  verificationMethod: method.id,
  signer: {
    keyRef: 'vectors',
    type: 'Bls12381G2',
    publicKey,
    sign: () => assert.fail('signs lists alone'),
    signMessages: (list) => signMessages({ privateKey: Uint8Array.from(privateKey), publicKey }, list),
  },
}
const resolveKey = async () =>
  ({ verificationMethod: method, didDocument, deactivated: false }) as unknown as ResolvedKey

const keyTypes = ['Bls12381G2'] as const
const split = ({ proof, ...document }: JsonObject) => ({ document, proof: proof as JsonObject })

describe('bbs-2023, test vectors', () => {
  for (const [name, selectivePointers] of [
    ['windsurf', ['/credentialSubject/boards/0', '/credentialSubject/boards/1']],
    ['prc', ['/validFrom', '/validUntil', '/credentialSubject/birthCountry']],
  ] as const) {
    const base = split(read(`${name}-base.json`))
    const derived = split(read(`${name}-derived.json`))
    const baseValue = parseBaseProof(base.proof.proofValue as string) as BaseProofValue

    it(`makes the base proof of ${name}`, async () => {
      const { mandatoryPointers } = baseValue
      const created = new Date(base.proof.created as string)
      const suite = baseProofSuite({ name: 'bbs-2023', keyTypes, key, created, mandatoryPointers, hmacKey })
      const secured = await secureLinkedData(base.document, { suite, documentLoader })
      assert.deepEqual(secured, { ...base.document, proof: base.proof })
    })

    it(`derives the proof of ${name}`, async () => {
      const nonce = Uint8Array.from(presentationHeader)
      const asked = { ...base, base: baseValue, selectivePointers, nonce }
      const chosen = await chooseDisclosure(asked, documentLoader)
      const { proof: expectedProof, ...expected } = parseDerivedProof(
        derived.proof.proofValue as string,
      ) as DerivedProofValue
      assert.deepEqual(chosen.revealed, derived.document)
      assert.deepEqual(chosen.value, expected)
      const value = { ...chosen.value, proof: expectedProof }
      assert.equal(serializeDerivedProof(value), derived.proof.proofValue)
    })

    it(`verifies the derived proof of ${name}`, async () => {
      const suite = derivedProofSuite('bbs-2023', keyTypes)
      const load: DocumentLoader = async (url) =>
        url === method.id ? { contextUrl: null, documentUrl: url, document: method } : documentLoader(url)
      const { document } = derived
      const verified = async (proof: JsonObject) =>
        (await suite.verifyProof({ document, proof, documentLoader: load } as never)).verified
      assert.equal(await verified(derived.proof), true)
      assert.equal(await verified({ ...derived.proof, created: '2023-08-15T23:36:39Z' }), false)
    })
  }
})

describe("bbs-2023, beside Digital Bazaar's cryptosuite", () => {
  const term = 'http://127.0.0.1:3000/api/v1/contexts/terms.jsonld'
  const ours = bbs2023(term)
  const load: DocumentLoader = async (url) => {
    if (url === method.id)
      return {
        contextUrl: null,
        documentUrl: url,
        document: { '@context': 'https://w3id.org/security/multikey/v1', ...method },
      }
    return documentLoader(url)
  }
  const purpose = new jsigs.purposes.ControllerProofPurpose({
    term: 'assertionMethod',
    controller: didDocument,
  })
  const librarySuite = (cryptosuite: unknown) => new DataIntegrityProof({ cryptosuite })
  const theirSigner = {
    id: method.id,
    algorithm: 'BBS-BLS12-381-SHA-256',
    publicKey,
    sign: () => assert.fail('signs lists alone'),
    multisign: ({ header, messages }: { header: Uint8Array; messages: Uint8Array[] }) =>
      signMessages(
        { privateKey: Uint8Array.from(privateKey), publicKey },
        { scheme: 'BBS', header, messages },
      ),
  }
  // The library can conceal no lists.
  const word = fc.stringMatching(/^[a-z ]{1,12}$/)
  const claims = fc.record({ name: word, gpa: fc.integer({ min: 0, max: 9 }), graduationYear: fc.integer() })

  it('derives and verifies what the other signed, and the other way round', async () => {
    await fc.assert(
      fc.asyncProperty(
        claims,
        fc.subarray(['name', 'gpa', 'graduationYear']),
        async (degreeClaims, names) => {
          const base = degree(did, { claims: { degree: { type: 'BachelorDegree', ...degreeClaims } } })
          const document = dataIntegrity.construct(base)
          const selectivePointers = names.map((name) => `/credentialSubject/degree/${name}`)
          const signed = await ours.secure(document, { key, created: now, documentLoader })
          const derivedByThem = await jsigs.derive(signed as JsonObject, {
            suite: librarySuite(createDiscloseCryptosuite({ selectivePointers })),
            purpose,
            documentLoader: load,
          })
          const verdict = await ours.verify(derivedByThem as JsonObject, { resolveKey, documentLoader, now })
          assert.equal(verdict.status, 'pass', verdict.reason)

          const signedByThem = await jsigs.sign(
            { ...document },
            {
              suite: new DataIntegrityProof({
                signer: theirSigner as never,
                cryptosuite: createSignCryptosuite({ mandatoryPointers: ['/issuer', '/validFrom'] }),
              }),
              purpose: new jsigs.purposes.AssertionProofPurpose(),
              documentLoader: load,
            },
          )
          const derived = await ours.derive?.(signedByThem as JsonObject, {
            selectivePointers,
            documentLoader,
            resolveKey,
          })
          const { verified, error } = await jsigs.verify(derived as JsonObject, {
            suite: librarySuite(createVerifyCryptosuite()),
            purpose,
            documentLoader: load,
          })
          assert.ok(verified, String(error?.errors?.[0]?.stack))
        },
      ),
      { numRuns: 3 },
    )
  }).timeout(120_000)
})

describe('bbs-2023, derived proofs', () => {
  const ours = bbs2023('http://127.0.0.1:3000/api/v1/contexts/terms.jsonld')
  const pointer = '/credentialSubject/degree/name'
  const verify = (document: JsonObject) => ours.verify(document, { resolveKey, documentLoader, now })
  const derive = async (secured: Secured, selectivePointers: readonly string[], nonce?: Uint8Array) =>
    (await ours.derive?.(secured, {
      selectivePointers,
      documentLoader,
      resolveKey,
      ...(nonce && { nonce }),
    })) as JsonObject
  let secured: JsonObject
  let derived: JsonObject

  before(async () => {
    const document = dataIntegrity.construct(degree(did))
    secured = (await ours.secure(document, { key, created: now, documentLoader })) as JsonObject
    derived = await derive(secured, [pointer])
  })

  it('reveal what was chosen and what is mandatory, nothing else', async () => {
    assert.equal((await verify(derived)).status, 'pass')
    const text = JSON.stringify(derived)
    assert.ok(text.includes('Bachelor of Science in Computer Science'))
    for (const hidden of ['2025', '3.8', 'first', 'second']) assert.ok(!text.includes(hidden), hidden)
    const bare = await derive(secured, [])
    assert.equal((await verify(bare)).status, 'pass')
    for (const name of ['issuer', 'validFrom', 'validUntil', 'credentialStatus', 'credentialSchema']) {
      assert.deepEqual(bare[name], secured[name], name)
    }
  })

  it('do not verify when anything that is mandatory is taken out', async () => {
    for (const name of [
      'issuer',
      'validFrom',
      'validUntil',
      'credentialStatus',
      'credentialSchema',
      'type',
    ]) {
      const { [name]: _, ...hiding } = derived
      assert.equal((await verify(hiding)).status, 'fail', name)
    }
  })

  it('do not verify with another choice, order or naming of statements', async () => {
    const { proof } = derived as { proof: JsonObject }
    const value = parseDerivedProof(proof.proofValue as string) as DerivedProofValue
    const { mandatoryIndexes, selectiveIndexes, labels } = value
    const [first = 0, ...others] = mandatoryIndexes
    for (const changed of [
      { mandatoryIndexes: others },
      { selectiveIndexes: [first, ...selectiveIndexes] },
      { selectiveIndexes: selectiveIndexes.map((index) => index + 1) },
      { mandatoryIndexes: [...mandatoryIndexes, 10_000] },
      { labels: new Map([...labels].map(([label, shuffled]) => [label, shuffled + 1])) },
      { labels: new Map<number, number>() },
      { presentationHeader: Uint8Array.of(1) },
    ]) {
      const proofValue = serializeDerivedProof({ ...value, ...changed })
      const { status } = await verify({ ...derived, proof: { ...proof, proofValue } })
      assert.equal(status, 'fail', JSON.stringify(Object.keys(changed)))
    }
  })

  it('cannot be linked by their proofs, and repeat the nonce that they are given', async () => {
    const parsed = ({ proof }: JsonObject) =>
      parseDerivedProof((proof as JsonObject).proofValue as string) as DerivedProofValue
    const [one, other] = [parsed(derived), parsed(await derive(secured, [pointer], Uint8Array.of(7)))]
    assert.notDeepEqual(one.proof, other.proof)
    assert.deepEqual(other.presentationHeader, Uint8Array.of(7))
  })

  it('are made of base proofs alone, by pointers that lead somewhere', async () => {
    for (const pointers of [
      ['/credentialSubject/nothing'],
      ['/@context'],
      ['/constructor'],
      ['no pointer'],
    ]) {
      await assert.rejects(derive(secured, pointers), { code: 'DERIVATION_FAILED' })
    }
    const honour = ['/credentialSubject/degree/honours/0']
    await assert.rejects(derive(secured, honour), { code: 'DERIVATION_FAILED' })
    const changed = { ...secured, credentialSubject: { id: 'did:example:other' } }
    for (const other of [derived, changed, { ...secured, proof: {} }, 'token']) {
      await assert.rejects(derive(other as Secured, []), { code: 'DERIVATION_FAILED' })
    }
  })

  it('tell what a literal says, though it looks like a blank node', async () => {
    const base = degree(did, { claims: { degree: { type: 'BachelorDegree', name: '_:b0 <urn:bnid:x>' } } })
    const document = dataIntegrity.construct(base)
    const odd = await derive(await ours.secure(document, { key, created: now, documentLoader }), [pointer])
    assert.equal((await verify(odd)).status, 'pass')
    const other = JSON.parse(JSON.stringify(odd).replace('_:b0', '_:b1'))
    assert.equal((await verify(other)).status, 'fail')
  })

  it('refuses to sign more statements than BBS takes, and for pointers that lead nowhere', async () => {
    const honours = Array.from({ length: 300 }, (_, index) => `honour ${index}`)
    const base = degree(did, { claims: { degree: { type: 'BachelorDegree', honours } } })
    const options = { key, created: now, documentLoader }
    await assert.rejects(ours.secure(dataIntegrity.construct(base), options), /BBS signatures have up to 512/)
    const lost = { ...options, mandatoryPointers: ['/nothing'] }
    await assert.rejects(ours.secure(dataIntegrity.construct(degree(did)), lost), { code: 'SIGNING_FAILED' })
  })
})
