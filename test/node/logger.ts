import assert from 'node:assert/strict'
import { IssuerError } from '../../node/errors.ts'
import { createLogger } from '../../node/logger.ts'

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
})
