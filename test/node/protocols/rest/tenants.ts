import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { bulkPath, ended, follow, order } from '../../../bulk-client.ts'
import { startNode, type TestNode } from '../../../node.ts'
import {
  at,
  bachelor,
  degreeSchema,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeTenant as make,
  makeIssuer,
  makeSchema,
} from './scenario.ts'

describe('tenants over HTTP', () => {
  let node: TestNode

  before(async () => {
    node = await startNode({ environment: { BULK_CHUNK_ROWS: '10' } })
  })
  after(() => node.close())

  const makeTenant = (tenantId: string, limits: Record<string, number> = {}) =>
    make(node, { tenantId, ...limits })

  const listed = async (as: TestNode, path: string): Promise<string[]> => {
    const { items } = expect(200, await as.call('GET', `/api/v1/${path}`)).body
    return items.map(
      (item: Record<string, string>) => item.did ?? item.credentialId ?? item.schemaId ?? item.id,
    )
  }

  it('see, use and change nothing of each other', async () => {
    const [a, b] = [await makeTenant('a-college'), await makeTenant('b-college')]
    const issuerDid = await makeIssuer(a)
    const schemaId = await makeSchema(a, issuerDid, { alias: 'degree-of-a' })
    const { credentialId } = await issueDegree(a, { issuerDid, schemaId: 'degree-of-a' })
    assert.deepEqual(await listed(a, 'dids'), [issuerDid])
    assert.deepEqual(await listed(a, 'credentials'), [credentialId])

    for (const other of [b, node]) {
      assert.ok(!(await listed(other, 'dids')).includes(issuerDid))
      assert.deepEqual(await listed(other, 'credentials'), [])
      assert.ok(!(await listed(other, 'schemas')).includes(schemaId))
      const terms = { issuerDid, schemaId, holderDid, claims: bachelor }
      const batch = { issuerDid, schemaId, credentials: [{ holderDid, claims: bachelor }] }
      const credential = expect(200, await a.call('GET', at('credentials', credentialId))).body.credential
      const refused = [
        ['ISSUER_NOT_FOUND', 'POST', at('credentials', 'issue'), terms],
        ['ISSUER_NOT_FOUND', 'POST', at('credentials', 'issue', 'batch'), batch],
        ['SCHEMA_NOT_FOUND', 'GET', at('schemas', 'degree-of-a'), undefined],
        ['CREDENTIAL_NOT_FOUND', 'GET', at('credentials', credentialId), undefined],
        ['CREDENTIAL_NOT_FOUND', 'POST', at('credentials', 'revoke'), { credentialId }],
        ['CREDENTIAL_NOT_FOUND', 'POST', at('credentials', credentialId, 'offers'), {}],
        ['DID_NOT_FOUND', 'POST', at('dids', issuerDid, 'keys', 'rotate'), {}],
        ['DID_NOT_FOUND', 'PATCH', at('dids', issuerDid), { name: 'Ours' }],
        ['DID_NOT_FOUND', 'DELETE', at('dids', issuerDid), undefined],
        [
          'DID_NOT_FOUND',
          'POST',
          at('presentations'),
          { holderDid: issuerDid, credentials: [credential], challenge: 'c', domain: 'd' },
        ],
      ] as const
      for (const [code, method, path, body] of refused) {
        const answer = await other.call(method, path, body === undefined ? {} : { body })
        assert.equal(answer.body.code, code, `${method} ${path}: ${JSON.stringify(answer.body)}`)
      }
      const further = { name: 's', version: '1', issuerDid, jsonSchema: degreeSchema }
      expectProblem(404, 'ISSUER_NOT_FOUND', await other.call('POST', at('schemas'), { body: further }))
    }
    const { body } = expect(200, await b.call('GET', at('credentials', credentialId, 'status')))
    assert.equal(body.revoked, false)
    expect(200, await a.call('POST', at('credentials', 'revoke'), { body: { credentialId } }))
  })

  it('neither see nor touch bulk jobs and recalls of each other', async () => {
    const [a, b] = [await makeTenant('bulk-a'), await makeTenant('bulk-b')]
    const issuerDid = await makeIssuer(a)
    const schemaId = await makeSchema(a, issuerDid)
    const since = new Date().toISOString()
    const { credentialId } = await issueDegree(a, { issuerDid, schemaId })
    const { verificationMethod } = expect(200, await a.call('GET', at('credentials', credentialId))).body
    const query = { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' }
    const rows = (count: number) =>
      ['holderDid,degree.type,degree.name', ...Array(count).fill(`${holderDid},BachelorDegree,x`)].join('\n')
    const done = expect(202, await order(a, { query, rows: rows(1) })).body.id
    await ended(a, done)
    const paused = expect(202, await order(a, { query, rows: rows(300) })).body.id
    expect(200, await a.call('POST', `${bulkPath}/${paused}/pause`))
    const recall = { verificationMethod, since, action: 'revoke' }
    const { recallId } = expect(202, await a.call('POST', at('recalls'), { body: recall })).body
    const recalled = async () => expect(200, await a.call('GET', at('recalls', recallId))).body
    while ((await recalled()).state === 'running') await new Promise(setImmediate)

    /** Of the job that waits what does not come from the chunk that was under way. */
    const state = async () => {
      const waiting = expect(200, await a.call('GET', `${bulkPath}/${paused}`)).body
      const others = [
        a.call('GET', `${bulkPath}/${done}`),
        ...[a.call('GET', at('recalls')), a.call('GET', at('recalls', recallId, 'credentials'))],
      ]
      const answers = (await Promise.all(others)).map((answer) => expect(200, answer).body)
      return [waiting.state, waiting.total, ...answers]
    }
    const before = await state()
    assert.deepEqual([before[0], before[2].state, before[3].items.length], ['paused', 'done', 1])
    for (const other of [b, node]) {
      for (const id of [done, paused])
        for (const [method, path] of [
          ['GET', ''],
          ['GET', '/events'],
          ['GET', '/success'],
          ['GET', '/success?include=credentials'],
          ['GET', '/failure'],
          ['POST', '/pause'],
          ['POST', '/resume'],
          ['POST', '/cancel'],
          ['DELETE', ''],
        ] as const) {
          const answer = await other.call(method, `${bulkPath}/${id}${path}`)
          expectProblem(404, 'BULK_JOB_NOT_FOUND', answer)
        }
      expectProblem(404, 'RECALL_NOT_FOUND', await other.call('GET', at('recalls', recallId)))
      expectProblem(404, 'RECALL_NOT_FOUND', await other.call('GET', at('recalls', recallId, 'credentials')))
      expectProblem(404, 'DID_NOT_FOUND', await other.call('POST', at('recalls'), { body: recall }))
      assert.ok(!(await listed(other, bulkPath.slice('/api/v1/'.length))).includes(paused))
      assert.deepEqual(expect(200, await other.call('GET', at('recalls'))).body.items, [])
    }
    assert.deepEqual(await state(), before)
    expect(200, await a.call('POST', `${bulkPath}/${paused}/cancel`))
  })

  it('give aliases for themselves, and share those of the built-in schemas', async () => {
    const both = [await makeTenant('c'), await makeTenant('d')] as const
    const ids = []
    for (const tenant of both) {
      const issuerDid = await makeIssuer(tenant)
      ids.push(await makeSchema(tenant, issuerDid, { alias: 'diploma' }))
      assert.equal(expect(200, await tenant.call('GET', at('schemas', 'diploma'))).body.schemaId, ids.at(-1))
      const builtIn = expect(200, await tenant.call('GET', at('schemas', 'education-degree-v1'))).body
      assert.equal(builtIn.alias, 'education-degree-v1')
    }
    assert.notEqual(ids[0], ids[1])
  })

  it('name credentials for themselves', async () => {
    const both = [await makeTenant('n1'), await makeTenant('n2'), node] as const
    const name = 'https://college.example/degrees/1'
    const issued = []
    for (const as of both) {
      const issuer = await makeIssuer(as)
      const body = {
        credential: {
          '@context': ['https://www.w3.org/ns/credentials/v2'],
          type: ['VerifiableCredential'],
          id: name,
          issuer,
          credentialSubject: { id: holderDid },
        },
        options: { statusPurpose: ['revocation', 'suspension'] },
      }
      const issue = () => as.call('POST', '/vc-api/credentials/issue', { body })
      const { verifiableCredential } = expect(201, await issue()).body
      assert.equal(verifiableCredential.id, name)
      expectProblem(409, 'CREDENTIAL_ALREADY_EXISTS', await issue())
      issued.push({ as, issuer, verifiableCredential })
    }
    const statusOf = async (as: TestNode) =>
      expect(200, await as.call('GET', at('credentials', name, 'status'))).body
    const ids = new Set<string>()
    for (const { as, issuer, verifiableCredential } of issued) {
      const read = await as.call('GET', `/vc-api/credentials/${encodeURIComponent(name)}`)
      assert.deepEqual(expect(200, read).body.verifiableCredential, verifiableCredential)
      const record = expect(200, await as.call('GET', at('credentials', name))).body
      assert.equal(record.issuerDid, issuer)
      ids.add(record.credentialId)
      expect(201, await as.call('POST', at('credentials', name, 'offers'), { body: {} }))
      expect(200, await as.call('GET', at('credentials', name, 'registration')))
    }
    assert.equal(ids.size, 3)
    const [first] = issued as [(typeof issued)[number]]
    const suspend = { credentialIds: [name, 'urn:uuid:nobody'], partial: true }
    const suspended = expect(
      200,
      await first.as.call('POST', at('credentials', 'suspend'), { body: suspend }),
    )
    assert.deepEqual(suspended.body.credentialIds, [name])
    assert.deepEqual(
      suspended.body.refused.map(({ credentialId }: { credentialId: string }) => credentialId),
      ['urn:uuid:nobody'],
    )
    const change = { credentialId: name, credentialStatus: { type: 'x', statusPurpose: 'revocation' } }
    expect(200, await first.as.call('POST', '/vc-api/credentials/status', { body: change }))
    assert.deepEqual(await Promise.all(both.map(async (as) => (await statusOf(as)).revoked)), [
      true,
      false,
      false,
    ])
    // nobody takes the id under which the record of another tenant stands
    const taken = { ...first.verifiableCredential, issuer: issued[1]?.issuer, id: [...ids][0] }
    delete taken.proof
    delete taken.credentialStatus
    const options = { statusPurpose: 'revocation' }
    const other = await both[1].call('POST', '/vc-api/credentials/issue', {
      body: { credential: taken, options },
    })
    expect(201, other)
    expect(202, await first.as.call('DELETE', `/vc-api/credentials/${encodeURIComponent(name)}`))
    expect(200, await both[1].call('GET', `/vc-api/credentials/${encodeURIComponent(name)}`))
  })

  it('have keys of their own, which make no others', async () => {
    const tenant = await makeTenant('e')
    const wanted = { name: 'x', scopes: ['dids:read'], issuerDids: '*' }
    expect(201, await tenant.call('POST', '/api/v1/api-keys', { body: wanted }))
    assert.equal((await listed(tenant, 'api-keys')).length, 2)
    assert.equal((await listed(node, 'api-keys?tenantId=e')).length, 2)
    for (const body of [
      { ...wanted, tenantId: 'default' },
      { ...wanted, scopes: ['tenants:admin'] },
    ])
      expectProblem(403, 'FORBIDDEN', await tenant.call('POST', '/api/v1/api-keys', { body }))
    const mightier = { name: 'x', scopes: ['tenants:admin'], issuerDids: '*', tenantId: 'e' }
    expectProblem(403, 'FORBIDDEN', await node.call('POST', '/api/v1/api-keys', { body: mightier }))
    expectProblem(403, 'FORBIDDEN', await tenant.call('GET', '/api/v1/api-keys?tenantId=a-college'))
    expectProblem(403, 'FORBIDDEN', await tenant.call('GET', '/api/v1/tenants'))
    const [own] = await listed(node, 'api-keys?tenantId=a-college')
    expectProblem(404, 'API_KEY_NOT_FOUND', await tenant.call('DELETE', at('api-keys', own as string)))
    const nobody = { ...wanted, tenantId: 'nobody' }
    expectProblem(404, 'TENANT_NOT_FOUND', await node.call('POST', '/api/v1/api-keys', { body: nobody }))
  })

  it('reach their limits without touching those of others', async () => {
    const [small, large] = [
      await makeTenant('f', { didQuota: 1, dailyCredentials: 2 }),
      await makeTenant('g'),
    ]
    const issuerDid = await makeIssuer(small)
    expectProblem(429, 'QUOTA_EXCEEDED', await small.call('POST', at('dids'), { body: { method: 'key' } }))
    await makeIssuer(large)
    const terms = { issuerDid, schemaId: 'education-degree-v1' }
    const claims = bachelor
    const issue = (count: number) => {
      const credentials = Array.from({ length: count }, () => ({ holderDid, claims }))
      return small.call('POST', at('credentials', 'issue', 'batch'), { body: { ...terms, credentials } })
    }
    const first = expect(200, await issue(2))
    const answer = expectProblem(429, 'CREDENTIAL_QUOTA_EXCEEDED', await issue(1))
    assert.ok(Number(answer.headers.get('retry-after')) <= 86_400)
    assert.equal((await listed(small, 'credentials')).length, first.body.issued)
    const shown = expect(200, await node.call('GET', at('tenants', 'f'))).body
    assert.deepEqual([shown.dids, shown.credentialsToday], [1, 2])
    const more = { dailyCredentials: 3 }
    expect(200, await node.call('PATCH', at('tenants', 'f'), { body: more }))
    expect(200, await issue(1))
  })

  it('share one rate limit, which is not that of others', async () => {
    const [hasty, calm] = [await makeTenant('h', { rateLimit: 3 }), await makeTenant('i')]
    const ask = () => hasty.call('GET', '/api/v1/dids')
    const answers = [await ask(), await ask(), await ask(), await ask()]
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 429],
    )
    expect(200, await calm.call('GET', '/api/v1/dids'))
  })

  it('are suspended and taken up again', async () => {
    const tenant = await makeTenant('j')
    const state = (value: string) =>
      node.call('PATCH', at('tenants', 'j'), { body: { state: value } }).then((answer) => expect(200, answer))
    await state('suspended')
    expectProblem(403, 'TENANT_SUSPENDED', await tenant.call('GET', '/api/v1/dids'))
    await state('active')
    expect(200, await tenant.call('GET', '/api/v1/dids'))
    expectProblem(404, 'TENANT_NOT_FOUND', await node.call('GET', at('tenants', 'k')))
    const again = { tenantId: 'j', name: 'j' }
    expectProblem(409, 'TENANT_ALREADY_EXISTS', await node.call('POST', '/api/v1/tenants', { body: again }))
  })

  it('have nothing more issued while they are suspended, also of what they ordered before', async () => {
    const tenant = await makeTenant('l')
    const issuerDid = await makeIssuer(tenant)
    const schemaId = await makeSchema(tenant, issuerDid)
    const state = (value: string) =>
      node.call('PATCH', at('tenants', 'l'), { body: { state: value } }).then((answer) => expect(200, answer))
    const rows = ['holderDid,degree.type,degree.name']
    for (let row = 0; row < 300; row++) rows.push(`${holderDid},BachelorDegree,n${row}`)
    const query = { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' }
    const { id } = expect(202, await order(tenant, { query, rows: rows.join('\n') })).body
    const seen: string[] = []
    for await (const { event, data } of follow(tenant, id)) {
      seen.push(event)
      if (data.state === 'running' && data.issued >= 20) await state('suspended')
    }
    assert.ok(!seen.includes('done'), 'nor is more told of it')
    const records = new DatabaseSync(join(node.dataDir, 'cartulary.db'), { readOnly: true })
    const isPaused = records.prepare("select job_id from bulk_jobs where job_id = ? and state = 'paused'")
    while (!isPaused.get(id)) await new Promise(setImmediate)
    records.close()
    await state('active')
    const paused = expect(200, await tenant.call('GET', `${bulkPath}/${id}`)).body
    assert.equal(paused.reason.code, 'TENANT_SUSPENDED')
    assert.ok(paused.issued < 300)
    expect(200, await tenant.call('POST', `${bulkPath}/${id}/resume`))
    const job = await ended(tenant, id)
    assert.deepEqual([job.state, job.issued, job.registered], ['done', 300, 300])
  })
})
