import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { SDJwtVcInstance, TypeMetadataFormatSchema } from '@sd-jwt/sd-jwt-vc'
import type { JsonObject } from '../../../../node/json.ts'
import { disclose, parseSdJwt, type SdJwt } from '../../../../node/tokens/sd-jwt.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { bachelor, expect, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

const mandatoryPointers: Readonly<Record<string, string>> = {
  'vc+sd-jwt': '/credentialSubject/degree/name',
  'dc+sd-jwt': '/degree/name',
}

describe('token formats over HTTP', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node, ['Ed25519', 'P-256'])
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const verify = async (credential: unknown) =>
    expect(200, await node.call('POST', '/api/v1/credentials/verify', { body: { credential }, key: null }))
      .body
  const issue = (proofType: string, body: Record<string, unknown> = {}) =>
    issueDegree(node, { issuerDid, schemaId, proofType, ...body })

  for (const proofType of ['vc+jwt', 'vc+sd-jwt', 'dc+sd-jwt', 'vc+cose']) {
    it(`issues ${proofType}, which verifies until it is revoked`, async () => {
      const { credential, credentialId } = await issue(proofType)
      const before = await verify(credential)
      assert.equal(before.verified, true, JSON.stringify(before))
      assert.equal(before.credentialId, credentialId)
      expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
      const { checks, verified } = await verify(credential)
      assert.equal(verified, false)
      assert.equal(checks.revocation.revoked, true)
    })

    it(`verifies ${proofType} in an envelope`, async () => {
      const { credential } = await issue(proofType)
      const envelope = {
        '@context': 'https://www.w3.org/ns/credentials/v2',
        type: 'EnvelopedVerifiableCredential',
        id: proofType === 'vc+cose' ? credential : `data:application/${proofType},${credential}`,
      }
      const outcome = await verify(envelope)
      assert.equal(outcome.verified, true, JSON.stringify(outcome))
    })
  }

  for (const proofType of ['vc+sd-jwt', 'dc+sd-jwt']) {
    it(`lets the holder of ${proofType} keep every claim to itself but those that its issuer insists on`, async () => {
      const pointer = mandatoryPointers[proofType] as string
      const { credential } = await issue(proofType, { mandatoryPointers: [pointer] })
      const bare = `${credential.split('~')[0]}~`
      const outcome = await verify(bare)
      assert.equal(outcome.verified, true, JSON.stringify(outcome))
      const shown = JSON.stringify(disclose(parseSdJwt(bare) as SdJwt))
      assert.ok(shown.includes(bachelor.degree.name))
      assert.ok(!shown.includes('"university"'))
      const refused = await node.call('POST', '/api/v1/credentials/issue', {
        body: {
          ...{ schemaId, issuerDid, proofType, holderDid: issuerDid, claims: bachelor },
          mandatoryPointers: ['/nowhere'],
        },
      })
      assert.equal(expect(400, refused).body.code, 'MALFORMED_REQUEST')
    })
  }

  it('derives a choice of claims, which verifies and shows nothing else', async () => {
    for (const [proofType, root] of [
      ['vc+sd-jwt', '/credentialSubject'],
      ['dc+sd-jwt', ''],
    ]) {
      const { credential } = await issue(proofType as string)
      const derive = (selectivePointers: string[]) =>
        node.call('POST', '/api/v1/credentials/derive', { body: { credential, selectivePointers } })
      const { body } = expect(200, await derive([`${root}/degree/gpa`]))
      assert.equal((await verify(body.credential)).verified, true)
      const disclosed = disclose(parseSdJwt(body.credential) as SdJwt)
      assert.ok(!('problem' in disclosed))
      const subject = (root ? disclosed.payload.credentialSubject : disclosed.payload) as JsonObject
      assert.deepEqual(
        subject.degree,
        proofType === 'vc+sd-jwt' ? { type: 'BachelorDegree', gpa: 3.8 } : { gpa: 3.8 },
      )
      assert.equal(expect(422, await derive([`${root}/degree/nowhere`])).body.code, 'DERIVATION_FAILED')
    }
  })

  it('serves the type metadata that an SD-JWT VC names, with the digest that it has', async () => {
    const { credential } = await issue('dc+sd-jwt')
    const { payload } = (parseSdJwt(credential) as SdJwt).jwt
    const response = await fetch(payload.vct as string)
    const bytes = Buffer.from(await response.arrayBuffer())
    const digest = createHash('sha256').update(bytes).digest('base64')
    assert.equal(payload['vct#integrity'], `sha256-${digest}`)
    const metadata = TypeMetadataFormatSchema.parse(JSON.parse(bytes.toString()))
    assert.equal(metadata.vct, payload.vct)
    assert.deepEqual(
      metadata.claims?.slice(0, 2).map(({ path }) => path),
      [['degree'], ['degree', 'gpa']],
    )
    // left to fetch itself, the library takes the digest for hex, not for the base64 of SRI
    const library = new SDJwtVcInstance({
      hasher: (data) =>
        createHash('sha256')
          .update(data as string)
          .digest(),
      vctFetcher: async (uri) => TypeMetadataFormatSchema.parse(await (await fetch(uri)).json()),
    })
    const resolved = await library.getVct(credential)
    assert.deepEqual(resolved?.vctValues, [payload.vct])
    const other = (payload.vct as string).replace('UniversityDegreeCredential', 'PilotLicence')
    assert.equal((await fetch(other)).status, 404)
  })

  it('binds an SD-JWT to the key of the holder, where there is one', async () => {
    const { did } = expect(201, await node.call('POST', '/api/v1/dids', { body: { method: 'key' } })).body
    const { credential } = await issue('dc+sd-jwt', { holderDid: did })
    const { cnf } = (parseSdJwt(credential) as SdJwt).jwt.payload as { cnf: { jwk: { crv: string } } }
    assert.equal(cnf.jwk.crv, 'Ed25519')
  })

  it('refuses a data model that the format does not have', async () => {
    const answer = await node.call('POST', '/api/v1/credentials/issue', {
      body: {
        ...{ schemaId, issuerDid, proofType: 'dc+sd-jwt', dataModel: '2.0' },
        ...{ holderDid: issuerDid, claims: bachelor },
      },
    })
    assert.equal(expect(422, answer).body.code, 'DATA_MODEL_UNSUPPORTED')
  })
})
