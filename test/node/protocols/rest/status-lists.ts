import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { decodeJWT, verifyJWS } from 'did-jwt'
import type { JsonObject } from '../../../../node/json.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { verifyThere } from '../../suites/digital-bazaar.ts'
import { at, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('GET /status-lists/{id}', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const bitAt = (list: { credentialSubject: { encodedList: string } }, index: number) => {
    const bits = gunzipSync(Buffer.from(list.credentialSubject.encodedList.slice(1), 'base64url'))
    return ((bits[index >> 3] as number) >> (7 - (index & 7))) & 1
  }

  const methodOf = (list: JsonObject) => (list.proof as { verificationMethod: string }).verificationMethod

  /** By Digital Bazaar's libraries, with the DID document that the node resolves. */
  async function assertVerifies(list: JsonObject): Promise<void> {
    const contexts = createDocumentLoader({ extra: async () => undefined })
    const load = async (url: string) => {
      const [did = ''] = url.split('#')
      if (!url.startsWith('did:')) return contexts(url)
      const { document } = (await node.call('GET', at('dids', did))).body
      const method = document.verificationMethod.find(({ id }: { id: string }) => id === url)
      return { contextUrl: null, documentUrl: url, document: url === did ? document : method }
    }
    const { verified, error } = await verifyThere(list, load)
    assert.ok(verified, String(error?.errors ?? error))
  }

  it('publishes the list that a credential names, signed, with what the ledger says', async () => {
    const { credential, credentialId, statusListId, statusListIndex } = await issueDegree(node, {
      issuerDid,
      schemaId,
    })
    const path = new URL(credential.credentialStatus.statusListCredential).pathname
    assert.equal(path, at('status-lists', statusListId))
    const before = expect(200, await node.call('GET', path, { key: null }))
    assert.deepEqual(before.body.type, ['VerifiableCredential', 'BitstringStatusListCredential'])
    assert.ok(before.body.proof)
    assert.equal(bitAt(before.body, statusListIndex), 0)
    expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
    const after = expect(200, await node.call('GET', path, { key: null }))
    assert.equal(bitAt(after.body, statusListIndex), 1)
    assert.notEqual(after.headers.get('etag'), before.headers.get('etag'))
  })

  it('answers 304 to whoever has it already', async () => {
    const { statusListId } = await issueDegree(node, { issuerDid, schemaId })
    const path = at('status-lists', statusListId)
    const first = expect(200, await node.call('GET', path))
    const etag = first.headers.get('etag') as string
    assert.match(first.headers.get('cache-control') ?? '', /^public, max-age=\d+/)
    for (const header of [etag, `"x", ${etag}`, '*']) {
      const again = await node.call('GET', path, { headers: { 'if-none-match': header } })
      assert.deepEqual([again.status, again.body], [304, ''])
    }
    expect(200, await node.call('GET', path, { headers: { 'if-none-match': '"x"' } }))
  })

  for (const keys of [['Ed25519'], ['P-256']]) {
    it(`publishes the list of an issuer with the key ${keys}, by a suite that it can sign with`, async () => {
      const issuer = await makeIssuer(node, keys)
      const schema = await makeSchema(node, issuer)
      const { credential, statusListId } = await issueDegree(node, {
        issuerDid: issuer,
        schemaId: schema,
        proofType: 'JwtProof2020',
        dataModel: '1.1',
      })
      assert.equal(credential.split('.').length, 3)
      const path = at('status-lists', statusListId)
      const list = expect(200, await node.call('GET', path, { key: null }))
      await assertVerifies(list.body)
      const rotation = await node.call('POST', at('dids', issuer, 'keys', 'rotate'))
      const [added] = expect(200, rotation).body.added
      const again = expect(200, await node.call('GET', path, { key: null }))
      assert.equal(methodOf(again.body), added)
      assert.notEqual(again.headers.get('etag'), list.headers.get('etag'))
      await assertVerifies(again.body)
    })
  }

  it('publishes the list of an issuer with the key secp256k1 as a token, by its own media type', async () => {
    const issuer = await makeIssuer(node, ['secp256k1'])
    const schema = await makeSchema(node, issuer)
    const { credential, statusListId } = await issueDegree(node, {
      issuerDid: issuer,
      schemaId: schema,
      proofType: 'JwtProof2020',
      dataModel: '1.1',
    })
    const { document } = expect(200, await node.call('GET', at('dids', issuer))).body
    assert.equal(decodeJWT(credential).header.alg, 'ES256K')
    const list = expect(200, await node.call('GET', at('status-lists', statusListId), { key: null }))
    assert.equal(list.headers.get('content-type'), 'application/vc+jwt')
    verifyJWS(list.body, document.verificationMethod)
    const [header = '', payload = '', signature] = list.body.split('.')
    assert.throws(() => verifyJWS(`${header}.${payload}AA.${signature}`, document.verificationMethod))
    const { alg, kid } = JSON.parse(Buffer.from(header, 'base64url').toString())
    assert.equal(alg, 'ES256K')
    assert.ok(document.assertionMethod.includes(kid))
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    assert.deepEqual(claims.type, ['VerifiableCredential', 'BitstringStatusListCredential'])
    assert.equal(bitAt(claims, 0), 0)
  })

  it('knows no others', async () => {
    for (const id of ['x', `${issuerDid}/status/revocation/99`, `${issuerDid}/schema/a/1`]) {
      expectProblem(404, 'STATUS_LIST_NOT_FOUND', await node.call('GET', at('status-lists', id)))
    }
  })
})
