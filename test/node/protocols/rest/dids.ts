import assert from 'node:assert/strict'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { Resolver } from 'did-resolver'
import { getResolver } from 'ethr-did-resolver'
import { keyTypes } from '../../../../node/keys/key-store.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, holderDid, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('DIDs', () => {
  let node: TestNode

  before(async () => {
    node = await startNode()
  })
  after(() => node.close())

  const resolveUnmodified = async (did: string) => {
    const network = { name: '0x7a69', chainId: 31_337, rpcUrl: node.chain.rpcUrl }
    const resolver = new Resolver(
      getResolver({ networks: [{ ...network, registry: node.chain.registries.didRegistry }] }),
    )
    return resolver.resolve(did)
  }

  it('did:ethr are made, and the unmodified npm resolver finds every key that signs', async () => {
    const answer = await node.call('POST', '/api/v1/dids', {
      body: { method: 'ethr', keys: keyTypes, name: 'MIT' },
    })
    const { did, document, transactionHash } = expect(201, answer).body
    assert.match(did, /^did:ethr:0x7a69:0x[0-9a-f]{40}$/)
    assert.match(transactionHash, /^0x[0-9a-f]{64}$/)
    const { didDocument } = await resolveUnmodified(did)
    const methods = (list: readonly unknown[] | undefined) =>
      (list ?? []).map((method) => (typeof method === 'string' ? method : (method as { id: string }).id))
    assert.deepEqual(methods(document.assertionMethod), methods(didDocument?.assertionMethod))
    assert.equal(methods(document.assertionMethod).length, 1 + keyTypes.length)
    // The resolver gives a Multikey in base58: its multicodec prefix begins with these characters.
    const shown = didDocument?.verificationMethod?.map(({ publicKeyBase58 }) => publicKeyBase58?.slice(0, 3))
    assert.deepEqual(
      // keys of one moment stand in no order
      shown?.filter((start) => start?.startsWith('82L') || start?.startsWith('UC7')).sort(),
      ['82L', 'UC7'],
    )
  })

  for (const type of ['P-384', 'Bls12381G2'] as const) {
    it(`have keys of ${type} that are rotated`, async () => {
      const did = await makeIssuer(node, ['Ed25519', type])
      const start = type === 'P-384' ? 'z82L' : 'zUC'
      const keyOf = (document: { verificationMethod: { publicKeyMultibase?: string }[] }) =>
        document.verificationMethod.flatMap(({ publicKeyMultibase }) =>
          publicKeyMultibase?.startsWith(start) ? [publicKeyMultibase] : [],
        )
      const before = keyOf(expect(200, await node.call('GET', at('dids', did))).body.document)
      const body = { keyType: type }
      const rotated = expect(200, await node.call('POST', at('dids', did, 'keys', 'rotate'), { body })).body
      assert.equal(rotated.added.length, 1)
      const after = keyOf(rotated.document)
      assert.deepEqual([before.length, after.length], [1, 1])
      assert.notEqual(after[0], before[0])
    })

    it(`are did:key of ${type}`, async () => {
      const body = { method: 'key', keys: [type] }
      const { did, document } = expect(201, await node.call('POST', '/api/v1/dids', { body })).body
      assert.match(did, type === 'P-384' ? /^did:key:z82L/ : /^did:key:zUC/)
      const multibase = did.slice('did:key:'.length)
      assert.equal(document.verificationMethod[0].publicKeyMultibase, multibase)
      assert.deepEqual(document.assertionMethod, [`${did}#${multibase}`])
      assert.deepEqual(expect(200, await node.call('GET', at('dids', did))).body.document, document)
    })
  }

  it('did:key are made without a transaction', async () => {
    const body = { method: 'key', keys: ['Ed25519'] }
    const answer = expect(201, await node.call('POST', '/api/v1/dids', { body }))
    assert.match(answer.body.did, /^did:key:z6Mk/)
    assert.equal(answer.body.transactionHash, null)
    const two = { method: 'key', keys: ['Ed25519', 'P-256'] }
    expectProblem(400, 'MALFORMED_REQUEST', await node.call('POST', '/api/v1/dids', { body: two }))
  })

  it('are made up to the quota', async () => {
    // the node's own DID counts
    const small = await startNode({ chain: node.chain, environment: { DID_QUOTA: '2' } })
    try {
      await makeIssuer(small)
      const keys = () => {
        const database = new DatabaseSync(join(small.dataDir, 'cartulary.db'), { readOnly: true })
        const { n } = database.prepare('select count(*) as n from keys').get() as { n: number }
        database.close()
        return n
      }
      const before = keys()
      expectProblem(429, 'QUOTA_EXCEEDED', await small.call('POST', '/api/v1/dids', { body: {} }))
      const did = `did:ethr:0x7a69:0x${'12'.repeat(20)}`
      expectProblem(429, 'QUOTA_EXCEEDED', await small.call('POST', '/api/v1/dids/import', { body: { did } }))
      assert.equal(keys(), before, 'what is refused leaves no keys behind')
    } finally {
      await small.close()
    }
  })

  it('of other methods or keys are not made', async () => {
    for (const body of [{ method: 'web' }, { keys: ['RSA'] }, { keys: [] }, { colour: 'red' }]) {
      expectProblem(400, 'MALFORMED_REQUEST', await node.call('POST', '/api/v1/dids', { body }))
    }
  })

  it('are listed, newest first, for whom they concern', async () => {
    const [first, second] = [await makeIssuer(node), await makeIssuer(node)]
    const page = expect(200, await node.call('GET', '/api/v1/dids?limit=2')).body
    assert.deepEqual(
      page.items.map(({ did }: { did: string }) => did),
      [second, first],
    )
    assert.equal(page.items[0].keys.length, 1)
    assert.ok(!JSON.stringify(page).includes('keyRef'))
    const next = expect(200, await node.call('GET', `/api/v1/dids?limit=2&cursor=${page.nextCursor}`)).body
    assert.ok(next.items.every(({ did }: { did: string }) => did !== first && did !== second))
    const made = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'r', scopes: ['dids:read'], issuerDids: [first] },
    })
    const seen = expect(200, await node.call('GET', '/api/v1/dids', { key: expect(201, made).body.key })).body
    assert.deepEqual(
      seen.items.map(({ did }: { did: string }) => did),
      [first],
    )
  })

  it('are resolved, under both names of the call', async () => {
    const did = await makeIssuer(node)
    const { body } = expect(200, await node.call('GET', at('dids', did)))
    assert.deepEqual(
      [body.did, body.document.id, body.deactivated, body.name, body.controlled],
      [did, did, false, 'MIT', true],
    )
    assert.deepEqual(expect(200, await node.call('GET', at('dids', 'resolve', did))).body, body)
    const key = expect(200, await node.call('GET', at('dids', holderDid))).body
    assert.deepEqual([key.document.id, key.controlled], [holderDid, false])
    expectProblem(404, 'DID_NOT_FOUND', await node.call('GET', at('dids', 'did:key:zNonsense')))
    expectProblem(400, 'DID_METHOD_UNSUPPORTED', await node.call('GET', at('dids', 'did:web:example.com')))
    expectProblem(400, 'MALFORMED_REQUEST', await node.call('GET', at('dids', 'nonsense')))
  })

  it('get a new name and services, by PATCH and PUT', async () => {
    const did = await makeIssuer(node)
    const service = { type: 'LinkedDomains', serviceEndpoint: 'https://issuer.example' }
    const patched = await node.call('PATCH', at('dids', did), {
      body: { name: 'ETH', addServices: [service] },
    })
    assert.equal(expect(200, patched).body.document.service[0].type, 'LinkedDomains')
    assert.equal(expect(200, await node.call('GET', at('dids', did))).body.name, 'ETH')
    const put = await node.call('PUT', at('dids', did), { body: { removeServices: [service] } })
    assert.deepEqual(expect(200, put).body.document.service ?? [], [])
    const unknown = `did:ethr:0x7a69:0x${'12'.repeat(20)}`
    expectProblem(
      404,
      'DID_NOT_FOUND',
      await node.call('PATCH', at('dids', unknown), { body: { name: 'x' } }),
    )
  })

  it('rotate their keys, and sign with the new ones', async () => {
    const did = await makeIssuer(node)
    const schemaId = await makeSchema(node, did)
    await issueDegree(node, { issuerDid: did, schemaId })
    const { body } = expect(
      200,
      await node.call('POST', at('dids', did, 'keys', 'rotate'), { body: { keyType: 'Ed25519' } }),
    )
    assert.deepEqual([body.revoked.length, body.added.length], [1, 1])
    const { credential } = await issueDegree(node, { issuerDid: did, schemaId })
    assert.equal(credential.proof.verificationMethod, body.added[0])
    const verified = await node.call('POST', '/api/v1/credentials/verify', { body: { credential } })
    assert.equal(expect(200, verified).body.verified, true)
    expect(200, await node.call('POST', at('dids', did, 'rotate-key')))
    const none = await node.call('POST', at('dids', did, 'keys', 'rotate'), { body: { keyType: 'P-256' } })
    expectProblem(404, 'KEY_NOT_FOUND', none)
  })

  it('are deactivated for ever, and their history tells it', async () => {
    const did = await makeIssuer(node)
    const { body } = expect(200, await node.call('DELETE', at('dids', did)))
    assert.deepEqual([body.did, body.deactivated], [did, true])
    assert.equal(expect(200, await node.call('GET', at('dids', did))).body.deactivated, true)
    assert.equal((await resolveUnmodified(did)).didDocumentMetadata.deactivated, true)
    expectProblem(409, 'ISSUER_DEACTIVATED', await node.call('DELETE', at('dids', did)))
    const { events } = expect(200, await node.call('GET', at('dids', did, 'history'))).body
    assert.equal(events.at(-1).transactionHash, body.transactionHash)
    assert.equal(events.at(-1).change.kind, 'ownerChanged')
    assert.ok(events.length >= 4)
    expectProblem(400, 'DID_METHOD_UNSUPPORTED', await node.call('GET', at('dids', holderDid, 'history')))
  })

  it('are changed by keys bound to them alone', async () => {
    const [did, other] = [await makeIssuer(node), await makeIssuer(node)]
    const made = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'w', scopes: ['dids:write'], issuerDids: [other] },
    })
    const { key } = expect(201, made).body
    expectProblem(403, 'FORBIDDEN', await node.call('DELETE', at('dids', did), { key }))
    expectProblem(403, 'FORBIDDEN', await node.call('POST', at('dids', did, 'keys', 'rotate'), { key }))
    expectProblem(403, 'FORBIDDEN', await node.call('PATCH', at('dids', did), { key, body: { name: 'x' } }))
    expect(200, await node.call('PATCH', at('dids', other), { key, body: { name: 'x' } }))
  })
})
