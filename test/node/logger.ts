import assert from 'node:assert/strict'
import { parseConfig } from '../../node/config.ts'
import { IssuerError } from '../../node/errors.ts'
import { secretsOf } from '../../node/log-secrets.ts'
import { createLogger } from '../../node/logger.ts'
import { onBehalfOf } from '../../node/request-context.ts'
import { createToken } from '../../node/secret-token.ts'
import { createSigningSecret } from '../../node/webhooks/signing-secret.ts'

describe('createLogger', () => {
  const secret = 'https://rpc.example/v3/very-secret-token'
  const lines: string[] = []
  const logger = createLogger(
    { level: 'info', secrets: [secret, '"quoted"secret'] },
    { write: (line: string) => void lines.push(line) },
  )

  it('writes JSON lines, and no secret, wherever it stands', () => {
    const cause = new Error(`POST ${secret} failed`, { cause: new Error(`"quoted"secret`) })
    logger.error(
      { err: new IssuerError('CHAIN_UNREACHABLE', { cause }), nested: { url: secret } },
      `at ${secret}`,
    )
    logger.info(
      { request: { headers: { authorization: 'Bearer ck_hidden' } }, offer: { token: 'tk_hidden' } },
      'x',
    )
    assert.equal(lines.length, 2)
    for (const line of lines) {
      JSON.parse(line)
      assert.doesNotMatch(line, /very-secret|quoted|hidden/)
    }
    assert.match(lines[0] ?? '', /CHAIN_UNREACHABLE/)
  })

  it('writes no key, webhook secret or password, whoever let it slip', () => {
    lines.length = 0
    const key = createToken('ck_')
    const webhook = createSigningSecret()
    const database = 'postgres://issuer:pa%24%24word@db.example:5432/issuer?sslmode=require'
    const err = new Error(`connect ${database}`, { cause: new Error(`${webhook} and ${key}`) })
    logger.error({ err, nested: { deep: { url: database } } }, `with ${key}`)
    logger.info({ webhook: { secret: 'short' }, redis: 'rediss://:hunter2@redis.example:6379' }, webhook)
    assert.equal(lines.length, 2)
    for (const line of lines) {
      JSON.parse(line)
      for (const hidden of [key, webhook, 'pa%24%24word', 'hunter2', 'short'])
        assert.ok(!line.includes(hidden), line)
    }
    assert.match(lines[0] ?? '', /postgres:\/\/issuer:\[redacted\]@db\.example/)
  })

  it('hides every secret of the configuration', () => {
    lines.length = 0
    const hidden = {
      ADMIN_API_KEY: 'the-administrators-key',
      METRICS_TOKEN: 'the-token-for-metrics',
      KEY_ENCRYPTION_KEY: 'ab'.repeat(32),
      RELAYER_PRIVATE_KEY: `0x${'cd'.repeat(32)}`,
      RPC_URL: 'https://rpc.example/v2/the-access-key',
    }
    const address = '0x5fbdb2315678afecb367f032d93f642f64180aa3'
    const names = ['didRegistry', 'schemaRegistry', 'credentialDefinitionRegistry', 'statusListRegistry']
    const registries = Object.fromEntries(names.map((name) => [name, address]))
    const config = parseConfig({
      ...hidden,
      REGISTRIES: JSON.stringify(registries),
      DATABASE_URL: 'postgres://issuer:p%40ssword-1@db.example/issuer',
      QUEUE_URL: 'redis://:p%40ssword-2@redis.example:6379',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel:p%40ssword-3@otel.example',
    })
    const secrets = secretsOf(config, config.chain!)
    const strict = createLogger(
      { level: 'info', secrets },
      { write: (line: string) => void lines.push(line) },
    )
    const passwords = [
      'p@ssword-1',
      'p@ssword-2',
      'p@ssword-3',
      'p%40ssword-1',
      'p%40ssword-2',
      'p%40ssword-3',
    ]
    for (const text of [...Object.values(hidden), ...passwords])
      strict.info({ a: { b: [text] } }, `x ${text} y`)
    for (const line of lines)
      for (const text of [...Object.values(hidden), ...passwords]) assert.ok(!line.includes(text), line)
  })

  it('takes a password in which a percent sign stands for itself', () => {
    const config = parseConfig({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://me:half%of-it@traces:4318' })
    const secrets = secretsOf(config, { rpcUrl: 'http://127.0.0.1:8545', registries: {} as never })
    assert.ok(secrets.includes('half%of-it'))
  })

  it('names the request in each of its lines, once', () => {
    lines.length = 0
    const work = () => {
      logger.info('below')
      logger.child({ requestId: 'abc' }).info('its own')
    }
    onBehalfOf({ requestId: 'abc', tenantId: 'default', actor: 'key' }, work)
    logger.info('of the node')
    assert.deepEqual(
      lines.map((line) => line.split('"requestId":"abc"').length - 1),
      [1, 1, 0],
    )
  })
})
