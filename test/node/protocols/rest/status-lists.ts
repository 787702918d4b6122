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

  it('publishes the list of an issuer whose only key is for BBS as a proof that reveals everything', async () => {
    const issuer = await makeIssuer(node, ['Bls12381G2'])
    const schema = await makeSchema(node, issuer)
    const { statusListId } = await issueDegree(node, {
      issuerDid: issuer,
      schemaId: schema,
      proofType: 'bbs-2023',
    })
    const list = expect(200, await node.call('GET', at('status-lists', statusListId), { key: null })).body
    assert.equal(bitAt(list, 0), 0)
    const verify = (credential: unknown) =>
      node.call('POST', '/api/v1/credentials/verify', { body: { credential }, key: null })
    const { checks } = expect(200, await verify(list)).body
    assert.equal(checks.proof.status, 'pass', checks.proof.reason)
    const encodedList = `${list.credentialSubject.encodedList}A`
    const forged = { ...list, credentialSubject: { ...list.credentialSubject, encodedList } }
    assert.equal(expect(200, await verify(forged)).body.checks.proof.status, 'fail')
  })

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
    const headers = { accept: 'application/vc+jwt' }
    const list = expect(200, await node.call('GET', at('status-lists', statusListId), { key: null, headers }))
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

  it('answers in what is asked for, with addresses of their own for each encoding', async () => {
    const { statusListId } = await issueDegree(node, { issuerDid, schemaId })
    const path = at('status-lists', statusListId)
    for (const [segment, accept, type] of [
      ['', undefined, 'application/vc'],
      ['', '*/*', 'application/vc'],
      ['', 'application/ld+json, application/json', 'application/ld+json'],
      ['', 'application/json', 'application/json'],
      ['', 'application/vc;q=0.4, application/vc+jwt;q=0.5', 'application/vc+jwt'],
      ['', 'application/vc+jwt;q=0, */*;q=0.1', 'application/vc'],
      ['', 'text/html', 'application/vc'],
      ['/2021', 'application/jwt', 'application/jwt'],
      ['/2021', undefined, 'application/vc'],
      ['/token', undefined, 'application/statuslist+jwt'],
      ['/token', 'application/statuslist+cwt', 'application/statuslist+cwt'],
      ['/token', 'application/*', 'application/statuslist+jwt'],
    ] as const) {
      const headers = accept === undefined ? {} : { accept }
      const answer = expect(200, await node.call('GET', path + segment, { headers, key: null }))
      assert.equal(answer.headers.get('content-type')?.split(';')[0], type, `${segment} ${accept}`)
      assert.equal(answer.headers.get('vary')?.includes('Accept'), true)
    }
    expectProblem(404, 'NOT_FOUND', await node.call('GET', `${path}/2020`))
  })

  it('signs a list once, however many ask for it at a time', async () => {
    // ECDSA draws a nonce, so that signing twice gives two signatures
    const issuer = await makeIssuer(node, ['P-256'])
    const schema = await makeSchema(node, issuer)
    const terms = { issuerDid: issuer, schemaId: schema, proofType: 'ecdsa-rdfc-2019' }
    const { credentialId, statusListId } = await issueDegree(node, terms)
    const path = at('status-lists', statusListId)
    for (const address of [path, `${path}/2021`, `${path}/token`]) {
      const ask = async () => {
        const answers = await Promise.all(Array.from({ length: 100 }, () => node.call('GET', address)))
        return new Set(answers.map((answer) => expect(200, answer).headers.get('etag')))
      }
      const etags = await ask()
      assert.equal(etags.size, 1)
      assert.deepEqual(await ask(), etags)
    }
    const before = (await node.call('GET', `${path}/token`)).headers.get('etag')
    expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
    assert.notEqual((await node.call('GET', `${path}/token`)).headers.get('etag'), before)
  })

  it('tells the addresses of all token status lists, and of one issuer', async () => {
    const issuer = await makeIssuer(node)
    const schema = await makeSchema(node, issuer)
    const { statusListId } = await issueDegree(node, { issuerDid: issuer, schemaId: schema })
    const uri = `${node.node.publicUrl}${at('status-lists', statusListId)}/token`
    const ask = async (path: string) =>
      expect(200, await node.call('GET', path, { key: null })).body.status_lists
    assert.deepEqual(await ask(`/api/v1/status-lists?issuerDid=${encodeURIComponent(issuer)}`), [uri])
    assert.ok((await ask('/api/v1/status-lists')).includes(uri))
    assert.deepEqual(await ask('/api/v1/status-lists?issuerDid=did:example:nobody'), [])
    const jwt = (await node.call('GET', new URL(uri).pathname)).body
    const { sub, status_list: list } = decodeJWT(jwt).payload
    assert.equal(sub, uri)
    assert.deepEqual(await ask(list.aggregation_uri.slice(node.node.publicUrl.length)), [uri])
  })

  it('tells no address of an issuer whose keys sign no token', async () => {
    const issuer = await makeIssuer(node, ['Bls12381G2'])
    const schema = await makeSchema(node, issuer)
    const terms = { issuerDid: issuer, schemaId: schema, proofType: 'bbs-2023' }
    const { statusListId } = await issueDegree(node, terms)
    const path = at('status-lists', statusListId)
    expect(200, await node.call('GET', path, { key: null }))
    expectProblem(422, 'ASSERTION_KEY_MISSING', await node.call('GET', `${path}/token`, { key: null }))
    const all = expect(200, await node.call('GET', '/api/v1/status-lists', { key: null })).body.status_lists
    assert.ok(!all.includes(`${node.node.publicUrl}${path}/token`))
    const own = `/api/v1/status-lists?issuerDid=${encodeURIComponent(issuer)}`
    assert.deepEqual(expect(200, await node.call('GET', own, { key: null })).body.status_lists, [])
  })

  it('has no earlier states', async () => {
    const { statusListId } = await issueDegree(node, { issuerDid, schemaId })
    const path = at('status-lists', statusListId)
    for (const query of ['/token?time=1686925000', '?timestamp=2026-01-01T00:00:00Z']) {
      expectProblem(501, 'NOT_IMPLEMENTED', await node.call('GET', path + query))
    }
  })

  it('knows no others', async () => {
    for (const id of ['x', `${issuerDid}/status/revocation/99`, `${issuerDid}/schema/a/1`]) {
      for (const segment of ['', '/2021', '/token']) {
        const answer = await node.call('GET', at('status-lists', id) + segment)
        expectProblem(404, 'STATUS_LIST_NOT_FOUND', answer)
      }
    }
  })
})
