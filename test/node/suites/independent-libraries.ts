import assert from 'node:assert/strict'
import { createPublicKey } from 'node:crypto'
import { issue } from '@digitalbazaar/vc'
import {
  createVerifiableCredentialJwt,
  type Issuer,
  verifyCredential as verifyJwtCredential,
} from 'did-jwt-vc'
import type { Resolvable } from 'did-resolver'
import fc from 'fast-check'
import { jwtVerify } from 'jose'
import { createAgent, jwtAgent, type VeramoAgent } from '../../../node/agent/agent.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { DataModel, Suite } from '../../../node/suites/suite.ts'
import { verificationKey } from '../../../node/suites/verification-key.ts'
import { digitalBazaar, verifyThere } from './digital-bazaar.ts'
import {
  degree,
  degreeContextUrl,
  documentLoader,
  type Issuers,
  now,
  openIssuers,
  type TestIssuer,
} from './issuers.ts'

const publicUrl = 'http://127.0.0.1:3000'
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const [jsonFormat, tokenFormat] = formats as [(typeof formats)[0], (typeof formats)[0]]

function construct(suite: Suite, dataModel: DataModel, did: string, content = {}): JsonObject {
  const status = dataModel === '1.1' ? [statusContext] : []
  const contexts = [degreeContextUrl, ...status, ...suite.contexts(dataModel)]
  return jsonFormat.construct(degree(did, { dataModel, contexts, ...content }))
}

/** A secured document without its signature. */
function unsigned(secured: unknown): JsonObject {
  const { proof, ...document } = secured as JsonObject & { proof: JsonObject }
  const { proofValue: _, ...options } = proof
  return { ...document, proof: options }
}

describe('suites beside Digital Bazaar’s libraries', () => {
  let issuers: Issuers
  const suites = createSuites({ publicUrl })

  before(async () => {
    issuers = await openIssuers()
  })
  after(() => issuers.close())

  /** The loader of a verifier: contexts, DID documents and verification methods. */
  const load = async (url: string) => {
    if (!url.startsWith('did:')) return documentLoader(url)
    const [did = ''] = url.split('#')
    const { didDocument } = await issuers.resolver.resolve(did)
    const method = didDocument?.verificationMethod?.find(({ id }) => id === url)
    return { contextUrl: null, documentUrl: url, document: url === did ? didDocument : method }
  }
  const verify = (credential: JsonObject) => verifyThere(credential, load, now)

  for (const [name, { signer, keyTypes, deterministic }] of Object.entries(digitalBazaar)) {
    const suite = suites.find((candidate) => candidate.name === name) as Suite
    const variants = keyTypes.flatMap((type) => suite.dataModels.map((dataModel) => ({ type, dataModel })))
    for (const { type, dataModel } of variants) {
      for (const method of ['ethr', 'key'] as const) {
        const variant = `${name}, ${dataModel}, ${type}, did:${method}`

        it(`${variant}: what is signed here verifies there, tampered it does not`, async () => {
          const { did, key } = await issuers.create(method, type)
          const document = construct(suite, dataModel, did)
          const secured = (await suite.secure(document, { key, created: now, documentLoader })) as JsonObject
          const { verified, error } = await verify(secured)
          assert.ok(verified, String(error?.errors ?? error))
          const tampered = { ...secured, id: 'urn:uuid:00000000-0000-4000-8000-000000000000' }
          assert.equal((await verify(tampered)).verified, false)
        })

        it(`${variant}: signed there it is the same, but for random signatures, and verifies here`, async () => {
          const { did, key } = await issuers.create(method, type)
          const document = construct(suite, dataModel, did)
          const theirs = await issue({
            credential: structuredClone(document),
            suite: signer(
              {
                id: key.verificationMethod,
                algorithm: type,
                sign: async ({ data }) => key.signer.sign(data),
              },
              now,
            ),
            documentLoader: load,
          })
          const ours = await suite.secure(document, { key, created: now, documentLoader })
          if (deterministic) assert.deepEqual(theirs, ours)
          else assert.deepEqual(unsigned(theirs), unsigned(ours))
          const verdict = await suite.verify(theirs, { resolveKey: issuers.resolveKey, documentLoader, now })
          assert.equal(verdict.status, 'pass', verdict.reason)
        })
      }
    }
  }
})

describe('JwtProof2020 beside jose, did-jwt-vc and Veramo', () => {
  let issuers: Issuers
  let agent: VeramoAgent
  let suite: Suite

  before(async () => {
    issuers = await openIssuers()
    agent = createAgent({ keyStore: issuers.keyStore, dids: issuers.records, resolver: issuers.resolver })
    suite = createSuites({ publicUrl, agent: jwtAgent(agent) }).find(
      ({ name }) => name === 'JwtProof2020',
    ) as Suite
  })
  after(() => issuers.close())

  const secure = async ({ did, key }: TestIssuer, content = {}) =>
    (await suite.secure(construct(suite, '1.1', did, content), {
      key,
      created: now,
      documentLoader,
    })) as string

  const tampered = (token: string) => {
    const [header, payload = '', signature] = token.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const changed = Buffer.from(JSON.stringify({ ...claims, jti: 'urn:x' })).toString('base64url')
    return [header, changed, signature].join('.')
  }

  for (const [type, alg] of [
    ['Ed25519', 'EdDSA'],
    ['P-256', 'ES256'],
    ['secp256k1', 'ES256K'],
  ] as const) {
    for (const method of ['ethr', 'key'] as const) {
      it(`${alg}, did:${method}: did-jwt-vc finds the key and verifies; tampered it does not`, async () => {
        const issuer = await issuers.create(method, type)
        const token = await secure(issuer)
        const resolver = issuers.resolver as unknown as Resolvable
        const options = { policies: { now: now.getTime() / 1000 }, proofPurpose: 'assertionMethod' } as const
        const verified = await verifyJwtCredential(token, resolver as never, options)
        assert.equal(verified.verifiableCredential.issuer.id, issuer.did)
        assert.equal(verified.signer.id, issuer.key.verificationMethod)
        await assert.rejects(verifyJwtCredential(tampered(token), resolver as never, options))
      })

      it(`${alg}, did:${method}: the agent verifies too`, async () => {
        const issuer = await issuers.create(method, type)
        const policies = { now: now.getTime() / 1000, credentialStatus: false }
        const result = await agent.verifyCredential({ credential: await secure(issuer), policies })
        assert.equal(result.verified, true, result.error?.message)
      })
    }

    // jose 6 has no ES256K.
    if (type !== 'secp256k1') {
      it(`${alg}: jose verifies; tampered it does not`, async () => {
        const issuer = await issuers.create('ethr', type)
        const token = await secure(issuer)
        const resolved = await issuers.resolveKey(issuer.key.verificationMethod)
        const key = verificationKey(resolved?.verificationMethod as JsonObject)?.key
        const jwk = createPublicKey(key?.export({ format: 'pem', type: 'spki' }) as string)
        const { payload, protectedHeader } = await jwtVerify(token, jwk, {
          issuer: issuer.did,
          currentDate: now,
        })
        assert.equal(payload.sub, degree('').holderDid)
        assert.deepEqual(protectedHeader, { kid: issuer.key.verificationMethod, alg, typ: 'JWT' })
        await assert.rejects(jwtVerify(tampered(token), jwk, { currentDate: now }))
      })
    }

    it(`${alg}: a token of did-jwt-vc without kid verifies here, by the issuer's document`, async () => {
      const { did, key } = await issuers.create('ethr', type)
      const signer = async (data: string | Uint8Array) =>
        Buffer.from(await key.signer.sign(Buffer.from(data as string))).toString('base64url')
      const document = construct(suite, '1.1', did)
      const token = await createVerifiableCredentialJwt(document as never, { did, signer, alg } as Issuer)
      const options = { resolveKey: issuers.resolveKey, documentLoader, now }
      const { resolveDidDocument } = issuers
      const verdict = await suite.verify(token, { ...options, resolveDidDocument })
      assert.deepEqual(verdict, {
        status: 'pass',
        type: 'JwtProof2020',
        verificationMethod: key.verificationMethod,
      })
      assert.equal((await suite.verify(tampered(token), { ...options, resolveDidDocument })).status, 'fail')
      assert.equal((await suite.verify(token, options)).status, 'unknown')
      assert.deepEqual(tokenFormat.open(token)?.document, document)
    })
  }

  it('refuses dates that did-jwt-vc takes for milliseconds, for every algorithm', async () => {
    for (const type of ['Ed25519', 'P-256'] as const) {
      const issuer = await issuers.create('ethr', type)
      const validUntil = new Date('9999-12-31T23:59:59Z')
      await assert.rejects(secure(issuer, { validUntil }), { code: 'EXPIRATION_INVALID' })
    }
  })

  /** Ed25519 gives one signature for one message; ECDSA of OpenSSL gives another one each time. */
  const compared = (token: string, type: 'Ed25519' | 'P-256') =>
    type === 'Ed25519' ? token : token.split('.').slice(0, 2).join('.')

  for (const type of ['Ed25519', 'P-256'] as const)
    it(`makes the same bytes for ${type} as Veramo, whatever the credential`, async () => {
      const issuer = await issuers.create('ethr', type)
      const { createCredentialJwt } = jwtAgent(agent)
      const text = fc.string({ unit: 'binary', maxLength: 20 }).filter((value) => value.isWellFormed())
      const names = fc
        .string({ minLength: 1, maxLength: 8 })
        .filter((name) => !/^(@.*|id|__proto__)$/.test(name))
      const arbitrary = fc.record({
        claims: fc.dictionary(names, fc.jsonValue({ maxDepth: 3, stringUnit: 'binary' }), { minKeys: 1 }),
        issuer: fc.option(text, { nil: undefined }),
        validFrom: fc.date({ min: new Date(0), max: new Date('5138-01-01'), noInvalidDate: true }),
        validUntil: fc.option(
          fc.date({ min: new Date(0), max: new Date('5138-01-01'), noInvalidDate: true }),
          {
            nil: undefined,
          },
        ),
        statuses: fc.integer({ min: 0, max: 2 }),
      })
      await fc.assert(
        fc.asyncProperty(arbitrary, async ({ claims, issuer: name, validFrom, validUntil, statuses }) => {
          const [status] = degree(issuer.did).credentialStatus as [JsonObject]
          const content = {
            claims,
            issuer: { id: issuer.did, ...(name === undefined ? {} : { name }) },
            validFrom,
            ...(validUntil ? { validUntil } : { validUntil: undefined }),
            credentialStatus: Array.from({ length: statuses }, () => status),
          }
          const document = construct(suite, '1.1', issuer.did, content)
          const { keyRef } = issuer.key.signer
          const kid = issuer.key.verificationMethod
          const theirs = await createCredentialJwt({ document, keyRef, kid })
          assert.equal(compared(await secure(issuer, content), type), compared(theirs, type))
        }),
        { numRuns: 200, seed: 20_260_328 },
      )
    })
})
