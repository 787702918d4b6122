import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import {
  anonCredsSchemaId,
  credentialDefinitionId,
  parseCredentialDefinitionId,
} from '../../../node/ledger/anoncreds-id.ts'
import { jcsBytes } from '../../../node/schemas/digest.ts'
import { definitionName } from '../../../node/verification/anoncreds-resources.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type DefinitionSite, openDefinitionMaker } from '../../definition-process.ts'

const program = fileURLToPath(new URL('../../definition-process.ts', import.meta.url))
const orders = 6
/** Milliseconds after the beginning of its work at which a process is killed. */
const kills = [20, 90, 250]

/** Begins to make definitions in a process of its own, and ends it by SIGKILL. */
async function killed(site: DefinitionSite, after: number): Promise<void> {
  const child = spawn(process.execPath, [program, JSON.stringify(site)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  await once(child.stdout, 'data')
  await delay(after)
  child.kill('SIGKILL')
  const [, signal] = await once(child, 'exit')
  assert.equal(signal, 'SIGKILL')
}

describe('makers of definitions that are killed', () => {
  let chain: TestChain
  let folder: string
  let maker: Awaited<ReturnType<typeof openDefinitionMaker>>

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'definitions-'))
  })
  after(async () => {
    await maker?.close()
    await chain?.close()
    if (folder) await rm(folder, { recursive: true })
  })

  it('leave whole definitions with their keys, or orders, and each comes onto the ledger once', async function () {
    this.timeout(120_000)
    const { rpcUrl, registries } = chain
    const site = {
      rpcUrl,
      registries,
      file: join(folder, 'node.db'),
      secret: randomBytes(32).toString('hex'),
    }
    maker = await openDefinitionMaker(site)
    const { deps, ledger, database } = maker
    const issuerDid = ledger.didOf(ledger.relayer)
    const named = { issuerDid, name: 'person', version: '1.0' }
    const schemaId = anonCredsSchemaId(issuerDid, named.name, named.version)
    const schema = { issuerId: issuerDid, name: 'person', version: '1.0', attrNames: ['name', 'age'] }
    await ledger.schemas.register({
      ...{ kind: 'anoncreds', issuer: ledger.relayer, name: 'person', version: '1.0', restricted: false },
      content: jcsBytes(schema),
    })
    for (let i = 0; i < orders; i += 1)
      await deps.definitions.insert({
        cred_def_id: credentialDefinitionId(issuerDid, named, `tag-${i}`),
        ...{ tenant_id: 'default', issuer_did: issuerDid, schema_id: schemaId, tag: `tag-${i}` },
        created_at: new Date().toISOString(),
      })
    for (const after of kills) await killed(site, after)
    // what a killed one has sent may still be on its way
    while ((await deps.definitions.unfinished()).length > 0) await maker.run()
    const rows = await database.selectFrom('anoncreds_definitions').selectAll().execute()
    assert.equal(rows.length, orders)
    for (const row of rows) {
      assert.deepEqual([row.state, row.reason], ['registered', null])
      const name = parseCredentialDefinitionId(row.cred_def_id)
      const onLedger = name && (await ledger.definitions.get(definitionName(ledger, name)))
      assert.equal(onLedger?.digest, row.digest)
      const { p_key } = JSON.parse(Buffer.from(await deps.keys.open(row.key_ref as string)).toString()).value
      const [p, q] = [2n * BigInt(p_key.p) + 1n, 2n * BigInt(p_key.q) + 1n]
      assert.equal(JSON.parse(row.content as string).value.primary.n, String(p * q))
    }
    const keys = await database.selectFrom('keys').select('key_ref').execute()
    assert.equal(keys.length, orders)
    const events = await database.selectFrom('events').select(['type', 'subject']).execute()
    assert.equal(events.length, orders)
    assert.equal(new Set(events.map(({ subject }) => subject)).size, orders)
  })
})
