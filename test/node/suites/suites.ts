import assert from 'node:assert/strict'
import { createAgent, jwtAgent } from '../../../node/agent/agent.ts'
import { IssuerError } from '../../../node/errors.ts'
import type { CredentialContent } from '../../../node/formats/format.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { AssertionKey, DataModel, Secured, Suite } from '../../../node/suites/suite.ts'
import { encodeCbor } from '../../../node/tokens/cbor.ts'
import { parseCompactJwt } from '../../../node/tokens/compact-jwt.ts'
import { coseBytes, coseDataUrl, parseCoseText } from '../../../node/tokens/cose-data-url.ts'
import { composeCoseSign1, signStructure } from '../../../node/tokens/cose-sign1.ts'
import {
  degree,
  degreeContextUrl,
  documentLoader,
  type Issuers,
  now,
  openIssuers,
  type TestIssuer,
} from './issuers.ts'
import { tamperedCopies } from './tampering.ts'

const publicUrl = 'http://127.0.0.1:3000'
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const variants = createSuites({ publicUrl }).flatMap((suite) =>
  suite.dataModels.flatMap((dataModel) =>
    suite.keyTypes.map((type) => ({
      name: suite.name,
      dataModel,
      type,
      embedded: suite.format === 'data-integrity',
    })),
  ),
)

const encode = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Every copy of a secured credential with one change in it: in the document, or in the header or payload of a token. */
function* tampered(secured: Secured): Generator<{ at: string; secured: Secured }> {
  if (typeof secured !== 'string') {
    for (const { at, document } of tamperedCopies(secured)) yield { at, secured: document }
    return
  }
  const cose = coseBytes('application/vc+cose', secured)
  if (cose) {
    for (const [index, byte] of cose.entries()) {
      const changed = Buffer.from(cose.with(index, byte ^ 1))
      yield { at: `byte ${index}`, secured: coseDataUrl('application/vc+cose', changed) }
    }
    return
  }
  const [jwt = '', ...disclosures] = secured.split('~')
  const [header = '', payload = '', signature = ''] = jwt.split('.')
  const token = parseCompactJwt(jwt)
  const join = (...parts: string[]) => [parts.join('.'), ...disclosures].join('~')
  for (const { at, document } of tamperedCopies(token?.payload as JsonObject)) {
    yield { at: `payload ${at}`, secured: join(header, encode(document), signature) }
  }
  for (const { at, document } of tamperedCopies(token?.header as JsonObject)) {
    yield { at: `header ${at}`, secured: join(encode(document), payload, signature) }
  }
  for (const index of [0, 20, 40]) {
    const bytes = Buffer.from(token?.signature as Uint8Array)
    bytes[index] = (bytes[index] as number) ^ 1
    yield { at: `signature ${index}`, secured: join(header, payload, bytes.toString('base64url')) }
  }
  for (const [index, text] of disclosures.slice(0, -1).entries()) {
    const [salt, ...rest] = JSON.parse(Buffer.from(text, 'base64url').toString())
    const other = Buffer.from(JSON.stringify([`${salt}x`, ...rest])).toString('base64url')
    yield { at: `disclosure ${index}`, secured: [jwt, ...disclosures.with(index, other)].join('~') }
    yield { at: `disclosure ${index} twice`, secured: [jwt, text, ...disclosures].join('~') }
  }
  yield { at: 'no signature', secured: join(header, payload, '') }
  yield { at: 'alg none', secured: join(encode({ ...token?.header, alg: 'none' }), payload, signature) }
}

/** The same COSE message with another key's signature and id. */
async function forgeCose(secured: string, { verificationMethod, signer }: AssertionKey): Promise<string> {
  const message = parseCoseText('application/vc+cose', secured)
  const header = new Map([...(message?.protectedHeader ?? []), [4, Buffer.from(verificationMethod)]] as never)
  const payload = message?.payload as Uint8Array
  const signature = await signer.sign(signStructure(encodeCbor(header as never), payload))
  return coseDataUrl('application/vc+cose', composeCoseSign1(encodeCbor(header as never), payload, signature))
}

for (const { name, dataModel, type, embedded } of variants) {
  describe(`${name}, data model ${dataModel}, ${type}`, () => {
    const isTyped = name === 'EthereumEip712Signature2021'
    // every byte is signed, nothing is expanded
    const isJcs = name.includes('-jcs-') || isTyped
    let issuers: Issuers
    let issuer: TestIssuer
    let suite: Suite

    const format = () => formats.find((candidate) => candidate.name === suite.format) as (typeof formats)[0]

    function construct(did: string, content: Partial<CredentialContent> = {}): JsonObject {
      const base = degree(did, { dataModel, ...content })
      // EIP-712 has no type for fractions
      if (isTyped) base.claims = JSON.parse(JSON.stringify(base.claims).replace('3.8', '4'))
      const status = dataModel === '1.1' ? [statusContext] : []
      return format().construct({
        ...base,
        contexts: [...base.contexts, ...status, ...suite.contexts(dataModel as DataModel)],
      })
    }

    /** What verifiers see: derived from a proof for holders alone, with everything revealed. */
    async function revealed(secured: Secured, loader = documentLoader): Promise<Secured> {
      if (!embedded || !suite.derive || name === 'BbsBlsSignature2020') return secured
      const { '@context': _, proof: __, ...members } = secured as JsonObject
      const selectivePointers = Object.keys(members).map((member) => `/${member}`)
      const { resolveKey } = issuers
      return suite.derive(secured, { selectivePointers, documentLoader: loader, resolveKey })
    }

    const secure = async (document: JsonObject, key = issuer.key, created = now) =>
      revealed(await suite.secure(document, { key, created, documentLoader }))

    const verify = (secured: Secured, at = now, resolveKey = issuers.resolveKey) =>
      suite.verify(secured, {
        resolveKey,
        resolveDidDocument: issuers.resolveDidDocument,
        documentLoader,
        now: at,
      })

    /** The agent refuses to sign with a key that is not the issuer's: an attacker has no such agent. */
    async function forge(document: JsonObject, key: AssertionKey, header: JsonObject = {}): Promise<Secured> {
      const secured = await secure(document, embedded ? key : issuer.key)
      if (typeof secured !== 'string') return secured
      if (suite.format === 'vc-cose') return forgeCose(secured, key)
      const [jwt = '', ...disclosures] = secured.split('~')
      const [, payload] = jwt.split('.')
      const parsed = parseCompactJwt(jwt)?.header
      const signingInput = `${encode({ ...parsed, kid: key.verificationMethod, ...header })}.${payload}`
      const signature = await key.signer.sign(Buffer.from(signingInput))
      return [`${signingInput}.${Buffer.from(signature).toString('base64url')}`, ...disclosures].join('~')
    }

    before(async () => {
      issuers = await openIssuers()
      issuer = await issuers.create('ethr', type)
      const agent = createAgent({
        keyStore: issuers.keyStore,
        dids: issuers.records,
        resolver: issuers.resolver,
      })
      suite = createSuites({
        publicUrl,
        agent: jwtAgent(agent),
        digestSigners: issuers.keyStore.requireDigestSigner,
      }).find((candidate) => candidate.name === name) as Suite
    })
    after(() => issuers.close())

    it('verifies what it secured, for did:ethr and did:key', async () => {
      for (const method of ['ethr', 'key'] as const) {
        const { did, key } = await issuers.create(method, type)
        const document = construct(did)
        const secured = await secure(document, key)
        const opened = format().open(secured)
        assert.ok(suite.recognises(secured))
        assert.deepEqual(opened?.document, document)
        assert.equal(opened?.facts.dataModel, dataModel)
        assert.deepEqual(await verify(opened?.secured as Secured), {
          status: 'pass',
          type: name,
          verificationMethod: key.verificationMethod,
        })
      }
    })

    it('leaves the document that it secures unchanged', async () => {
      const document = construct(issuer.did)
      const copy = structuredClone(document)
      await secure(document)
      assert.deepEqual(document, copy)
    })

    it('refuses a copy with any change', async () => {
      const secured = await secure(construct(issuer.did))
      let copies = 0
      for (const copy of tampered(secured)) {
        const { status, reason } = await verify(copy.secured)
        // a COSE key id that is no DID URL any more could be meant otherwise
        const expected = status === 'unknown' && name === 'vc+cose' ? 'unknown' : 'fail'
        assert.equal(status, expected, `${copy.at}: ${status} ${reason}`)
        copies += 1
      }
      assert.ok(copies > 50, `${copies} copies`)
    })

    it('refuses a signature by another key', async () => {
      const other = await issuers.create('ethr', type)
      const { verificationMethod } = issuer.key
      const byOther = await forge(construct(issuer.did), other.key)
      assert.match((await verify(byOther)).reason ?? '', /not controlled by the issuer/)
      const forged = await forge(construct(issuer.did), { verificationMethod, signer: other.key.signer })
      assert.match((await verify(forged)).reason ?? '', /Invalid signature/)
    })

    it('refuses a key that is not, or no longer, an assertionMethod', async () => {
      const { did, key } = await issuers.create('ethr', type)
      const secured = await secure(construct(did), key)
      issuers.edit(did, (document) => {
        document.assertionMethod = [`${did}#controller`]
        document.authentication = [key.verificationMethod]
      })
      assert.match((await verify(secured)).reason ?? '', /does not list .* under assertionMethod/)
      issuers.edit(did, (document) => {
        document.verificationMethod = []
      })
      assert.match((await verify(secured)).reason ?? '', /no such method under assertionMethod/)
    })

    it('cannot tell while the DID is out of reach, and refuses when there is none', async () => {
      const secured = await secure(construct(issuer.did))
      const outage = async () => {
        throw new IssuerError('CHAIN_UNREACHABLE')
      }
      assert.equal((await verify(secured, now, outage)).status, 'unknown')
      assert.equal((await verify(secured, now, async () => undefined)).status, 'fail')
      const missing = async () => {
        throw new IssuerError('DID_NOT_FOUND')
      }
      assert.equal((await verify(secured, now, missing)).status, 'fail')
    })

    if (name === 'vc+cose') return

    if (!embedded) {
      it('refuses well-signed tokens whose header says what it must not', async () => {
        const document = construct(issuer.did)
        assert.equal((await verify(await forge(document, issuer.key, { x: 1 }))).status, 'pass')
        for (const alg of ['EdDSA', 'ES256', 'ES384', 'ES256K', 'HS256', 'none']) {
          const token = await forge(document, issuer.key, { alg })
          const [jwt] = ((await secure(document)) as string).split('~')
          const isOwn = alg === parseCompactJwt(jwt)?.header.alg
          assert.equal((await verify(token)).status, isOwn ? 'pass' : 'fail', alg)
        }
        for (const header of [{ crit: ['b64'], b64: false }, { crit: [] }, { cty: 'JWT' }]) {
          assert.equal((await verify(await forge(document, issuer.key, header))).status, 'fail')
        }
      })
      return
    }

    it('refuses a known context beside those that were signed', async () => {
      const { proof, ...document } = (await secure(construct(issuer.did))) as JsonObject
      const contexts = [...(document['@context'] as string[]), 'https://w3id.org/security/multikey/v1']
      const beside = { ...(proof as JsonObject), '@context': contexts }
      assert.equal((await verify({ ...document, proof: beside })).status, 'fail')
      // Linked data proofs cover what the document means: a context that changes nothing in it may be added.
      const further = await verify({ ...document, '@context': contexts, proof: proof as JsonObject })
      assert.equal(further.status, isJcs ? 'fail' : 'pass')
    })

    it('refuses a proof from the future, beyond five minutes of skew', async () => {
      const secured = await secure(construct(issuer.did))
      assert.equal((await verify(secured, new Date(now.getTime() - 299_000))).status, 'pass')
      assert.match((await verify(secured, new Date(now.getTime() - 301_000))).reason ?? '', /in the future/)
    })

    it('refuses sets and chains of proofs, and another purpose', async () => {
      const { proof, ...document } = (await secure(construct(issuer.did))) as JsonObject
      const single = proof as JsonObject
      assert.equal((await verify({ ...document, proof: [single] })).status, 'pass')
      for (const changed of [
        [single, single],
        [],
        { ...single, previousProof: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479' },
        { ...single, proofPurpose: 'authentication' },
      ]) {
        assert.equal((await verify({ ...document, proof: changed })).status, 'fail')
      }
    })

    it('refuses contexts that are nested or unknown', async () => {
      const document = construct(issuer.did)
      const contexts = document['@context'] as string[]
      const inline = { extra: 'https://example.org/extra' }
      for (const changed of [
        { ...document, '@context': [...contexts, 'https://example.org/unknown'] },
        { ...document, credentialSubject: { ...(document.credentialSubject as object), '@context': inline } },
      ]) {
        await assert.rejects(secure(changed as JsonObject), { code: 'SIGNING_FAILED' })
      }
    })

    it('refuses what it cannot sign: a second proof, a key of another type', async () => {
      const secured = (await secure(construct(issuer.did))) as JsonObject
      await assert.rejects(secure(secured), /has a proof already/)
      const other = type === 'secp256k1' ? 'Ed25519' : 'secp256k1'
      const { did, key } = await issuers.create('key', other)
      await assert.rejects(secure(construct(did), key), new RegExp(`${type} .*not with ${other}`))
    })

    if (isJcs) return

    it('names the term or type that no context defines', async () => {
      const claims = { degree: { type: 'BachelorDegree', thesis: 'On Gaps' } }
      await assert.rejects(secure(construct(issuer.did, { claims })), {
        code: 'SIGNING_FAILED',
        message: 'The term "thesis" is not defined by any context of the document.',
      })
      await assert.rejects(secure(construct(issuer.did, { type: 'PilotLicence' })), {
        code: 'SIGNING_FAILED',
        message: 'The type "PilotLicence" is not defined by any context of the document.',
      })
      await assert.rejects(secure(construct(issuer.did, { contexts: [] })), /not defined by any context/)
    })

    it('cannot tell while a context is out of reach', async () => {
      const url = 'https://example.org/contexts/other'
      const having = async (asked: string) =>
        asked === url
          ? { contextUrl: null, documentUrl: url, document: { '@context': {} } }
          : documentLoader(asked)
      const outage = async (asked: string) => {
        if (asked === url) throw new IssuerError('CHAIN_UNREACHABLE')
        return documentLoader(asked)
      }
      const document = construct(issuer.did, { contexts: [degreeContextUrl, url] })
      const options = { key: issuer.key, created: now, resolveKey: issuers.resolveKey, now }
      await assert.rejects(suite.secure(document, { ...options, documentLoader: outage }), {
        code: 'CHAIN_UNREACHABLE',
      })
      const base = await suite.secure(document, { ...options, documentLoader: having })
      const secured = await revealed(base, having)
      assert.equal((await suite.verify(secured, { ...options, documentLoader: having })).status, 'pass')
      assert.equal((await suite.verify(secured, { ...options, documentLoader: outage })).status, 'unknown')
    })
  })
}
