import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { startNode, type TestNode } from '../../../node.ts'
import { at, degreeSchema, expect, expectProblem, makeIssuer, makeSchema } from './scenario.ts'

describe('schemas', () => {
  let node: TestNode
  let issuerDid: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
  })
  after(() => node.close())

  const register = (body: Record<string, unknown>, options: { key?: string; path?: string } = {}) =>
    node.call('POST', options.path ?? '/api/v1/schemas', {
      body: { name: 'degree', version: '1', issuerDid, jsonSchema: degreeSchema, ...body },
      ...(options.key && { key: options.key }),
    })

  it('are registered, and read back from the ledger by id and by alias', async () => {
    const answer = await register({
      version: '2.0.0',
      type: 'UniversityDegreeCredential',
      alias: 'university-degree-v2',
      anchorOnChain: true,
    })
    const { schemaId, digest, transactionHash } = expect(201, answer).body
    assert.equal(schemaId, `${issuerDid}/schema/degree/2.0.0`)
    assert.match(digest, /^0x[0-9a-f]{64}$/)
    assert.match(transactionHash, /^0x[0-9a-f]{64}$/)
    const { body } = expect(200, await node.call('GET', at('schemas', schemaId), { key: null }))
    assert.deepEqual(body.jsonSchema, degreeSchema)
    assert.deepEqual(
      [body.schemaId, body.issuerDid, body.type, body.alias, body.digest, body.active, body.restricted],
      [schemaId, issuerDid, 'UniversityDegreeCredential', 'university-degree-v2', digest, true, false],
    )
    for (const path of [at('schemas', 'university-degree-v2'), at('credentials', 'schemas', schemaId)]) {
      assert.deepEqual(expect(200, await node.call('GET', path)).body, body)
    }
  })

  it('have a context that is served under its digest and never changes', async () => {
    const schemaId = await makeSchema(node, issuerDid)
    const { contexts } = expect(200, await node.call('GET', at('schemas', schemaId))).body
    const { url, digest } = contexts[0]
    const response = await fetch(url)
    const text = await response.text()
    assert.equal(response.headers.get('content-type'), 'application/ld+json')
    assert.match(response.headers.get('cache-control') ?? '', /immutable/)
    const bytes = createHash('sha256').update(text)
    assert.equal(`sha256-${bytes.copy().digest('base64')}`, digest)
    assert.ok(url.endsWith(`/${bytes.digest('hex')}.jsonld`))
    assert.ok(JSON.parse(text)['@context'])
    expectProblem(404, 'NOT_FOUND', await node.call('GET', `/api/v1/contexts/${'0'.repeat(64)}.jsonld`))
    expectProblem(400, 'MALFORMED_REQUEST', await node.call('GET', '/api/v1/contexts/nonsense'))
  })

  it('may bring their own context', async () => {
    const context = {
      '@context': {
        '@protected': true,
        OwnCredential: 'https://issuer.example/terms#OwnCredential',
        degree: { '@id': 'https://issuer.example/terms#degree', '@type': '@json' },
      },
    }
    const { body } = expect(201, await register({ name: 'own', type: 'OwnCredential', context }))
    const view = expect(200, await node.call('GET', at('schemas', body.schemaId))).body
    assert.deepEqual(await (await fetch(view.contexts[0].url)).json(), context)
  })

  it('never change, and aliases are unique', async () => {
    expect(201, await register({ name: 'fixed', alias: 'fixed-v1' }))
    expectProblem(409, 'SCHEMA_ALREADY_EXISTS', await register({ name: 'fixed' }))
    expectProblem(
      409,
      'SCHEMA_ALIAS_TAKEN',
      await register({ name: 'fixed', version: '2', alias: 'fixed-v1' }),
    )
  })

  it('are refused with every violation', async () => {
    const jsonSchema = { type: 'object', properties: { degree: { type: 'nonsense' } } }
    const { body } = expectProblem(422, 'SCHEMA_INVALID', await register({ name: 'bad', jsonSchema }))
    assert.ok(body.errors.length > 0)
    expectProblem(422, 'SCHEMA_INVALID', await register({ name: 'a/b' }))
    expectProblem(400, 'MALFORMED_REQUEST', await register({ name: '', jsonSchema: [] }))
    const unknown = `did:ethr:0x7a69:0x${'12'.repeat(20)}`
    expectProblem(404, 'ISSUER_NOT_FOUND', await register({ issuerDid: unknown }))
  })

  it('are listed page by page, and by issuer', async () => {
    const other = await makeIssuer(node)
    const ids = [await makeSchema(node, other), await makeSchema(node, other)]
    const list = async (query: string) =>
      expect(200, await node.call('GET', `/api/v1/schemas${query}`, { key: null })).body
    const first = await list(`?issuerDid=${other}&limit=1`)
    const second = await list(`?issuerDid=${other}&limit=1&cursor=${first.nextCursor}`)
    const seen = [...first.items, ...second.items].map(({ schemaId }) => schemaId)
    assert.deepEqual(seen, ids.toReversed())
    assert.equal(second.nextCursor, null)
  })

  it('of everybody are there from the start: six, owned by the node', async () => {
    const { nodeDid } = expect(200, await node.call('GET', '/api/v1/network')).body
    const { items } = expect(200, await node.call('GET', `/api/v1/schemas?issuerDid=${nodeDid}`)).body
    assert.deepEqual(items.map(({ name }: { name: string }) => name).sort(), [
      'address_proof',
      'agent_capability',
      'agent_delegation',
      'education_degree',
      'kyc_verification',
      'vaccination_record',
    ])
    expect(200, await node.call('GET', at('schemas', 'agent-delegation-v1')))
  })

  it('are deactivated once, by their owner', async () => {
    const schemaId = await makeSchema(node, issuerDid)
    const made = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 's', scopes: ['schemas:write'], issuerDids: [await makeIssuer(node)] },
    })
    const { key } = expect(201, made).body
    expectProblem(403, 'FORBIDDEN', await node.call('POST', at('schemas', schemaId, 'deactivate'), { key }))
    expectProblem(403, 'FORBIDDEN', await register({ name: 'theirs' }, { key }))
    expect(200, await node.call('POST', at('schemas', schemaId, 'deactivate')))
    expectProblem(409, 'SCHEMA_DEACTIVATED', await node.call('POST', at('schemas', schemaId, 'deactivate')))
    assert.equal(expect(200, await node.call('GET', at('schemas', schemaId))).body.active, false)
    expectProblem(404, 'SCHEMA_NOT_FOUND', await node.call('POST', at('schemas', 'none', 'deactivate')))
    expectProblem(404, 'SCHEMA_NOT_FOUND', await node.call('GET', at('schemas', 'none')))
  })

  it('that are open to all allow nobody in particular', async () => {
    const schemaId = await makeSchema(node, issuerDid)
    const body = { issuerDids: [issuerDid] }
    expectProblem(
      400,
      'MALFORMED_REQUEST',
      await node.call('POST', at('schemas', schemaId, 'issuers'), { body }),
    )
  })
})
