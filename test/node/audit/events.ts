import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../node.ts'

interface Told {
  type: string
  subject: string
  actor: string
  requestId: string | null
  data: Record<string, unknown>
}

describe('the events of a node', () => {
  let node: TestNode
  let issuerDid: string

  before(async () => {
    node = await startNode()
  })

  after(() => node.close())

  const api = async (method: string, path: string, body?: object, key?: string | null) => {
    const options = { ...(body && { body }), ...(key !== undefined && { key }) }
    const answer = await node.call(method, `/api/v1${path}`, options)
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  let seen = 0
  /** The events of everything that was done since the last look, in order. */
  const told = async (...types: string[]): Promise<Told[]> => {
    for (;;) {
      const { items } = await api('GET', `/audit?limit=1000&cursor=${seen}`)
      const all = items.map(({ type }: Told) => type).sort()
      if (all.length < types.length) {
        await new Promise((resolve) => setTimeout(resolve, 50))
        continue
      }
      assert.deepEqual(all, [...types].sort())
      seen = items.at(-1).seq
      return items
    }
  }
  const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
  const degree = { type: 'BachelorDegree', name: 'Secret Name', university: 'MIT', graduationYear: 2025 }
  const issue = () =>
    api('POST', '/credentials/issue', {
      ...{ schemaId: 'education-degree-v1', issuerDid, holderDid, proofType: 'eddsa-jcs-2022' },
      ...{ claims: { degree }, suspendable: true },
    })

  it('tell the making of its own DID and schemas', async () => {
    const schemas = Array.from({ length: 6 }, () => 'schema.registered')
    const events = await told('did.created', ...schemas)
    assert.ok(events.every(({ actor, requestId }) => actor === 'node' && requestId === null))
  })

  it('tell DIDs', async () => {
    const { did } = await api('POST', '/dids', { method: 'ethr', keys: ['Ed25519'], name: 'Secret Name' })
    issuerDid = did
    const [created] = await told('did.created')
    assert.deepEqual([created?.subject, created?.actor], [did, 'admin'])
    assert.match(created?.requestId ?? '', /^[0-9a-f-]{36}$/)
    const path = `/dids/${encodeURIComponent(did)}`
    await api('PATCH', path, { name: 'Another Name' })
    await told('did.updated')
    await api('POST', `${path}/keys/rotate`, {})
    const [rotated] = await told('did.keys_rotated')
    assert.equal((rotated!.data.added as string[]).length, 1)
    assert.equal((rotated!.data.removed as string[]).length, 1)
    await api('POST', `${path}/keys/rotate`, { reason: 'compromise' })
    await told('did.keys_rotated', 'did.keys_compromised')
    const gone = await api('POST', '/dids', { method: 'ethr' })
    await api('DELETE', `/dids/${encodeURIComponent(gone.did)}`)
    await told('did.created', 'did.deactivated')
  })

  it('tell schemas and contexts', async () => {
    const jsonSchema = { type: 'object', properties: { a: { type: 'string' } } }
    const named = { name: 'x', version: '1.0', issuerDid, type: 'XCredential', restricted: true }
    const { schemaId } = await api('POST', '/schemas', { ...named, jsonSchema })
    const path = `/schemas/${encodeURIComponent(schemaId)}`
    await api('POST', `${path}/issuers`, { issuerDids: [issuerDid], allowed: true })
    await api('POST', `${path}/deactivate`)
    const document = { '@context': { a: 'https://example.com/a' } }
    await api('POST', '/contexts', { issuerDid, url: 'https://example.com/context', document })
    await api('POST', '/contexts', { issuerDid, url: 'https://example.com/context', document })
    await told('schema.registered', 'schema.issuers_changed', 'schema.deactivated', 'context.registered')
  })

  it('tell API keys', async () => {
    const { id, key } = await api('POST', '/api-keys', {
      ...{ name: 'Secret Name', scopes: ['dids:read'], issuerDids: '*' },
    })
    await api('DELETE', `/api-keys/${id}`)
    const events = await told('api_key.created', 'api_key.revoked')
    assert.equal(JSON.stringify(events).includes(key), false)
  })

  it('tell credentials', async () => {
    const { credentialId } = await issue()
    const [issued, registered] = await told('credentials.issued', 'credentials.registered')
    assert.deepEqual(registered?.data.credentialIds, [credentialId])
    assert.equal(issued?.subject, issuerDid)
    for (const action of ['suspend', 'reinstate', 'revoke'])
      await api('POST', `/credentials/${action}`, { credentialId, reason: 'Secret Name' })
    const changes = await told('credentials.suspended', 'credentials.reinstated', 'credentials.revoked')
    for (const { data, subject } of changes) {
      assert.deepEqual([subject, data.credentialIds], [issuerDid, [credentialId]])
      assert.match(String(data.transactionHashes), /^0x/)
    }
  })

  it('tell offers and erasure', async () => {
    const { credentialId } = await issue()
    const { url } = await api('POST', `/credentials/${encodeURIComponent(credentialId)}/offers`, {})
    const token = url.slice(url.lastIndexOf('/') + 1)
    await api('GET', `/offers/${token}`, undefined, null)
    const events = await told('credentials.issued', 'credentials.registered', 'offer.made', 'offer.collected')
    assert.equal(events.find(({ type }) => type === 'offer.collected')?.actor, 'anonymous')
    assert.equal(JSON.stringify(events).includes(token), false)
    const erased = await node.call('DELETE', `/vc-api/credentials/${encodeURIComponent(credentialId)}`)
    assert.ok(erased.status < 300, JSON.stringify(erased.body))
    await told('credentials.erased')
  })

  it('hold no personal data', async () => {
    const { items } = await api('GET', '/audit?limit=1000')
    const text = JSON.stringify(items)
    for (const personal of ['Secret Name', 'Another Name', holderDid, 'MIT', 'BachelorDegree'])
      assert.equal(text.includes(personal), false, personal)
  })
})
