import assert from 'node:assert/strict'
import { startChain, type TestChain } from '../chain.ts'
import { type Answer, startNode, type TestNode } from '../node.ts'
import { describeOnStacks, type FreshDatabase, onRedis, postgres } from '../stacks.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  makeIssuer,
  makeSchema,
  makeTenant,
} from './protocols/rest/scenario.ts'

describeOnStacks(
  'two nodes on one database',
  (stack) => {
    let chain: TestChain
    let fresh: FreshDatabase
    let nodes: TestNode[] = []
    let one: TestNode
    let other: TestNode

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      const environment: Record<string, string> = {
        ...fresh.environment,
        KEY_ENCRYPTION_KEY: 'ab'.repeat(32),
        PUBLIC_URL: 'https://issuer.example',
        LEDGER_CACHE_MS: '0',
      }
      const dataDir = environment.DATA_DIR as string
      // at once, on a database that is empty
      const started = await Promise.allSettled(
        Array.from({ length: 2 }, () => startNode({ chain, dataDir, environment })),
      )
      nodes = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
      for (const each of started) if (each.status === 'rejected') throw each.reason
      ;[one, other] = nodes as [TestNode, TestNode]
    })

    after(async () => {
      for (const node of nodes) await node.close()
      await chain?.close()
      await fresh?.drop()
    })

    it('are one issuer: same DID, same account', () => {
      assert.equal(one.node.nodeDid, other.node.nodeDid)
      assert.equal(one.node.relayer, other.node.relayer)
    })

    it('let a tenant send as much as its limit says, whichever of them it asks', async () => {
      const limit = 20
      const tenant = await makeTenant(one, { tenantId: 'hasty', rateLimit: limit })
      const ask = async () => {
        const answers = await Promise.all(
          Array.from({ length: 60 }, (_, n) =>
            (n % 2 === 0 ? one : other).call('GET', '/api/v1/dids', { key: tenant.adminApiKey }),
          ),
        )
        return answers.filter(({ status }) => status === 200).length
      }
      const minute = () => Math.floor(Date.now() / 60_000)
      let begun: number
      let done: number
      // not across the end of a minute, which begins anew
      do [begun, done] = [minute(), await ask()]
      while (minute() !== begun)
      assert.equal(done, limit)
    })

    it('do for each other what either has begun', async () => {
      const issuerDid = await makeIssuer(one)
      const schemaId = await makeSchema(other, issuerDid, { alias: 'degree' })
      const terms = {
        schemaId: 'degree',
        issuerDid,
        holderDid,
        claims: bachelor,
        proofType: 'eddsa-jcs-2022',
      }
      const issued = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 ? one : other).call('POST', '/api/v1/credentials/issue', {
            body: { ...terms, revocable: true },
          }),
        ),
      )
      const ids = issued.map((answer) => expect(201, answer).body.credentialId as string)
      const rows = expect(
        200,
        await one.call('POST', '/api/v1/credentials/issue/batch', {
          body: {
            ...{ schemaId, issuerDid, proofType: 'eddsa-jcs-2022', revocable: true },
            credentials: Array.from({ length: 50 }, () => ({ holderDid, claims: bachelor })),
          },
        }),
      ).body
      assert.ok(rows)
      const list = expect(
        200,
        await other.call('GET', `/api/v1/credentials?issuerDid=${issuerDid}&limit=100`),
      ).body
      assert.equal(list.items.length, 70)
      for (const id of ids.slice(0, 4))
        expect(200, await one.call('GET', at('credentials', id, 'registration')))

      const credentialId = ids[0] as string
      expect(200, await other.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
      const status = expect(
        200,
        await one.call('GET', at('credentials', credentialId, 'status'), { key: null }),
      )
      assert.equal(status.body.status, 'revoked')
      const { credential } = (issued[0] as Answer).body
      const verified = expect(
        200,
        await one.call('POST', '/api/v1/credentials/verify', { body: { credential } }),
      )
      assert.equal(verified.body.verified, false)
    })

    it('hand an offer out once', async () => {
      const list = expect(200, await one.call('GET', '/api/v1/credentials?limit=1')).body
      const { credentialId } = list.items[0]
      const offer = expect(
        201,
        await one.call('POST', at('credentials', credentialId, 'offers'), { body: {} }),
      ).body
      const path = new URL(offer.url).pathname
      const collected = await Promise.all(
        Array.from({ length: 8 }, (_, n) => (n % 2 ? one : other).call('GET', path, { key: null })),
      )
      assert.deepEqual(collected.map(({ status }) => status).sort(), [200, 404, 404, 404, 404, 404, 404, 404])
    })

    it('know each other’s API keys, until they are revoked', async () => {
      const body = { name: 'reader', scopes: ['credentials:read'], issuerDids: '*' }
      const { key, id } = expect(201, await one.call('POST', '/api/v1/api-keys', { body })).body
      expect(200, await other.call('GET', '/api/v1/credentials', { key }))
      assert.ok((await other.call('DELETE', at('api-keys', id))).status < 300)
      expectProblem(401, 'UNAUTHORIZED', await one.call('GET', '/api/v1/credentials', { key }))
    })

    it('refuse text that a database does not keep', async () => {
      for (const path of [
        at('credentials', 'a\0b'),
        at('dids', 'did:x:\0'),
        '/api/v1/credentials?holderDid=did:x:%00',
      ]) {
        const { status } = await one.call('GET', path)
        assert.ok(status < 500, `${path}: ${status}`)
      }
      const cursor = Buffer.from('2026-01-01T00:00:00.000Z a\0b').toString('base64url')
      assert.ok((await one.call('GET', `/api/v1/credentials?cursor=${cursor}`)).status < 500)
    })
  },
  [postgres, onRedis],
)
