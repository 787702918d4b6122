import assert from 'node:assert/strict'
import * as dataIntegrity from '@digitalbazaar/data-integrity'
import * as library from '@digitalbazaar/ecdsa-sd-2023-cryptosuite'
import { issue, verifyCredential } from '@digitalbazaar/vc'
import jsigs from 'jsonld-signatures'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import {
  type BaseProofValue,
  parseBaseProof,
  parseDerivedProof,
  serializeBaseProof,
  serializeDerivedProof,
} from '../../../node/suites/ecdsa-sd-proof-value.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { Suite } from '../../../node/suites/suite.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

type Credential = JsonObject & { proof: Record<string, string>; credentialSubject: JsonObject }

describe('ecdsa-sd-2023', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let suite: Suite

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'P-256')
    const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
    suite = suites.find(({ name }) => name === 'ecdsa-sd-2023') as Suite
  })
  after(() => issuers.close())

  const construct = (content: Parameters<typeof degree>[1] = {}) =>
    (formats[0] as (typeof formats)[0]).construct(degree(issuer.did, content))
  const secure = async (document: JsonObject, mandatoryPointers?: string[]) =>
    (await suite.secure(document, {
      key: issuer.key,
      created: now,
      documentLoader,
      ...(mandatoryPointers && { mandatoryPointers }),
    })) as Credential
  const derive = async (base: JsonObject, ...selectivePointers: string[]) => {
    const { resolveKey } = issuers
    return (await suite.derive?.(base, { selectivePointers, documentLoader, resolveKey })) as Credential
  }
  const verify = (secured: JsonObject) =>
    suite.verify(secured, { resolveKey: issuers.resolveKey, documentLoader, now })
  const withProofValue = (secured: Credential, proofValue: string) => ({
    ...secured,
    proof: { ...secured.proof, proofValue },
  })

  it('reveals what is chosen, what every verifier has to see, and nothing else', async () => {
    const derived = await derive(await secure(construct()), '/credentialSubject/degree/gpa')
    assert.equal((await verify(derived)).status, 'pass')
    const { proof: _, ...shown } = derived
    const { credentialSubject, ...document } = construct()
    const { id } = credentialSubject as JsonObject
    assert.deepEqual(shown, {
      ...document,
      credentialSubject: { id, degree: { type: 'BachelorDegree', gpa: 3.8 } },
    })
    const value = parseDerivedProof(derived.proof.proofValue as string)
    // that there is a subject, its degree, the type of the degree, and the one value
    assert.equal(value?.signatures.length, 4)
  })

  it('reveals what the issuer adds to that', async () => {
    const base = await secure(construct(), ['/credentialSubject/degree/name'])
    const { credentialSubject } = await derive(base, '/credentialSubject/degree/gpa')
    assert.equal((credentialSubject.degree as JsonObject).name, 'Bachelor of Science in Computer Science')
  })

  it('lets nobody hide the status, the schema, the issuer or the end', async () => {
    const base = await secure(construct())
    const derived = await derive(base, '/credentialSubject/degree')
    for (const member of ['credentialStatus', 'credentialSchema', 'validFrom', 'validUntil', 'type']) {
      const { [member]: hidden, ...rest } = derived
      assert.ok(hidden !== undefined, member)
      assert.equal((await verify(rest as JsonObject)).status, 'fail', member)
    }
    // A holder who says that other pointers were mandatory.
    const value = parseBaseProof(base.proof.proofValue as string) as BaseProofValue
    const fewer = serializeBaseProof({ ...value, mandatoryPointers: ['/issuer'] })
    await assert.rejects(derive(withProofValue(base, fewer), '/credentialSubject/degree'), {
      code: 'DERIVATION_FAILED',
    })
  })

  it('does not verify what was put together from two credentials', async () => {
    const [one, other] = [
      await secure(construct()),
      await secure(construct({ claims: { degree: { type: 'BachelorDegree', gpa: 1.1 } } })),
    ]
    const [mine, better] = [
      await derive(other, '/credentialSubject/degree/gpa'),
      await derive(one, '/credentialSubject/degree/gpa'),
    ]
    const swapped = { ...mine, credentialSubject: better.credentialSubject }
    assert.equal((await verify(swapped)).status, 'fail')
    const [from, to] = [mine, better].map(({ proof }) => parseDerivedProof(proof.proofValue as string))
    if (!from || !to) throw new Error('derived proofs')
    for (const parts of [
      { signatures: to.signatures },
      { publicKey: to.publicKey },
      { signatures: to.signatures, publicKey: to.publicKey },
      { signatures: from.signatures.slice(1) },
      { signatures: [...from.signatures, ...from.signatures] },
      { mandatoryIndexes: [...from.mandatoryIndexes, ...from.mandatoryIndexes] },
      { mandatoryIndexes: [] },
      { mandatoryIndexes: [...from.mandatoryIndexes, 0] },
      { mandatoryIndexes: [...from.mandatoryIndexes, 10_000] },
      { labels: to.labels },
    ]) {
      const forged = withProofValue(mine, serializeDerivedProof({ ...from, ...parts }))
      assert.equal((await verify(forged)).status, 'fail', Object.keys(parts).join())
    }
  })

  it('refuses one node that was split into two', async () => {
    const claims = { degree: { type: 'BachelorDegree', name: 'A', gpa: 1 } }
    const derived = await derive(await secure(construct({ claims })), '/credentialSubject/degree')
    const value = parseDerivedProof(derived.proof.proofValue as string)
    if (!value) throw new Error('derived proof')
    const [[, label] = ['', '']] = [...value.labels]
    const labels = new Map([...value.labels, ['c14n1', label]])
    const { degree: whole, ...subject } = derived.credentialSubject as JsonObject & { degree: JsonObject }
    const { name, gpa, ...node } = whole
    const split = {
      ...derived,
      credentialSubject: {
        ...subject,
        degree: [
          { ...node, name },
          { ...node, gpa },
        ],
      },
    }
    const forged = withProofValue(split as unknown as Credential, serializeDerivedProof({ ...value, labels }))
    assert.equal((await verify(forged)).status, 'fail')
    assert.equal(parseDerivedProof(forged.proof.proofValue), undefined)
  })

  it('signs text that looks like a blank node as it is', async () => {
    const claims = { degree: { type: 'BachelorDegree', name: '_:alice and <urn:bnid:x> _:c14n0', gpa: 1 } }
    const derived = await derive(await secure(construct({ claims })), '/credentialSubject')
    assert.equal((await verify(derived)).status, 'pass')
    const text = JSON.stringify(derived)
    for (const [from, to] of [
      ['_:alice', '_:bob'],
      ['urn:bnid:x', 'urn:bnid:y'],
      ['_:c14n0', '_:c14n1'],
    ] as const) {
      assert.equal((await verify(JSON.parse(text.replace(from, to)))).status, 'fail', from)
    }
  })

  it('reveals a list as a whole, and no part of it', async () => {
    const base = await secure(construct())
    const derived = await derive(base, '/credentialSubject/degree/honours')
    assert.deepEqual((derived.credentialSubject.degree as JsonObject).honours, ['first', 'second'])
    assert.equal((await verify(derived)).status, 'pass')
    const second = '/credentialSubject/degree/honours/1'
    await assert.rejects(derive(base, second), { code: 'DERIVATION_FAILED' })
    await assert.rejects(secure(construct(), [second]), { code: 'DERIVATION_FAILED' })
  })

  it('keeps arrays of one element under their pointers', async () => {
    const document = construct()
    const subject = document.credentialSubject as JsonObject
    const base = await secure({ ...document, credentialSubject: [subject] })
    const derived = await derive(base, '/credentialSubject/0/degree/gpa')
    assert.equal((await verify(derived)).status, 'pass')
    const [shown] = derived.credentialSubject as unknown as JsonObject[]
    assert.deepEqual(shown?.degree, { type: 'BachelorDegree', gpa: 3.8 })
  })

  it('refuses pointers that lead nowhere, and every object’s members', async () => {
    const base = await secure(construct())
    for (const pointer of [
      ...['credentialSubject', '/credentialSubject/none', '/credentialSubject/degree/honours/2', '/~2'],
      ...['/@context', '/proof', '/proof/proofValue', '/__proto__', '/constructor/prototype', '/toString'],
      ...['/credentialSubject/degree/honours/length', '/credentialSubject/degree/honours/01'],
    ]) {
      await assert.rejects(derive(base, pointer), { code: 'DERIVATION_FAILED' }, pointer)
      await assert.rejects(secure(construct(), [pointer]), { code: 'MALFORMED_REQUEST' }, pointer)
    }
  })

  it('derives from base proofs alone, and shows something of the subject', async () => {
    const base = await secure(construct())
    const derived = await derive(base, '/credentialSubject/degree/gpa')
    const { proofValue = '' } = base.proof
    await assert.rejects(derive(base), /has to show something of its credentialSubject/)
    for (const secured of [
      derived,
      withProofValue(base, 'uAAAA'),
      withProofValue(base, `${proofValue.slice(0, -8)}`),
      withProofValue(base, `z${proofValue.slice(1)}`),
      { ...base, name: 'added' },
    ]) {
      await assert.rejects(derive(secured, '/credentialSubject/degree/gpa'), { code: 'DERIVATION_FAILED' })
    }
  })

  it('refuses proof values in another spelling', async () => {
    const derived = await derive(await secure(construct()), '/credentialSubject')
    const { proofValue = '' } = derived.proof
    const decode = (text: string) => Buffer.from(text.slice(1), 'base64url')
    const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_']
    // base64url leaves bits of the last letter unused, or a whole letter.
    const twins = letters
      .flatMap((letter) => [proofValue.slice(0, -1) + letter, proofValue + letter])
      .filter((text) => text !== proofValue && decode(text).equals(decode(proofValue)))
    assert.ok(twins.length > 0)
    for (const spelling of [...twins, `${proofValue}=`, ` ${proofValue}`, `m${proofValue.slice(1)}`]) {
      assert.equal((await verify(withProofValue(derived, spelling))).status, 'fail')
    }
  })

  it('makes no proof that follows others', async () => {
    const options = { key: issuer.key, created: now, documentLoader }
    const previousProofs = [{ id: 'urn:uuid:26329423-bec9-4b2e-88cb-a7c7d9dc4544' }]
    await assert.rejects(suite.secure(construct(), { ...options, previousProofs }), {
      code: 'SIGNING_FAILED',
    })
  })

  describe('beside Digital Bazaar’s library', () => {
    const load = async (url: string) => {
      if (!url.startsWith('did:')) return documentLoader(url)
      const [did = ''] = url.split('#')
      const { didDocument } = await issuers.resolver.resolve(did)
      const method = didDocument?.verificationMethod?.find(({ id }) => id === url)
      return { contextUrl: null, documentUrl: url, document: url === did ? didDocument : method }
    }
    const proof = (cryptosuite: unknown, signer?: LibrarySigner) =>
      new dataIntegrity.DataIntegrityProof({ cryptosuite, ...(signer && { signer, date: now }) })
    const verifyThere = (credential: JsonObject) =>
      verifyCredential({
        credential,
        suite: proof(library.createVerifyCryptosuite()),
        documentLoader: load,
        checkStatus: async () => ({ verified: true }),
        now,
      })
    const deriveThere = (base: JsonObject, ...selectivePointers: string[]) =>
      jsigs.derive(base, {
        suite: proof(library.createDiscloseCryptosuite({ selectivePointers })),
        purpose: new jsigs.purposes.AssertionProofPurpose(),
        documentLoader: load,
      })
    // It cannot disclose from documents with lists.
    const claims = { degree: { type: 'BachelorDegree', name: 'Bachelor of Science', gpa: 3.8 } }
    const pointers = ['/credentialSubject/degree/gpa']

    it('what is derived here verifies there; tampered it does not', async () => {
      for (const content of [{}, { claims }]) {
        const derived = await derive(await secure(construct(content)), ...pointers)
        const { verified, error } = await verifyThere(derived)
        assert.ok(verified, String(error?.errors ?? error))
        assert.equal((await verifyThere({ ...derived, id: 'urn:uuid:0' })).verified, false)
      }
    })

    it('both derive the same from one base proof, made here or there', async () => {
      const document = construct({ claims })
      const signer = {
        id: issuer.key.verificationMethod,
        algorithm: 'P-256',
        sign: async ({ data }: { data: Uint8Array }) => issuer.key.signer.sign(data),
      }
      const theirs = await issue({
        credential: structuredClone(document),
        suite: proof(library.createSignCryptosuite({ mandatoryPointers: ['/issuer'] }), signer),
        documentLoader: load,
      })
      for (const base of [theirs as JsonObject, await secure(document)]) {
        const here = await derive(base, ...pointers)
        assert.deepEqual(await deriveThere(structuredClone(base), ...pointers), here)
        assert.equal((await verify(here)).status, 'pass')
        assert.ok((await verifyThere(here)).verified)
      }
    })
  })
})
