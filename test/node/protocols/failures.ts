import assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { databaseFile } from '../../../node/stores/database-file.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { type Answer, startNode, type TestNode } from '../../node.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './rest/scenario.ts'

// PUSH1 0 PUSH1 0 REVERT: a contract that refuses everything, without a word
const refusesAll = '0x60006000fd'
const asHex = (text: string) => Buffer.from(text).toString('hex')

/** Overwrites everything behind the first page, which says that this is a database. */
async function damage(file: string): Promise<void> {
  const handle = await open(file, 'r+')
  const { size } = await handle.stat()
  await handle.write(Buffer.alloc(size - 8_192, 0xff), 0, size - 8_192, 8_192)
  await handle.close()
}

describe('when what the node stands on fails', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let dataDir: string
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  const environment = { PUBLIC_URL: 'https://issuer.example' }
  const start = () => startNode({ chain: { ...chain, rpcUrl: proxy.url }, dataDir, environment })

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    dataDir = await mkdtemp(join(tmpdir(), 'failures-'))
    node = await start()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(async () => {
    await node.close()
    await proxy.close()
    await chain.close()
    await rm(dataDir, { recursive: true })
  })

  /** The node's database, by a connection beside the node's. */
  async function inDatabase<T>(work: (database: DatabaseSync) => T | Promise<T>): Promise<T> {
    const database = new DatabaseSync(databaseFile(dataDir))
    try {
      return await work(database)
    } finally {
      database.close()
    }
  }

  const rows = () =>
    inDatabase((database) =>
      ['dids', 'did_keys', 'keys', 'schemas', 'credentials', 'outbox', 'status_changes'].map(
        (table) => database.prepare(`SELECT count(*) AS count FROM ${table}`).get()?.count,
      ),
    )

  const issue = (extra: Record<string, unknown> = {}) =>
    node.call('POST', '/api/v1/credentials/issue', {
      body: { issuerDid, schemaId, holderDid, claims: bachelor, ...extra },
    })
  const makeDid = () => node.call('POST', '/api/v1/dids', { body: {} })

  /** Calls, and expects a problem that leaves no row behind. */
  async function refuses(status: number, code: string, call: () => Promise<Answer>): Promise<Answer> {
    const before = await rows()
    const answer = expectProblem(status, code, await call())
    assert.deepEqual(await rows(), before)
    return answer
  }

  async function withCode(address: string, code: string, work: () => Promise<unknown>): Promise<void> {
    const own = await chain.request('eth_getCode', [address, 'latest'])
    await chain.request('hardhat_setCode', [address, code])
    try {
      await work()
    } finally {
      await chain.request('hardhat_setCode', [address, own])
    }
  }

  it('a proof type that cannot secure the data model is DATA_MODEL_UNSUPPORTED', async () => {
    const asked = { proofType: 'JwtProof2020', dataModel: '2.0' }
    const { body } = await refuses(422, 'DATA_MODEL_UNSUPPORTED', () => issue(asked))
    assert.equal(body.dataModels, '1.1')
  })

  it('a claim that no context defines is SIGNING_FAILED, and the answer names it', async () => {
    const open = await makeSchema(node, issuerDid, {
      type: 'Thing',
      jsonSchema: { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true },
      context: { '@context': { Thing: 'https://example.org/Thing', a: 'https://example.org/a' } },
    })
    expect(201, await issue({ schemaId: open, claims: { a: 'x' } }))
    const undefinedTerm = () => issue({ schemaId: open, claims: { a: 'x', undefinedTerm: 1 } })
    const { body } = await refuses(500, 'SIGNING_FAILED', undefinedTerm)
    assert.match(body.detail, /"undefinedTerm" is not defined by any context/)
  })

  it('a ledger that refuses is TRANSACTION_REVERTED, one without registries CHAIN_MISMATCH', async () => {
    const { didRegistry } = chain.registries
    await withCode(didRegistry, refusesAll, () => refuses(502, 'TRANSACTION_REVERTED', makeDid))
    await withCode(didRegistry, '0x', () => refuses(500, 'CHAIN_MISMATCH', makeDid))
    expect(201, await makeDid())
  })

  it('a schema that does not have its digest is LEDGER_DATA_INVALID', async () => {
    const fresh = await makeSchema(node, issuerDid)
    const falsify = (method: string, result: unknown) =>
      method === 'eth_getLogs'
        ? JSON.parse(JSON.stringify(result).replaceAll(asHex('MasterDegree'), asHex('DoctorDegree')))
        : result
    proxy.behave(() => ({ falsify }))
    await refuses(502, 'LEDGER_DATA_INVALID', () => issue({ schemaId: fresh }))
    await refuses(502, 'LEDGER_DATA_INVALID', () => node.call('GET', at('schemas', fresh)))
    proxy.behave(() => 'pass')
    expect(201, await issue({ schemaId: fresh }))
  })

  it('an issuer that has used all its status lists gets STATUS_LIST_FULL', async () => {
    const full = await makeIssuer(node)
    await inDatabase((database) =>
      database
        .prepare(
          `INSERT INTO status_pairs (pair_id, issuer_did, number, capacity, next, secret, state, created_at)
           VALUES ('last', ?, ?, 131072, 131072, '', 'foreign', '2026-01-01T00:00:00.000Z')`,
        )
        .run(full, 0xffff_ffff),
    )
    await refuses(409, 'STATUS_LIST_FULL', () => issue({ issuerDid: full }))
    expect(201, await issue({ issuerDid: full, revocable: false }))
  })

  it('an error that nobody foresaw is INTERNAL_ERROR, and the answer tells nothing of it', async () => {
    await inDatabase((database) => database.exec('ALTER TABLE offers RENAME TO moved'))
    const { credentialId } = await issueDegree(node, { issuerDid, schemaId })
    const offer = () => node.call('POST', at('credentials', credentialId, 'offers'), { body: {} })
    const { body } = await refuses(500, 'INTERNAL_ERROR', offer)
    assert.ok(!/table|sqlite|offers \(/i.test(JSON.stringify({ ...body, instance: '' })))
    await inDatabase((database) => database.exec('ALTER TABLE moved RENAME TO offers'))
    expect(201, await offer())
  })

  it('a key that cannot be decrypted is KEY_STORE_UNAVAILABLE', async () => {
    const damaged = await makeIssuer(node)
    await node.close()
    await inDatabase((database) => {
      const where = 'key_ref IN (SELECT key_ref FROM did_keys WHERE did = ?)'
      const { changes } = database
        .prepare(
          `UPDATE keys SET wrapped = substr(wrapped, 1, 20) || 'AAAA' || substr(wrapped, 25) WHERE ${where}`,
        )
        .run(damaged)
      assert.equal(changes, 1)
    })
    node = await start()
    const { body } = await refuses(503, 'KEY_STORE_UNAVAILABLE', () => issue({ issuerDid: damaged }))
    assert.equal(body.retryable, true)
    expect(201, await issue())
  })

  it('a database that another process keeps locked is DATABASE_UNAVAILABLE', async function () {
    // the node waits for the lock for ten seconds
    this.timeout(30_000)
    await inDatabase(async (database) => {
      database.exec('BEGIN IMMEDIATE')
      const { headers, body } = await refuses(503, 'DATABASE_UNAVAILABLE', () => issue())
      assert.deepEqual([body.retryable, Number(headers.get('retry-after')) > 0], [true, true])
      database.exec('ROLLBACK')
    })
    expect(201, await issue())
  })

  it('a damaged database file is DATABASE_UNAVAILABLE, for every call that reads it', async () => {
    await inDatabase((database) => {
      database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    })
    await damage(databaseFile(dataDir))
    // a commit of another connection makes the node read its pages again
    await inDatabase((database) => database.exec('PRAGMA user_version = 1'))
    for (const path of ['/api/v1/dids', '/api/v1/schemas', '/api/v1/credentials'])
      expectProblem(503, 'DATABASE_UNAVAILABLE', await node.call('GET', path))
    expectProblem(503, 'DATABASE_UNAVAILABLE', await issue())
  })
})
