import assert from 'node:assert/strict'
import { createHash, createPublicKey, type JsonWebKey, randomBytes } from 'node:crypto'
import { ECDSAKey } from '@ldclabs/cose-ts/ecdsa'
import { Ed25519Key } from '@ldclabs/cose-ts/ed25519'
import { Sign1Message } from '@ldclabs/cose-ts/sign1'
import { SDJwtInstance } from '@sd-jwt/core'
import { SDJwtVcInstance } from '@sd-jwt/sd-jwt-vc'
import { compactVerify, importJWK } from 'jose'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { Suite } from '../../../node/suites/suite.ts'
import { verificationKey, verifySignature } from '../../../node/suites/verification-key.ts'
import { coseBytes } from '../../../node/tokens/cose-data-url.ts'
import { parseSdJwt, type SdJwt } from '../../../node/tokens/sd-jwt.ts'
import { openCredential } from '../../../node/verification/open-credential.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const suiteOf = (name: string) => suites.find((suite) => suite.name === name) as Suite
const algorithms = { Ed25519: 'EdDSA', 'P-256': 'ES256', 'P-384': 'ES384', secp256k1: 'ES256K' } as const
type Signing = keyof typeof algorithms
const hasher = (data: string | ArrayBuffer, alg: string) =>
  createHash(alg.replace('-', ''))
    .update(data as string)
    .digest()
const saltGenerator = (length: number) => randomBytes(length).toString('base64url')

describe('tokens beside other libraries', () => {
  let issuers: Issuers
  before(async () => {
    issuers = await openIssuers()
  })
  after(() => issuers.close())

  async function jwkOf({ key }: TestIssuer): Promise<JsonWebKey> {
    const resolved = await issuers.resolveKey(key.verificationMethod)
    const found = verificationKey(resolved?.verificationMethod as JsonObject)
    return createPublicKey(found?.key.export({ format: 'pem', type: 'spki' }) as string).export({
      format: 'jwk',
    })
  }
  const signWith =
    ({ key }: TestIssuer) =>
    async (data: string) =>
      Buffer.from(await key.signer.sign(Buffer.from(data))).toString('base64url')
  const verifyWith = (jwk: JsonWebKey) => (data: string, signature: string) => {
    const key = verificationKey({ publicKeyJwk: jwk as JsonObject })
    return key !== undefined && verifySignature(key, Buffer.from(data), Buffer.from(signature, 'base64url'))
  }
  const construct = (suite: Suite, did: string, holderKey?: JsonObject) => {
    const format = formats.find(({ name }) => name === suite.format)
    const dataModel = suite.dataModels[0] as '2.0'
    return format?.construct({ ...degree(did, { dataModel }), ...(holderKey && { holderKey }) }) as JsonObject
  }
  const secure = async (name: string, issuer: TestIssuer, holderKey?: JsonObject) =>
    (await suiteOf(name).secure(construct(suiteOf(name), issuer.did, holderKey), {
      ...{ key: issuer.key, created: now, documentLoader },
    })) as string
  const verify = (name: string, secured: string, asked = {}) =>
    suiteOf(name).verify(secured, { resolveKey: issuers.resolveKey, documentLoader, now, ...asked })

  for (const type of ['Ed25519', 'P-256', 'P-384'] as const) {
    it(`vc+jwt, ${algorithms[type]}: jose verifies, and not when it was tampered with`, async () => {
      const issuer = await issuers.create('ethr', type)
      const token = await secure('vc+jwt', issuer)
      const key = await importJWK((await jwkOf(issuer)) as never, algorithms[type])
      const { payload, protectedHeader } = await compactVerify(token, key)
      assert.deepEqual(protectedHeader, {
        ...{ kid: issuer.key.verificationMethod, alg: algorithms[type], typ: 'vc+jwt', cty: 'vc' },
      })
      const { iat, ...credential } = JSON.parse(Buffer.from(payload).toString())
      assert.equal(iat, now.getTime() / 1000)
      assert.deepEqual(credential, construct(suiteOf('vc+jwt'), issuer.did))
      await assert.rejects(compactVerify(`${token.slice(0, 300)}A${token.slice(301)}`, key))
    })
  }

  for (const type of Object.keys(algorithms) as Signing[]) {
    it(`vc+sd-jwt and dc+sd-jwt, ${algorithms[type]}: sd-jwt verifies, and reads the same claims`, async () => {
      const issuer = await issuers.create('key', type)
      const verifier = verifyWith(await jwkOf(issuer))
      const currentDate = now.getTime() / 1000
      const plain = new SDJwtInstance({ hasher, verifier })
      const vc = await secure('vc+sd-jwt', issuer)
      const { payload } = await plain.verify(vc, { currentDate })
      const { iat: _, ...credential } = payload as JsonObject
      assert.deepEqual(credential, construct(suiteOf('vc+sd-jwt'), issuer.did))
      const library = new SDJwtVcInstance({ hasher, verifier })
      const dc = await secure('dc+sd-jwt', issuer)
      const verified = await library.verify(dc, { currentDate })
      assert.equal(verified.payload.vct, degree(issuer.did).credentialType?.vct)
      const [jwt = '', ...disclosures] = dc.split('~')
      const [header, body = '', signature] = jwt.split('.')
      const changed = `${body.slice(0, 40)}${body[40] === 'A' ? 'B' : 'A'}${body.slice(41)}`
      await assert.rejects(
        library.verify([`${header}.${changed}.${signature}`, ...disclosures].join('~'), { currentDate }),
      )
    })
  }

  it('dc+sd-jwt: what sd-jwt issues and presents verifies here, for its nonce and audience alone', async () => {
    const issuer = await issuers.create('key', 'P-256')
    const holder = await issuers.create('key', 'Ed25519')
    const { kty, crv, x } = await jwkOf(holder)
    const library = new SDJwtVcInstance({
      ...{ hasher, saltGenerator, signer: signWith(issuer), signAlg: 'ES256' },
      ...{ kbSigner: signWith(holder), kbSignAlg: 'EdDSA' },
    })
    const iat = now.getTime() / 1000
    const issued = await library.issue(
      {
        iss: issuer.did,
        vct: 'https://types.example/degree',
        iat,
        cnf: { jwk: { kty, crv, x } },
        name: 'Jane',
        age: 30,
      },
      { _sd: ['name', 'age'], _sd_decoy: 2 } as never,
      { header: { kid: issuer.key.verificationMethod } },
    )
    assert.equal((await verify('dc+sd-jwt', issued)).status, 'pass')
    const kb = { payload: { iat, nonce: 'n-1', aud: 'https://verifier.example' } }
    const presented = await library.present(issued, { age: true } as never, { kb })
    const opened = openCredential(formats, (parseSdJwt(presented) as SdJwt).presented)
    assert.deepEqual(opened.facts.subjects, [{ age: 30 }])
    const purpose = 'authentication'
    const asked = { purpose, challenge: 'n-1', domain: 'https://verifier.example' }
    assert.equal((await verify('dc+sd-jwt', presented, asked)).status, 'pass')
    for (const other of [{ challenge: 'n-2' }, { domain: 'https://other.example' }]) {
      assert.equal((await verify('dc+sd-jwt', presented, { ...asked, ...other })).status, 'fail')
    }
    const later = { ...asked, now: new Date(now.getTime() + 601_000) }
    assert.match((await verify('dc+sd-jwt', presented, later)).reason ?? '', /not fresh/)
    // the binding of one presentation under another choice of disclosures
    const [jwt, disclosure, binding] = presented.split('~')
    for (const moved of [`${jwt}~${binding}`, `${issued}${binding}`]) {
      assert.match((await verify('dc+sd-jwt', moved, asked)).reason ?? '', /another presentation/)
      assert.equal((await verify('dc+sd-jwt', moved)).status, 'fail')
    }
    assert.match(
      (await verify('dc+sd-jwt', `${jwt}~${disclosure}~`, asked)).reason ?? '',
      /no proof of possession/,
    )
  })

  it('dc+sd-jwt: what is presented here verifies there', async () => {
    const issuer = await issuers.create('key', 'P-384')
    const holder = await issuers.create('key', 'P-256')
    const { kty, crv, x, y } = (await jwkOf(holder)) as JsonObject
    const issued = await secure('dc+sd-jwt', issuer, { kty, crv, x, y } as JsonObject)
    const presented = (await suiteOf('dc+sd-jwt').secure(
      { verifiableCredential: [issued] },
      {
        ...{ key: holder.key, created: now, documentLoader, purpose: 'authentication' },
        ...{ challenge: 'n-1', domain: 'https://verifier.example' },
      },
    )) as string
    const library = new SDJwtVcInstance({
      ...{ hasher, verifier: verifyWith(await jwkOf(issuer)) },
      kbVerifier: (data, signature, { cnf }) => verifyWith(cnf?.jwk as JsonWebKey)(data, signature),
    })
    const options = { currentDate: now.getTime() / 1000, keyBindingNonce: 'n-1' }
    assert.equal((await library.verify(presented, options)).kb?.payload.aud, 'https://verifier.example')
    await assert.rejects(library.verify(presented, { ...options, keyBindingNonce: 'n-2' }))
  })

  // cose-ts takes every point of 33 bytes for one of P-256
  for (const type of ['Ed25519', 'P-256', 'P-384'] as const) {
    it(`vc+cose, ${type}: cose-ts verifies, and not when it was tampered with`, async () => {
      const issuer = await issuers.create('ethr', type)
      const bytes = coseBytes('application/vc+cose', await secure('vc+cose', issuer)) as Buffer
      const { publicKey } = issuer.key.signer
      const key = type === 'Ed25519' ? Ed25519Key.fromPublic(publicKey) : ECDSAKey.fromPublic(publicKey)
      const message = Sign1Message.fromBytes(key, Uint8Array.from(bytes))
      assert.deepEqual(
        JSON.parse(Buffer.from(message.payload).toString()),
        construct(suiteOf('vc+cose'), issuer.did),
      )
      assert.equal(message.protected?.getText(16), 'application/vc+cose')
      const changed = Uint8Array.from(bytes)
      changed[bytes.length - 70] = (changed[bytes.length - 70] as number) ^ 1
      assert.throws(() => Sign1Message.fromBytes(key, changed))
    })
  }
})
