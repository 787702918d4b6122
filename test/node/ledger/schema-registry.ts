import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IssuerError } from '../../../node/errors.ts'
import { schemaRegistryAbi as abi } from '../../../node/ledger/abi.ts'
import type { Ledger, SchemaName } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { readContent } from '../../../node/ledger/resource-content.ts'
import { schemaKey } from '../../../node/ledger/schema-registry.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const content = new TextEncoder().encode('{"type":"Degree","name":"Universität"}')

describe('the schema registry on the ledger', () => {
  let chain: TestChain
  let ledger: Ledger
  let count = 0

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  const newName = (): SchemaName => ({
    kind: 'json-schema',
    issuer: ledger.relayer,
    name: `degree ${++count}`,
    version: '1.0',
  })

  it('reads back what was registered, with its digest checked', async () => {
    const name = newName()
    const receipt = await ledger.schemas.register({ ...name, content, restricted: false })
    const schema = await ledger.schemas.get(name)
    const digest = `0x${createHash('sha256').update(content).digest('hex')}`
    assert(schema)
    const { time, ...rest } = schema
    assert.deepEqual(rest, {
      ...name,
      key: receipt.key,
      content,
      digest,
      active: true,
      restricted: false,
      blockNumber: receipt.blockNumber,
    })
    assert.equal(receipt.digest, digest)
    assert(Math.abs(Date.parse(time) - Date.now()) < 60_000)
  })

  it('computes the key that the contract computes', async () => {
    const client = await chain.viem.getPublicClient()
    for (const kind of ['json-schema', 'anoncreds'] as const) {
      const name = { ...newName(), kind }
      const args = [kind === 'anoncreds' ? 1 : 0, name.issuer, name.name, name.version] as const
      const address = chain.registries.schemaRegistry
      assert.equal(
        schemaKey(name),
        await client.readContract({ abi, address, functionName: 'keyOf', args: [...args] }),
      )
    }
  })

  it('knows nothing of a schema that nobody registered', async () => {
    assert.equal(await ledger.schemas.get(newName()), undefined)
    assert.equal(await ledger.schemas.state(newName()), undefined)
    assert.equal(await ledger.schemas.isAllowed(schemaKey(newName()), ledger.relayer), false)
  })

  it('registers several schemas in one transaction', async () => {
    const names = [newName(), newName()]
    await ledger.schemas.registerBatch(names.map((name) => ({ ...name, content, restricted: true })))
    for (const name of names) {
      assert.deepEqual(await ledger.schemas.state(name), { active: true, restricted: true })
      assert.deepEqual((await ledger.schemas.get(name))?.content, content)
    }
  })

  it('deactivates a schema and still reads it', async () => {
    const name = newName()
    const { key } = await ledger.schemas.register({ ...name, content, restricted: false })
    await ledger.schemas.deactivate(key)
    assert.deepEqual(await ledger.schemas.state(name), { active: false, restricted: false })
    assert.equal((await ledger.schemas.get(name))?.active, false)
  })

  it('allows issuers of a restricted schema, and no longer', async () => {
    const name = newName()
    const { key } = await ledger.schemas.register({ ...name, content, restricted: true })
    const { address } = digestSigner()
    assert.equal(await ledger.schemas.isAllowed(key, ledger.relayer), true)
    assert.equal(await ledger.schemas.isAllowed(key, address), false)
    await ledger.schemas.setAllowed({ key, issuers: [address], allowed: true })
    assert.equal(await ledger.schemas.isAllowed(key, address), true)
    await ledger.schemas.setAllowed({ key, issuers: [address], allowed: false })
    assert.equal(await ledger.schemas.isAllowed(key, address), false)
  })

  it('names the error of the contract', async () => {
    const name = newName()
    const { key } = await ledger.schemas.register({ ...name, content, restricted: false })
    const again = ledger.schemas.register({ ...name, content, restricted: false })
    await assert.rejects(again, (error: IssuerError) => {
      assert.equal(error.code, 'TRANSACTION_REVERTED')
      assert.deepEqual(error.facts, { error: 'AlreadyRegistered', key })
      return true
    })
    const foreign = { ...newName(), issuer: digestSigner().address, content, restricted: false }
    await assert.rejects(ledger.schemas.register(foreign), (error: IssuerError) => {
      assert.equal(error.facts.error, 'NotAuthorized')
      return true
    })
  })

  it('refuses content that has another digest', () => {
    const digest = `0x${'00'.repeat(32)}` as const
    for (const found of ['0x01', undefined] as const) {
      assert.throws(() => readContent(digest, digest, found), { code: 'LEDGER_DATA_INVALID' })
    }
  })
})
