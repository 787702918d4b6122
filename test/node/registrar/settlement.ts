import assert from 'node:assert/strict'
import { createDid } from '../../../node/registrar/create-did.ts'
import { registerSchema } from '../../../node/registrar/register-schema.ts'
import type { RegistrarDeps } from '../../../node/registrar/registrar.ts'
import { rotateKeys } from '../../../node/registrar/rotate-keys.ts'
import { createSettlement } from '../../../node/registrar/settlement.ts'
import { type NodeUnderTest, startNode } from './node-under-test.ts'

const jsonSchema = { type: 'object', properties: { name: { type: 'string' } }, additionalProperties: false }

describe('createSettlement', () => {
  let node: NodeUnderTest
  before(async () => {
    node = await startNode({ receiptTimeout: 500 })
  })
  after(() => node.close())

  const mine = async () => {
    await node.chain.request('evm_setAutomine', [true])
    await node.chain.request('evm_mine')
  }

  /** Runs a call while the chain mines nothing: it ends without its transaction. */
  async function outlived(call: () => Promise<unknown>): Promise<void> {
    await node.chain.request('evm_setAutomine', [false])
    await assert.rejects(call(), { code: 'CHAIN_UNREACHABLE' })
  }

  const states = async () =>
    (await node.database.selectFrom('dids').select('state').execute()).map(({ state }) => state)
  const transactions = async () => (await node.chain.viem.getPublicClient()).getTransactionCount
  const sent = async () => (await transactions())({ address: node.ledger.relayer, blockTag: 'pending' })

  it('takes over a DID whose transaction is mined after its request', async () => {
    await outlived(() => createDid(node.deps, { method: 'ethr' }))
    const job = createSettlement(node.deps)
    const before = await sent()
    assert.equal(await job.run(), 1)
    assert.deepEqual(
      [await states(), await sent()],
      [['pending'], before],
      'left alone while it may be mined',
    )
    await mine()
    assert.equal(await job.run(), 1)
    assert.deepEqual(await states(), ['active'])
    assert.equal(await job.run(), 0)
  })

  it('leaves a creation alone that is under way', async () => {
    await node.chain.request('evm_setAutomine', [true])
    const { dids } = node.deps
    let looked = 0
    const job = createSettlement(node.deps)
    const { did } = await createDid(
      {
        ...node.deps,
        dids: {
          ...dids,
          // the job looks just when nothing has been signed yet, and just before the broadcast
          insertPending: async (input) => {
            await dids.insertPending(input)
            looked += await job.run()
          },
          recordTransaction: async (...args) => {
            looked += await job.run()
            await dids.recordTransaction(...args)
          },
        },
      },
      { method: 'ethr' },
    )
    assert.equal(looked, 2)
    assert.equal((await dids.get(did))?.state, 'active')
  })

  it('writes a DID again whose transaction is surely lost', async () => {
    await outlived(() => createDid(node.deps, { method: 'ethr' }))
    const [pending] = await node.deps.dids.unsettled()
    assert.ok(pending?.transactionHash)
    await node.chain.request('hardhat_dropTransaction', [pending.transactionHash])
    await mine()
    assert.equal(await createSettlement(node.deps).run(), 1)
    assert.equal((await node.deps.dids.get(pending.did))?.state, 'pending')
    const later = () => new Date(Date.now() + 3 * 3_600_000)
    await createSettlement({ ...node.deps, now: later }).run()
    assert.equal((await node.deps.dids.get(pending.did))?.state, 'active')
  })

  it('goes on with the others where one cannot be settled', async () => {
    await outlived(() => createDid(node.deps, { method: 'ethr' }))
    await outlived(() => createDid(node.deps, { method: 'ethr' }))
    await mine()
    const [lost, found] = await node.deps.dids.unsettled()
    assert.ok(lost && found)
    const resolveDid: RegistrarDeps['resolveDid'] = async (did) =>
      did === lost.did ? undefined : node.deps.resolveDid(did)
    const job = createSettlement({ ...node.deps, resolveDid })
    await assert.rejects(job.run(), { code: 'DID_NOT_FOUND' })
    assert.equal((await node.deps.dids.get(found.did))?.state, 'active')
    assert.equal(await createSettlement(node.deps).run(), 1)
  })

  it('takes over keys and schemas, too', async () => {
    const { did } = await createDid(node.deps, { method: 'ethr' })
    const schema = {
      name: 'late',
      version: '1.0',
      issuerDid: did,
      jsonSchema,
      alias: 'late',
    }
    await outlived(() => registerSchema(node.deps, schema))
    await outlived(() => rotateKeys(node.deps, { did }))
    const old = (await node.deps.dids.get(did))?.keys[0]?.keyRef
    const job = createSettlement(node.deps)
    assert.equal(await job.run(), 2)
    assert.equal(await node.deps.schemas.idOf('default', 'late'), undefined)
    await mine()
    await job.run()
    assert.ok(await node.deps.schemas.idOf('default', 'late'))
    const stored = await node.deps.dids.get(did)
    assert.deepEqual([stored?.pendingKeys.length, stored?.keys.length], [0, 1])
    assert.notEqual(stored?.keys[0]?.keyRef, old)
    assert.equal(await job.run(), 0)
  })

  it('keeps a schema whose transaction is sent again, and forgets one that never comes', async () => {
    const { did } = await createDid(node.deps, { method: 'ethr' })
    const schema = { name: 'lost', version: '1.0', issuerDid: did, jsonSchema }
    await outlived(() => registerSchema(node.deps, schema))
    const [pending] = await node.deps.schemas.pending()
    await node.chain.request('hardhat_dropTransaction', [pending?.transactionHash])
    await mine()
    const later = createSettlement({ ...node.deps, now: () => new Date(Date.now() + 3 * 3_600_000) })
    await later.run()
    assert.equal((await node.deps.schemas.pending()).length, 1)
    // another writer uses its nonce
    const [wallet] = await node.chain.viem.getWalletClients()
    await wallet?.sendTransaction({ to: wallet.account.address })
    while ((await node.ledger.outcome(pending?.transactionHash as string)).pending)
      await node.ledger.tend(async () => {})
    await later.run()
    assert.equal((await node.deps.schemas.pending()).length, 0)
    await registerSchema(node.deps, schema)
  })
})
