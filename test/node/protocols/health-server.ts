import assert from 'node:assert/strict'
import type { Caller } from '../../../node/access/caller.ts'
import { createLogger } from '../../../node/logger.ts'
import { createHealthServer } from '../../../node/protocols/health-server.ts'

describe('the server of a process that answers no requests', () => {
  const up = { status: 'up' } as const
  const callers: Record<string, Pick<Caller, 'tenantId' | 'scopes'>> = {
    'Bearer operator': { tenantId: 'default', scopes: ['metrics:read'] },
    'Bearer tenant': { tenantId: 'another', scopes: ['metrics:read'] },
    'Bearer reader': { tenantId: 'default', scopes: ['dids:read'] },
  }
  const open = () =>
    createHealthServer({
      checkHealth: async () => ({ chain: up, database: up, keyStore: up, relayer: up }),
      metrics: { text: async () => ({ contentType: 'text/plain; version=0.0.4', body: 'x 1\n' }) } as never,
      authenticate: async (header = '') => {
        const caller = callers[header]
        return caller && { keyId: 'x', issuers: '*', ...caller }
      },
      logger: createLogger({ level: 'silent', secrets: [] }),
    })

  it('tells of its health to everybody, and its metrics to the operator', async () => {
    const server = await open()
    after(() => server.close())
    const get = async (url: string, authorization?: string) => {
      const headers = authorization === undefined ? {} : { authorization }
      const { statusCode, body } = await server.inject({ method: 'GET', url, headers })
      return { statusCode, body }
    }
    assert.equal((await get('/health/ready')).statusCode, 200)
    assert.deepEqual(await get('/metrics', 'Bearer operator'), { statusCode: 200, body: 'x 1\n' })
    assert.equal((await get('/metrics')).statusCode, 401)
    assert.equal((await get('/metrics', 'Bearer tenant')).statusCode, 403)
    assert.equal((await get('/metrics', 'Bearer reader')).statusCode, 403)
    assert.equal((await get('/nothing')).statusCode, 404)
  })
})
