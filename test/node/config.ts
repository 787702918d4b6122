import assert from 'node:assert/strict'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { ConfigError, parseConfig, requireShared } from '../../node/config.ts'

const address = (digit: string) => `0x${digit.repeat(40)}`
const registries = {
  didRegistry: address('A'),
  schemaRegistry: address('b'),
  credentialDefinitionRegistry: address('c'),
  statusListRegistry: address('d'),
}

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    parseConfig(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    return error.problems
  }
  return []
}

describe('parseConfig', () => {
  it('gives a frozen object of defaults for an empty environment', () => {
    const config = parseConfig({})
    assert.ok(Object.isFrozen(config))
    assert.equal(config.publicUrl, 'http://127.0.0.1:3000')
    assert.equal(config.chain, undefined)
    assert.equal(config.dataDir, resolve('data'))
    assert.equal(config.anchorWaitMs, 15_000)
    assert.equal(config.didWeb, false)
    assert.equal(config.statusListFetch, 'off')
  })

  it('reads amounts of gwei as wei', () => {
    const { fees, txStuckMs } = parseConfig({
      MAX_FEE_PER_GAS_GWEI: '30.05',
      PRIORITY_FEE_GWEI: '0.000000001',
    })
    assert.deepEqual(fees, { maxFeePerGas: 30_050_000_000n, priorityFeePerGas: 1n })
    assert.equal(txStuckMs, 60_000)
    assert.deepEqual(parseConfig({}).fees, { maxFeePerGas: 500_000_000_000n, priorityFeePerGas: undefined })
    for (const amount of ['-1', '1e9', '0.0000000001', '1,5'])
      assert.deepEqual(problemsOf({ MAX_FEE_PER_GAS_GWEI: amount }), [
        'MAX_FEE_PER_GAS_GWEI must be an amount of gwei, such as 30 or 0.05.',
      ])
  })

  it('takes an empty variable for one that is not set', () => {
    assert.deepEqual(parseConfig({ PORT: '', RPC_URL: '', REGISTRIES: '' }), parseConfig({}))
  })

  it('reports every bad value at once', () => {
    const problems = problemsOf({
      PORT: '70000',
      RPC_URL: 'ftp://chain',
      REGISTRIES: '{"didRegistry":"0x1"}',
      KEY_ENCRYPTION_KEY: 'short',
      RELAYER_PRIVATE_KEY: '0x12',
      ADMIN_API_KEY: 'short',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://me:secret@host/db',
      DID_WEB: 'perhaps',
      STATUS_LIST_FETCH: 'all',
    })
    for (const name of [
      'PORT',
      'RPC_URL',
      'REGISTRIES: didRegistry',
      'REGISTRIES: statusListRegistry',
      'KEY_ENCRYPTION_KEY',
      'RELAYER_PRIVATE_KEY',
      'ADMIN_API_KEY',
      'LOG_LEVEL',
      'DATABASE_URL',
      'DID_WEB',
      'STATUS_LIST_FETCH',
    ]) {
      assert.ok(
        problems.some((line) => line.startsWith(name)),
        `${name} is missing in ${problems.join(' | ')}`,
      )
    }
  })

  it('never repeats a value, which may be a secret', () => {
    const secret = 'not a key but secret'
    assert.ok(
      !problemsOf({ KEY_ENCRYPTION_KEY: secret, RELAYER_PRIVATE_KEY: secret, DATABASE_URL: secret })
        .join()
        .includes(secret),
    )
  })

  it('requires PUBLIC_URL beyond loopback', () => {
    assert.match(problemsOf({ HOST: '0.0.0.0' }).join(), /^PUBLIC_URL is required/)
    assert.deepEqual(problemsOf({ HOST: '0.0.0.0', PUBLIC_URL: 'https://issuer.example' }), [])
    for (const HOST of ['127.0.0.2', 'localhost', '::1']) assert.deepEqual(problemsOf({ HOST }), [])
  })

  it('drops the slash at the end of PUBLIC_URL and refuses a query in it', () => {
    assert.equal(parseConfig({ PUBLIC_URL: 'https://issuer.example/' }).publicUrl, 'https://issuer.example')
    assert.equal(problemsOf({ PUBLIC_URL: 'https://issuer.example/?a=1' }).length, 1)
  })

  it('takes proxies as addresses and ranges', () => {
    assert.equal(parseConfig({ TRUST_PROXY: '10.0.0.1, fd00::/8' }).trustProxy, '10.0.0.1, fd00::/8')
    for (const TRUST_PROXY of ['all', '10.0.0.1/200', 'true', ','])
      assert.equal(problemsOf({ TRUST_PROXY }).length, 1)
  })

  it('takes a chain from RPC_URL with REGISTRIES as JSON or as a file', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'config-')), 'registries.json')
    await writeFile(file, JSON.stringify(registries))
    for (const REGISTRIES of [JSON.stringify(registries), file]) {
      const { chain } = parseConfig({ RPC_URL: 'http://127.0.0.1:8545', REGISTRIES })
      assert.equal(chain?.rpcUrl, 'http://127.0.0.1:8545')
      assert.equal(chain.registries.didRegistry, address('a'))
    }
  })

  it('takes a queue on Redis or PostgreSQL, for several processes alone', () => {
    const DATABASE_URL = 'postgres://node@127.0.0.1/cartulary'
    for (const QUEUE_URL of [
      'redis://:secret@queue:6379/2',
      'rediss://queue',
      'postgres://node@127.0.0.1/queue',
    ])
      assert.equal(parseConfig({ DATABASE_URL, QUEUE_URL }).queueUrl, QUEUE_URL)
    assert.match(problemsOf({ DATABASE_URL, QUEUE_URL: 'amqp://queue' }).join(), /^QUEUE_URL must be/)
    const half = 'redis://:100%secret@queue'
    assert.match(problemsOf({ DATABASE_URL, QUEUE_URL: half }).join(), /^QUEUE_URL must be/)
    assert.match(problemsOf({ QUEUE_URL: 'redis://queue' }).join(), /^DATABASE_URL is required/)
  })

  it('tells an API and a worker what they need, all at once', () => {
    const ask = (environment: Record<string, string>) =>
      requireShared(parseConfig(environment), 'npm run worker')
    assert.throws(() => ask({}), { name: 'ConfigError', message: /RPC_URL.*\n.*DATABASE_URL.*SQLite/s })
    const shared = {
      RPC_URL: 'http://127.0.0.1:8545',
      REGISTRIES: JSON.stringify(registries),
      DATABASE_URL: 'postgres://node@127.0.0.1/cartulary',
    }
    assert.equal(ask(shared).rpcUrl, shared.RPC_URL)
  })

  it('wants RPC_URL and REGISTRIES together', () => {
    assert.match(problemsOf({ RPC_URL: 'http://127.0.0.1:8545' }).join(), /^REGISTRIES is required/)
    assert.match(problemsOf({ REGISTRIES: JSON.stringify(registries) }).join(), /^RPC_URL is required/)
    assert.match(problemsOf({ RPC_URL: 'http://a', REGISTRIES: '/nowhere.json' }).join(), /readable file/)
  })
})
