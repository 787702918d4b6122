import assert from 'node:assert/strict'
import { type Hex, stringToHex } from 'viem'
import { didRegistryAbi } from '../../../../node/ledger/abi.ts'
import { type Database, openDatabase } from '../../../../node/stores/database.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { describeOnStacks, stacks } from '../../../stacks.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  issueDegree,
  makeIssuer,
  makeSchema,
  makeTenant,
} from './scenario.ts'

describeOnStacks(
  'DIDs whose controller key lives elsewhere',
  (stack) => {
    let node: TestNode
    let database: Database
    let drop: () => Promise<void>

    before(async () => {
      const fresh = await stack.create()
      drop = fresh.drop
      const dataDir = fresh.environment.DATA_DIR as string
      node = await startNode({ dataDir, environment: { ...fresh.environment, LEDGER_CACHE_MS: '0' } })
      database = await openDatabase(fresh.location)
    })
    after(async () => {
      await database?.destroy()
      await node?.close()
      await drop?.()
    })

    let accounts = 0

    /** The DID of a further account of the chain, and what its owner can do. */
    async function owned() {
      accounts += 1
      const owner = (await node.chain.viem.getWalletClients())[accounts]
      assert.ok(owner)
      const identity = owner.account.address
      const client = await node.chain.viem.getPublicClient()
      const mined = async (hash: Promise<Hex>) => {
        await client.waitForTransactionReceipt({ hash: await hash })
      }
      return {
        did: `did:ethr:0x7a69:${identity.toLowerCase()}`,
        send: ({ to, data }: { to: Hex; data: Hex }) => mined(owner.sendTransaction({ to, data })),
        revoke(name: string, value: Hex) {
          const address = node.chain.registries.didRegistry
          const args = [identity, stringToHex(name, { size: 32 }), value] as const
          return mined(
            owner.writeContract({ address, abi: didRegistryAbi, functionName: 'revokeAttribute', args }),
          )
        },
      }
    }

    const take = (
      did: string,
      { as = node, ...body }: { as?: TestNode; keys?: string[]; name?: string } = {},
    ) => as.call('POST', '/api/v1/dids/import', { body: { did, ...body } })
    const withdraw = (did: string, as = node) => as.call('DELETE', at('dids', 'import', did))

    /** What the owner is asked for. */
    const asked = async (...question: Parameters<typeof take>) => {
      const { body } = expectProblem(422, 'DELEGATION_ON_LEDGER_MISSING', await take(...question))
      const { requestId: _, ...wish } = body
      return wish
    }

    const listed = async (as: TestNode): Promise<[string, string, number][]> => {
      const { items } = expect(200, await as.call('GET', '/api/v1/dids')).body
      return items.map((item: { did: string; state: string; keys: unknown[] }) => [
        item.did,
        item.state,
        item.keys.length,
      ])
    }

    const counts = async () => {
      const rows = (table: 'keys' | 'did_keys' | 'did_import_keys' | 'did_imports') =>
        database
          .selectFrom(table)
          .select((eb) => eb.fn.countAll<number | string>().as('count'))
          .executeTakeFirstOrThrow()
      const [keys, held, wanted, imports] = await Promise.all(
        (['keys', 'did_keys', 'did_import_keys', 'did_imports'] as const).map(rows),
      )
      return [keys, held, wanted, imports].map((row) => Number(row?.count))
    }

    it('are taken in after the ledger shows what they need', async () => {
      const { did, send } = await owned()
      const body = { keys: ['Ed25519'], name: 'Safe' }
      const refused = await asked(did, body)
      assert.equal(refused.errors.length, 3)
      assert.deepEqual((await listed(node))[0], [did, 'pending', 0])
      await send(refused)
      expect(201, await take(did, body))
      assert.deepEqual((await listed(node))[0], [did, 'active', 1])
      assert.equal(expect(200, await node.call('GET', at('dids', did))).body.name, 'Safe')
      const schemaId = await makeSchema(node, did)
      await issueDegree(node, { issuerDid: did, schemaId, claims: bachelor })
      for (const [method, path, change] of [
        ['DELETE', at('dids', did), undefined],
        ['POST', at('dids', did, 'keys', 'rotate'), {}],
        ['PATCH', at('dids', did), { addServices: [{ type: 'A', serviceEndpoint: 'https://a.example' }] }],
      ] as const) {
        const options = change && { body: change }
        const refused = expectProblem(409, 'DID_NOT_CONTROLLED', await node.call(method, path, options))
        assert.match(
          refused.body.detail,
          /the owner revokes the old one there; POST \/dids\/import then tells/,
        )
      }
      const foreign = 'did:ethr:0x1:0x0000000000000000000000000000000000000001'
      expectProblem(400, 'DID_METHOD_UNSUPPORTED', await take(foreign))
      expectProblem(409, 'DID_ALREADY_EXISTS', await take(await makeIssuer(node)))
    })

    it('get a new key when their owner has revoked the old one', async () => {
      const { did, send, revoke } = await owned()
      await send(await asked(did))
      expect(201, await take(did))
      const { events } = expect(200, await node.call('GET', at('dids', did, 'history'))).body
      const { change } = events.find(
        (event: { change: { kind: string } }) => event.change.kind === 'attributeChanged',
      )
      await revoke(change.name, change.value)
      const again = await asked(did)
      assert.equal(again.errors.length, 1)
      assert.ok(!again.errors[0].detail.includes(change.value), 'a new key')
      assert.deepEqual(await asked(did), again, 'and the same one each time')
      await send(again)
      expect(201, await take(did))
      const schemaId = await makeSchema(node, did)
      await issueDegree(node, { issuerDid: did, schemaId })
    })

    it('become those of the tenant whose keys their owner puts onto the ledger, whoever asked first', async () => {
      const [first, second] = [
        await makeTenant(node, { tenantId: 'first', didQuota: 1 }),
        await makeTenant(node, { tenantId: 'second' }),
      ]
      const allow = async (tenantId: string, didQuota: number) =>
        expect(200, await node.call('PATCH', at('tenants', tenantId), { body: { didQuota } }))
      const { did, send } = await owned()
      const before = await counts()
      const wishes = [await asked(did, { as: first }), await asked(did, { as: second })] as const
      assert.notEqual(wishes[0].data, wishes[1].data)
      assert.deepEqual(await asked(did, { as: first }), wishes[0])
      for (const as of [first, second]) assert.deepEqual(await listed(as), [[did, 'pending', 0]])
      assert.equal(expect(200, await node.call('GET', at('tenants', 'first'))).body.dids, 1)
      const full = await first.call('POST', '/api/v1/dids', { body: { method: 'key' } })
      expectProblem(429, 'QUOTA_EXCEEDED', full)

      await send(wishes[1])
      // what it wants already counts no further
      await allow('second', 0)
      // the delegates are everybody's, the keys are not
      const rest = await asked(did, { as: first })
      assert.deepEqual(
        rest.errors.map(({ detail }: { detail: string }) => detail.split(' ')[3]),
        ['attribute'],
      )
      expect(201, await take(did, { as: second, name: 'Second' }))
      assert.deepEqual(await listed(second), [[did, 'active', 1]])
      assert.deepEqual(await listed(first), [])
      expectProblem(409, 'DID_ALREADY_EXISTS', await take(did, { as: first }))
      await allow('second', 10)
      expectProblem(404, 'DID_NOT_FOUND', await withdraw(did, first))
      const [keys = 0, held = 0, ...imports] = before
      assert.deepEqual(await counts(), [keys + 1, held + 1, ...imports], 'nothing is left of the other wish')
      // what a request has recorded that was at work at that moment shows nothing of the other's, and can be withdrawn
      const late = { tenant_id: 'first', did, name: null, created_at: new Date().toISOString() }
      await database.insertInto('did_imports').values(late).execute()
      expectProblem(409, 'DID_ALREADY_EXISTS', await take(did, { as: first }))
      assert.deepEqual(await listed(first), [[did, 'pending', 0]])
      expect(204, await withdraw(did, first))
      const schemaId = await makeSchema(second, did)
      await issueDegree(second, { issuerDid: did, schemaId })
      const terms = { issuerDid: did, schemaId, holderDid: did, claims: bachelor }
      const stolen = await first.call('POST', at('credentials', 'issue'), { body: terms })
      expectProblem(404, 'ISSUER_NOT_FOUND', stolen)
      expect(201, await first.call('POST', '/api/v1/dids', { body: { method: 'key' } }))
    })

    it('become those of one tenant when several have all they need', async () => {
      const tenants = await Promise.all(['x', 'y', 'z'].map((tenantId) => makeTenant(node, { tenantId })))
      const { did, send } = await owned()
      const before = await counts()
      for (const as of tenants) await send(await asked(did, { as }))
      // each tenant asks more than once at the same time
      const answers = await Promise.all([...tenants, ...tenants].map((as) => take(did, { as })))
      const winners = new Set(
        answers.flatMap(({ status }, i) => (status === 201 ? [i % tenants.length] : [])),
      )
      assert.equal(winners.size, 1)
      const [winner = -1] = winners
      for (const [index, answer] of answers.entries()) {
        if (index % tenants.length === winner) expect(201, answer)
        else expectProblem(409, 'DID_ALREADY_EXISTS', answer)
      }
      const [keys = 0, held = 0, ...imports] = before
      assert.deepEqual(await counts(), [keys + 1, held + 1, ...imports])
    })

    it('get one key of a type when they are asked for several times at once', async () => {
      const { did } = await owned()
      const [keys = 0, held = 0, wanted = 0, imports = 0] = await counts()
      const questions = Array.from({ length: 8 }, () => asked(did, { keys: ['Ed25519', 'P-256'] }))
      const [one, ...others] = await Promise.all(questions)
      for (const other of others) assert.equal(other.data, one.data)
      assert.deepEqual(await counts(), [keys + 2, held, wanted + 2, imports + 1])
    })

    it('get one further key of a type, however often it is asked for at once', async () => {
      const { did, send } = await owned()
      await send(await asked(did))
      expect(201, await take(did))
      const [keys = 0, held = 0] = await counts()
      const questions = Array.from({ length: 6 }, () => asked(did, { keys: ['P-256'] }))
      const [one, ...others] = await Promise.all(questions)
      for (const other of others) assert.equal(other.data, one.data)
      assert.deepEqual((await counts()).slice(0, 2), [keys + 1, held + 1])
      await send(one)
      expect(201, await take(did, { keys: ['P-256'] }))
      assert.deepEqual((await listed(node))[0], [did, 'active', 2])
    })

    it('are forgotten when nobody wants them any more, and wanted anew with other keys', async () => {
      const tenant = await makeTenant(node, { tenantId: 'changeful', didQuota: 1 })
      const [{ did }, other] = [await owned(), await owned()]
      const before = await counts()
      const wish = await asked(did, { as: tenant })
      expectProblem(429, 'QUOTA_EXCEEDED', await take(other.did, { as: tenant }))
      expectProblem(404, 'DID_NOT_FOUND', await withdraw(did))
      expect(204, await withdraw(did, tenant))
      assert.deepEqual(await counts(), before)
      expectProblem(404, 'DID_NOT_FOUND', await withdraw(did, tenant))
      assert.notEqual((await asked(did, { as: tenant })).data, wish.data)
      const { key } = expect(
        201,
        await tenant.call('POST', '/api/v1/api-keys', {
          body: { name: 'bound', scopes: ['dids:write'], issuerDids: [did] },
        }),
      ).body
      expectProblem(403, 'FORBIDDEN', await tenant.call('DELETE', at('dids', 'import', did), { key }))
    })
  },
  stacks,
)
