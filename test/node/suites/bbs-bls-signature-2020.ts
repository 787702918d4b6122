import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { IssuerError } from '../../../node/errors.ts'
import { dataIntegrity } from '../../../node/formats/data-integrity.ts'
import type { Json, JsonObject } from '../../../node/json.ts'
import { choosePlusDisclosure } from '../../../node/suites/bbs/plus-disclosure.ts'
import { parsePlusProof } from '../../../node/suites/bbs/plus-proof.ts'
import { plusMessages, proofStatements } from '../../../node/suites/bbs/plus-statements.ts'
import { bbsBlsSignature2020 } from '../../../node/suites/bbs-bls-signature-2020.ts'
import { credentialTermsUrl } from '../../../node/suites/contexts/bundled-contexts.ts'
import { verifyLinkedData } from '../../../node/suites/linked-data-proof.ts'
import type { ResolvedKey, Secured } from '../../../node/suites/suite.ts'
import { inThread } from '../../../node/threads/in-thread.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'
import { tamperedCopies } from './tampering.ts'

const suite = bbsBlsSignature2020(credentialTermsUrl('http://127.0.0.1:3000'))
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const pointer = '/credentialSubject/degree/name'
const claims = {
  degree: { type: 'BachelorDegree', name: 'Bachelor of Science', graduationYear: 2025, gpa: 3.8 },
}

const strings = (value: Json): string[] =>
  typeof value === 'object' && value !== null
    ? Object.values(value).flatMap((item) => strings(item as Json))
    : [String(value)]

describe('BbsBlsSignature2020, derived proofs', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let secured: JsonObject
  let derived: JsonObject

  const verify = (document: Secured) =>
    suite.verify(document, { resolveKey: issuers.resolveKey, documentLoader, now })
  const derive = async (selectivePointers: readonly string[], nonce?: Uint8Array) =>
    (await suite.derive?.(secured, {
      selectivePointers,
      documentLoader,
      resolveKey: issuers.resolveKey,
      ...(nonce && { nonce }),
    })) as JsonObject

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('key', 'Bls12381G2')
    const base = degree(issuer.did, { dataModel: '1.1', claims })
    const contexts = [...base.contexts, statusContext, ...suite.contexts('1.1')]
    const document = dataIntegrity.construct({ ...base, contexts })
    secured = (await suite.secure(document, { key: issuer.key, created: now, documentLoader })) as JsonObject
    derived = await derive([pointer])
  })
  after(() => issuers.close())

  it('verify, and reveal nothing else', async () => {
    assert.equal((await verify(derived)).status, 'pass')
    assert.ok(strings(derived).includes('Bachelor of Science'))
    for (const hidden of ['2025', '3.8']) assert.ok(!strings(derived).includes(hidden))
  })

  it('show status, schema, end and issuer without being asked to', async () => {
    const bare = await derive([])
    assert.equal((await verify(bare)).status, 'pass')
    for (const name of ['issuer', 'issuanceDate', 'expirationDate', 'credentialStatus', 'credentialSchema']) {
      assert.deepEqual(bare[name], secured[name], name)
    }
  })

  it('refuses a copy with any change', async () => {
    for (const { at, document } of tamperedCopies(derived)) {
      const { status, reason } = await verify(document)
      assert.equal(status, 'fail', `${at}: ${status} ${reason}`)
    }
  }).timeout(60_000)

  it('refuses the proof of a holder who hides the status, the schema or the end', async () => {
    const { proof, ...document } = secured as { proof: JsonObject } & JsonObject
    const method = (await issuers.resolveKey(String(proof.verificationMethod))) as ResolvedKey
    const head = await proofStatements(proof, documentLoader)
    const whole = await choosePlusDisclosure({ document, selectivePointers: [] }, documentLoader)
    const publicKey = issuer.key.signer.publicKey
    assert.ok(method)
    for (const member of ['credentialStatus', 'credentialSchema', 'expirationDate']) {
      const status = document[member] as JsonObject | string
      const id = typeof status === 'string' ? undefined : status.id
      const places = whole.places.filter((place) => {
        const statement = whole.statements[place] as string
        return !statement.includes(`#${member}>`) && !(id && statement.startsWith(`<${id}>`))
      })
      const { [member]: _, ...hiding } = whole.revealed
      const nonce = new Uint8Array(32)
      const made = await inThread('bbs', 'proofGenPlus', {
        ...{ publicKey, nonce, messages: plusMessages([...head, ...whole.statements]) },
        signature: Uint8Array.from(Buffer.from(String(proof.proofValue), 'base64')),
        revealed: [...head.keys(), ...places.map((place) => head.length + place)],
      })
      const [proofValue, text] = [made, nonce].map((octets) => Buffer.from(octets).toString('base64'))
      const forged = { ...proof, type: 'BbsBlsSignatureProof2020', proofValue, nonce: text } as JsonObject
      const { status: verdict, reason } = await verify({ ...hiding, proof: forged })
      assert.equal(verdict, 'fail', member)
      assert.match(reason ?? '', /hides statements of the credential itself/, member)
    }
  })

  it('cannot be linked by their proofs', async () => {
    const other = await derive([pointer])
    const values = [derived, other].map(({ proof }) => proof as JsonObject)
    assert.notEqual(values[0]?.proofValue, values[1]?.proofValue)
    assert.notEqual(values[0]?.nonce, values[1]?.nonce)
  })

  it('repeat the nonce that they are given', async () => {
    const { proof } = await derive([], Uint8Array.of(1, 2, 3))
    assert.equal((proof as JsonObject).nonce, 'AQID')
  })

  it('are not made of what was not signed, of lists, or for pointers that lead nowhere', async () => {
    await assert.rejects(derive(['/credentialSubject/nothing']), { code: 'DERIVATION_FAILED' })
    const options = { selectivePointers: [], documentLoader, resolveKey: issuers.resolveKey }
    for (const changed of [{ ...secured, id: 'urn:uuid:other' }, derived, 'token']) {
      await assert.rejects(async () => suite.derive?.(changed as Secured, options), {
        code: 'DERIVATION_FAILED',
      })
    }
    const listed = degree(issuer.did, { dataModel: '1.1' })
    const contexts = [...listed.contexts, statusContext, ...suite.contexts('1.1')]
    const document = dataIntegrity.construct({ ...listed, contexts })
    const withList = await suite.secure(document, { key: issuer.key, created: now, documentLoader })
    const honours = { ...options, selectivePointers: ['/credentialSubject/degree/honours'] }
    await assert.rejects(async () => suite.derive?.(withList, honours), /list cannot be revealed/)
  })

  it('are neither good nor bad where no thread can be had', async () => {
    const busy = {
      type: 'BbsBlsSignatureProof2020',
      matchProof: async () => true,
      verifyProof: async () => {
        throw new IssuerError('NODE_BUSY')
      },
    } as unknown as LibrarySuite
    const options = { resolveKey: issuers.resolveKey, documentLoader, now }
    const verdict = await verifyLinkedData(derived, { ...options, suite: busy, type: 'test' })
    assert.equal(verdict.status, 'unknown')
    assert.equal(verdict.reason, new IssuerError('NODE_BUSY').message)
  })

  it('survive what ends a thread', async () => {
    const { publicKey } = issuer.key.signer
    const broken = { publicKey, messages: [], proof: new Uint8Array(0), nonce: new Uint8Array(1) }
    assert.equal(parsePlusProof(broken.proof), undefined)
    const calls = [inThread('bbs', 'proofVerifyPlus', broken).catch(() => 'ended'), verify(derived)]
    const [ended, verdict] = await Promise.all(calls)
    assert.equal(ended, 'ended')
    assert.equal((verdict as { status: string }).status, 'pass')
  })
})

describe('BbsBlsSignature2020, made by another library', () => {
  const file = new URL('../../vectors/bbs-bls-signature-2020/library.json', import.meta.url)
  const vectors = JSON.parse(readFileSync(file, 'utf8')) as Record<string, JsonObject>
  const method = vectors.verificationMethod as JsonObject & { id: string; controller: string }
  const resolveKey = async () =>
    ({
      verificationMethod: method,
      didDocument: { id: method.controller, verificationMethod: [method], assertionMethod: [method.id] },
      deactivated: false,
    }) as unknown as ResolvedKey
  const verify = (name: string) =>
    suite.verify(vectors[name] as JsonObject, { resolveKey, documentLoader, now: new Date('2027-01-01') })

  it('verifies its credential and what it derives', async () => {
    for (const name of ['signed', 'derived']) {
      const { status, reason } = await verify(name)
      assert.equal(status, 'pass', `${name}: ${reason}`)
    }
  })

  it('refuses what it lets holders hide', async () => {
    assert.match((await verify('hidingTheEnd')).reason ?? '', /hides statements of the credential itself/)
  })

  it('derives from its credential', async () => {
    const options = { selectivePointers: [pointer], documentLoader, resolveKey, now: new Date('2027-01-01') }
    const own = (await suite.derive?.(vectors.signed as JsonObject, options)) as JsonObject
    assert.equal((await suite.verify(own, options)).status, 'pass')
  })
})
