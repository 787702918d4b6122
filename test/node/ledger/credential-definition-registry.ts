import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { credentialDefinitionRegistryAbi as abi } from '../../../node/ledger/abi.ts'
import type { DefinitionName, Hex, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const content = new TextEncoder().encode('{"primary":{"n":"1"}}')

describe('the credential definition registry on the ledger', () => {
  let chain: TestChain
  let ledger: Ledger
  let schemaKey: Hex
  let count = 0

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 20 })
    const schema = { kind: 'anoncreds', issuer: ledger.relayer, name: 'degree', version: '1.0' } as const
    schemaKey = (await ledger.schemas.register({ ...schema, content, restricted: false })).key
  })

  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  const newClaimDef = (): DefinitionName => ({
    kind: 'claim-def',
    issuer: ledger.relayer,
    parentKey: schemaKey,
    tag: `tag ${++count}`,
  })

  it('reads back what was registered, a definition with one that builds on it', async () => {
    const claimDef = newClaimDef()
    const parentKey = ledger.definitions.keyOf(claimDef)
    const revRegDef: DefinitionName = { kind: 'rev-reg-def', issuer: ledger.relayer, parentKey, tag: '1' }
    const inputs = [claimDef, revRegDef].map((name) => ({ ...name, content }))
    const { blockNumber } = await ledger.definitions.registerBatch(inputs)
    for (const name of [claimDef, revRegDef]) {
      const { time, ...definition } = (await ledger.definitions.get(name)) ?? assert.fail('not found')
      assert.deepEqual(definition, {
        ...name,
        key: ledger.definitions.keyOf(name),
        content,
        digest: `0x${createHash('sha256').update(content).digest('hex')}`,
        active: true,
        blockNumber,
      })
      assert(Math.abs(Date.parse(time) - Date.now()) < 60_000)
    }
  })

  it('computes the key that the contract computes', async () => {
    const client = await chain.viem.getPublicClient()
    const name = newClaimDef()
    const args = [0, name.issuer, name.parentKey, name.tag] as const
    const address = chain.registries.credentialDefinitionRegistry
    const key = await client.readContract({ abi, address, functionName: 'keyOf', args })
    assert.equal(ledger.definitions.keyOf(name), key)
  })

  it('deactivates a definition and still reads it', async () => {
    const name = newClaimDef()
    await ledger.definitions.registerBatch([{ ...name, content }])
    await ledger.definitions.deactivate(ledger.definitions.keyOf(name))
    assert.equal((await ledger.definitions.get(name))?.active, false)
  })

  it('knows nothing of an unknown definition and refuses one without its schema', async () => {
    assert.equal(await ledger.definitions.get(newClaimDef()), undefined)
    const orphan = { ...newClaimDef(), parentKey: `0x${'11'.repeat(32)}` as const, content }
    await assert.rejects(ledger.definitions.registerBatch([orphan]), { code: 'TRANSACTION_REVERTED' })
  })
})
