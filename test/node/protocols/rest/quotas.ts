import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { bulkPath, ended, order } from '../../../bulk-client.ts'
import { type Answer, startNode, type TestNode } from '../../../node.ts'
import { describeOnStacks, nodeStacks } from '../../../stacks.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './scenario.ts'
import { connect } from './two-nodes.ts'

describeOnStacks(
  'what a caller adds',
  (stack) => {
    let node: TestNode
    let drop: () => Promise<void>
    let issuerDid: string
    let schemaId: string

    before(async () => {
      const database = await stack.create()
      drop = database.drop
      node = await startNode({
        dataDir: database.environment.DATA_DIR as string,
        environment: {
          ...database.environment,
          ...{ DID_QUOTA: '6', KEY_QUOTA: '3', CONTEXT_QUOTA: '3', SCHEMA_QUOTA: '10', API_KEY_QUOTA: '3' },
          ...{ OFFER_QUOTA: '3', CONNECTION_QUOTA: '5', EXCHANGE_QUOTA: '3', LINK_SECRET_QUOTA: '3' },
          ...{ PRESENTATION_REQUEST_QUOTA: '3', RECALL_QUOTA: '3', CONNECTION_PEERS: 'loopback' },
          ...{ BULK_JOBS: '3', BULK_KEPT_ROWS: '100', BULK_CHUNK_ROWS: '10' },
        },
      })
      issuerDid = await makeIssuer(node)
      schemaId = await makeSchema(node, issuerDid)
    })
    after(async () => {
      await node?.close()
      await drop?.()
    })

    const post = (path: readonly string[], body: unknown) => node.call('POST', at(...path), { body })
    /** Asks eight times at once, and gives how often that was done; all others have to be refused. */
    async function atOnce(
      ask: (attempt: number) => Promise<Answer>,
      code = 'QUOTA_EXCEEDED',
    ): Promise<Answer[]> {
      const answers = await Promise.all(Array.from({ length: 8 }, (_, attempt) => ask(attempt)))
      const done = answers.filter(({ status }) => status < 300)
      for (const answer of answers) if (!done.includes(answer)) expectProblem(429, code, answer)
      return done
    }

    it('are no more DIDs than the quota, whatever their method', async () => {
      const methods = ['key', 'ethr']
      const made = await atOnce((attempt) => post(['dids'], { method: methods[attempt % 2] }))
      // the issuer is one, and the node has one itself
      assert.equal(made.length, 4)
      const answer = expectProblem(429, 'QUOTA_EXCEEDED', await post(['dids'], { method: 'key' }))
      assert.equal(answer.body.quota, 6)
    })

    it('are no more contexts of an issuer', async () => {
      const document = { '@context': { term: 'https://example.org/#term' } }
      const context = (url: string) => post(['contexts'], { issuerDid, url, document })
      const made = await atOnce((attempt) => context(`https://example.org/${attempt}`))
      assert.equal(made.length, 3)
      // what is there already is none more
      const { url } = (made[0] as Answer).body
      assert.ok((await context(url)).status < 300)
    })

    it('are no more schemas', async () => {
      const jsonSchema = { type: 'object', properties: { degree: { type: 'object' } } }
      const made = await atOnce((attempt) =>
        post(['schemas'], { issuerDid, name: `s${attempt}`, version: '1', jsonSchema }),
      )
      // six are built in, one was made before
      assert.equal(made.length, 3)
    })

    it('are no more API keys, and a revoked one makes room', async () => {
      const wanted = { name: 'a key', scopes: ['credentials:read'], issuerDids: '*' }
      const made = await atOnce(() => post(['api-keys'], wanted))
      assert.equal(made.length, 3)
      expect(204, await node.call('DELETE', at('api-keys', made[0]?.body.id)))
      expect(201, await post(['api-keys'], wanted))
      expectProblem(429, 'QUOTA_EXCEEDED', await post(['api-keys'], wanted))
    })

    it('are no more offers of a credential', async () => {
      const { credentialId } = await issueDegree(node, { issuerDid, schemaId })
      const made = await atOnce(() => post(['credentials', credentialId, 'offers'], {}))
      assert.equal(made.length, 3)
    })

    it('are no more keys of a DID', async () => {
      const rotate = () => post(['dids', issuerDid, 'keys', 'rotate'], {})
      expect(200, await rotate())
      expect(200, await rotate())
      expectProblem(429, 'QUOTA_EXCEEDED', await rotate())
      // the keys that it has are as good as ever
      await issueDegree(node, { issuerDid, schemaId })
    })

    it('are no more exchanges over a connection', async () => {
      const { ofInviter: connectionId } = await connect(node, node)
      const details = { schemaId, issuerDid, claims: bachelor, proofType: 'eddsa-jcs-2022' }
      const offer = () => post(['exchanges', 'offers'], { connectionId, format: 'w3c', details })
      const made = await atOnce(offer, 'EXCHANGE_LIMIT')
      assert.equal(made.length, 3)
      expect(200, await node.call('DELETE', at('exchanges', made[0]?.body.id)))
      expect(201, await offer())
    })

    // two of them are the ends of the one before
    it('are no more connections, link secrets and presentation requests', async () => {
      for (const ask of [
        () => post(['connections', 'invitations'], {}),
        () => post(['anoncreds', 'link-secrets'], { name: `n${randomUUID().slice(0, 8)}` }),
        () =>
          post(['anoncreds', 'presentation-requests'], {
            ...{ name: 'r', version: '1.0', requested_predicates: {} },
            requested_attributes: { a: { name: 'a' } },
          }),
      ])
        assert.equal((await atOnce(ask)).length, 3)
    })

    it('are no more recalls', async () => {
      const { credentialId } = await issueDegree(node, { issuerDid, schemaId })
      const { verificationMethod } = expect(200, await node.call('GET', at('credentials', credentialId))).body
      const since = new Date().toISOString()
      const made = await atOnce(() => post(['recalls'], { verificationMethod, since, action: 'revoke' }))
      assert.equal(made.length, 3)
    })

    it('are no more rows and jobs from files, and a job that is forgotten makes room', async () => {
      const query = { schemaId, issuerDid, proofType: 'eddsa-jcs-2022', dryRun: 'true' }
      const file = (rows: number) =>
        `holderDid,degree.type,degree.name\n${`${holderDid},BachelorDegree,a\n`.repeat(rows)}`
      const made = await atOnce(() => order(node, { query, rows: file(30) }), 'BULK_LIMIT_REACHED')
      assert.ok(made.length <= 3)
      for (const { body } of made) await ended(node, body.id)
      const kept = made.length
      for (let more = kept; more < 3; more++)
        await ended(node, expect(202, await order(node, { query, rows: file(30) })).body.id)
      expectProblem(429, 'BULK_LIMIT_REACHED', await order(node, { query, rows: file(11) }))
      const { items } = (await node.call('GET', bulkPath)).body
      expect(204, await node.call('DELETE', `${bulkPath}/${items[0].id}`))
      expect(202, await order(node, { query, rows: file(11) }))
    })
  },
  nodeStacks,
)
