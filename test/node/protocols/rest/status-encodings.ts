import assert from 'node:assert/strict'
import { checkStatus as checkBitstring } from '@digitalbazaar/vc-bitstring-status-list'
import { checkStatus as check2021 } from '@digitalbazaar/vc-status-list'
import { ECDSAKey } from '@ldclabs/cose-ts/ecdsa'
import { Ed25519Key } from '@ldclabs/cose-ts/ed25519'
import { Sign1Message } from '@ldclabs/cose-ts/sign1'
import { decodeCBOR, encodeCBOR } from '@ldclabs/cose-ts/utils'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { StatusList } from '@sd-jwt/jwt-status-list'
import { verifyJWS } from 'did-jwt'
import { decodeMultikey } from '../../../../node/did/multikey.ts'
import type { JsonObject } from '../../../../node/json.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { digitalBazaar } from '../../suites/digital-bazaar.ts'
import { at, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

/** Encodings, and a proof type and data model whose credentials carry them. */
const carriers = [
  { statusEncoding: 'BitstringStatusListEntry', proofType: 'eddsa-rdfc-2022', dataModel: '2.0' },
  { statusEncoding: 'StatusList2021Entry', proofType: 'Ed25519Signature2020', dataModel: '1.1' },
  { statusEncoding: 'TokenStatusList', proofType: 'vc+jwt', dataModel: '2.0' },
  { statusEncoding: 'TokenStatusList', proofType: 'dc+sd-jwt' },
  { statusEncoding: 'StatusListRegistryEntry', proofType: 'eddsa-rdfc-2022', dataModel: '2.0' },
  { statusEncoding: 'StatusListRegistryEntry', proofType: 'Ed25519Signature2020', dataModel: '1.1' },
] as const

describe('the status of credentials in every encoding', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const issue = (terms: Record<string, unknown>) => issueDegree(node, { issuerDid, schemaId, ...terms })
  const verify = async (credential: unknown) =>
    expect(200, await node.call('POST', '/api/v1/credentials/verify', { body: { credential } })).body
  const change = async (action: 'revoke' | 'suspend' | 'reinstate', credentialId: string) =>
    expect(200, await node.call('POST', `/api/v1/credentials/${action}`, { body: { credentialId } }))

  const bytesOf = async (path: string, accept: string) => {
    const response = await fetch(node.node.url + path, { headers: { accept } })
    assert.equal(response.status, 200)
    assert.equal(response.headers.get('content-type'), accept)
    return Buffer.from(await response.arrayBuffer())
  }

  /** DIDs as the node resolves them, lists as it publishes them, contexts as they are bundled. */
  const load = async (url: string) => {
    const found = (document: unknown) => ({ contextUrl: null, documentUrl: url, document })
    if (url.includes('/status-lists/')) {
      return found(JSON.parse((await bytesOf(new URL(url).pathname, 'application/vc')).toString()))
    }
    if (!url.startsWith('did:')) return createDocumentLoader({ extra: async () => undefined })(url)
    const { document } = (await node.call('GET', at('dids', url.split('#')[0] as string))).body
    return found(
      url.includes('#') ? document.verificationMethod.find(({ id }: { id: string }) => id === url) : document,
    )
  }

  for (const terms of carriers) {
    const { statusEncoding, proofType, ...others } = terms
    it(`fails a revoked ${proofType} with ${statusEncoding} ${Object.values(others)}, and a suspended one`, async () => {
      const { credential, credentialId, statusListIndex } = await issue({ ...terms, suspendable: true })
      const before = await verify(credential)
      assert.deepEqual(
        [before.verified, before.checks.revocation.status],
        [true, 'pass'],
        JSON.stringify(before),
      )
      assert.equal(before.checks.revocation.statusListIndex, statusListIndex)
      await change('suspend', credentialId)
      const suspended = (await verify(credential)).checks.revocation
      assert.deepEqual([suspended.status, suspended.revoked, suspended.suspended], ['fail', false, true])
      await change('reinstate', credentialId)
      assert.equal((await verify(credential)).verified, true)
      await change('revoke', credentialId)
      const { verified, checks } = await verify(credential)
      assert.deepEqual([verified, checks.revocation.status, checks.revocation.revoked], [false, 'fail', true])
      const { revocation: _, ...rest } = checks
      for (const check of Object.values(rest)) assert.equal((check as { status: string }).status, 'pass')
    })
  }

  it('carries several encodings of one entry, which agree', async () => {
    const statusEncoding = ['BitstringStatusListEntry', 'StatusListRegistryEntry', 'StatusList2021Entry']
    const { credential, credentialId } = await issue({
      statusEncoding,
      suspendable: true,
      dataModel: '1.1',
      proofType: 'Ed25519Signature2020',
    })
    assert.equal(credential.credentialStatus.length, 6)
    assert.equal((await verify(credential)).verified, true)
    await change('revoke', credentialId)
    assert.equal((await verify(credential)).checks.revocation.revoked, true)
  })

  it('refuses an encoding that is not known, or that the format or data model has no place for', async () => {
    for (const terms of [
      { statusEncoding: 'RevocationList2020Status' },
      { statusEncoding: ['BitstringStatusListEntry', 'UnheardOf'] },
      { statusEncoding: 'StatusList2021Entry', dataModel: '2.0', proofType: 'eddsa-rdfc-2022' },
      { statusEncoding: 'TokenStatusList', proofType: 'eddsa-rdfc-2022' },
      { statusEncoding: 'TokenStatusList', proofType: 'JwtProof2020', dataModel: '1.1' },
      { statusEncoding: 'TokenStatusList', proofType: 'vc+cose', dataModel: '2.0' },
      { statusEncoding: 'BitstringStatusListEntry', proofType: 'dc+sd-jwt' },
    ]) {
      const body = {
        issuerDid,
        schemaId,
        holderDid: 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK',
        claims: { degree: { type: 'BachelorDegree', name: 'x' } },
        ...terms,
      }
      const answer = await node.call('POST', '/api/v1/credentials/issue', { body })
      const { supported, detail } = expectProblem(422, 'STATUS_ENCODING_UNSUPPORTED', answer).body
      assert.match(supported, /Status/)
      assert.ok(detail.endsWith(`carry their status as: ${supported}.`), detail)
    }
  })

  it('is what independent libraries read in the published lists, at the next request', async () => {
    const valid = await issue({ suspendable: true })
    const suspended = await issue({ suspendable: true })
    const revoked = await issue({ suspendable: true })
    const { statusListId } = revoked
    const read = async () => {
      const lst = await tokenOf(statusListId)
      return [valid, suspended, revoked].map(({ statusListIndex }) => lst.getStatus(statusListIndex))
    }
    assert.deepEqual(await read(), [0, 0, 0])
    await change('suspend', suspended.credentialId)
    assert.deepEqual(await read(), [0, 2, 0])
    await change('revoke', revoked.credentialId)
    assert.deepEqual(await read(), [0, 2, 1])
    await change('revoke', suspended.credentialId)
    assert.deepEqual(await read(), [0, 1, 1])
  })

  async function tokenOf(statusListId: string): Promise<StatusList> {
    const jwt = await bytesOf(at('status-lists', statusListId, 'token'), 'application/statuslist+jwt')
    const { status_list: list } = JSON.parse(
      Buffer.from(jwt.toString().split('.')[1] as string, 'base64url').toString(),
    )
    return StatusList.decompressStatusList(list.lst, list.bits)
  }

  it("verifies by Digital Bazaar's libraries for bitstrings and StatusList2021", async () => {
    for (const [statusEncoding, dataModel, checkStatus] of [
      ['BitstringStatusListEntry', '2.0', checkBitstring],
      ['StatusList2021Entry', '1.1', check2021],
    ] as const) {
      const terms = { proofType: 'Ed25519Signature2020', dataModel, statusEncoding }
      const { credential, credentialId } = await issue(terms)
      const judge = async () => {
        const suite = digitalBazaar.Ed25519Signature2020?.verifier()
        return checkStatus({ credential, suite, documentLoader: load })
      }
      const before = await judge()
      assert.equal(before.verified, true, String(before.error))
      assert.equal(before.results?.[0]?.status ?? false, false)
      await change('revoke', credentialId)
      const after = await judge()
      const isRevoked = after.verified === false || after.results?.[0]?.status === true
      assert.ok(isRevoked, JSON.stringify(after))
    }
  })

  it('verifies the list itself as a credential', async () => {
    const { statusListId } = await issue({})
    for (const segment of [[], ['2021']]) {
      const path = at('status-lists', statusListId, ...segment)
      for (const accept of ['application/vc', segment.length ? 'application/jwt' : 'application/vc+jwt']) {
        const bytes = (await bytesOf(path, accept)).toString()
        const { verified, checks } = await verify(accept === 'application/vc' ? JSON.parse(bytes) : bytes)
        assert.equal(checks.proof.status, 'pass', JSON.stringify(checks.proof))
        assert.equal(checks.expiration.status, 'pass')
        assert.equal(verified, true, JSON.stringify(checks))
      }
    }
  })

  for (const keyType of ['Ed25519', 'P-256', 'P-384', 'secp256k1']) {
    it(`publishes every encoding for an issuer whose only key is ${keyType}`, async () => {
      const own = await makeIssuer(node, [keyType])
      const { credentialId, statusListId, statusListIndex } = await issueDegree(node, {
        issuerDid: own,
        schemaId: await makeSchema(node, own),
        proofType: 'vc+jwt',
      })
      await change('revoke', credentialId)
      const path = at('status-lists', statusListId)
      for (const address of [path, `${path}/2021`]) {
        const { body } = expect(200, await node.call('GET', address, { key: null }))
        const { verified, checks } = await verify(body)
        assert.equal(verified, true, JSON.stringify(checks))
      }
      const { document } = (await node.call('GET', at('dids', own))).body
      const bitstring = await bytesOf(path, 'application/vc+jwt')
      if (keyType !== 'P-384') verifyJWS(bitstring.toString(), document.verificationMethod)
      const jwt = (await bytesOf(`${path}/token`, 'application/statuslist+jwt')).toString()
      if (keyType !== 'P-384') verifyJWS(jwt, document.verificationMethod)
      const cwt = await bytesOf(`${path}/token`, 'application/statuslist+cwt')
      const claims = readCwt(cwt, document.verificationMethod, keyType)
      const list = claims.get(65533) as Map<string, never>
      const lst = Buffer.from(list.get('lst') as never).toString('base64url')
      assert.equal(
        StatusList.decompressStatusList(lst, list.get('bits') as never).getStatus(statusListIndex),
        1,
      )
      assert.equal(claims.get(2), `${node.node.publicUrl}${path}/token`)
      assert.equal(claims.get(1), own)
    })
  }

  /** The claims of a CWT, its signature verified by another library where that knows the curve. */
  function readCwt(cwt: Buffer, methods: JsonObject[], keyType: string): Map<number, unknown> {
    const [protectedBytes, , payload, signature] = decodeCBOR<[Uint8Array, unknown, Uint8Array, Uint8Array]>(
      cwt.subarray(1),
    )
    const header = decodeCBOR<Map<number, unknown>>(protectedBytes)
    assert.equal(cwt[0], 0xd2)
    assert.equal(header.get(16), 'application/statuslist+cwt')
    const kid = Buffer.from(header.get(4) as Uint8Array).toString()
    const { publicKeyMultibase, publicKeyHex } = methods.find(({ id }) => id === kid) as Record<
      string,
      string
    >
    if (keyType === 'secp256k1') {
      // the library knows no secp256k1: it gives the structure, and noble verifies
      const signed = encodeCBOR(['Signature1', protectedBytes, new Uint8Array(), payload])
      assert.ok(secp256k1.verify(signature, signed, Buffer.from(publicKeyHex as string, 'hex')))
      return decodeCBOR(payload)
    }
    const { publicKey } = decodeMultikey(publicKeyMultibase as string) as { publicKey: Uint8Array }
    const key = keyType === 'Ed25519' ? Ed25519Key.fromPublic(publicKey) : ECDSAKey.fromPublic(publicKey)
    assert.deepEqual(Buffer.from(Sign1Message.fromBytes(key, cwt).payload), Buffer.from(payload))
    return decodeCBOR(payload)
  }
})
