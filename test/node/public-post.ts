import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { publicPost, Refused } from '../../node/public-fetch.ts'

describe('publicPost', () => {
  it('sends a body, and follows no redirect', async () => {
    const seen: IncomingMessage[] = []
    let body = ''
    const server = createServer(async (request, response) => {
      seen.push(request)
      for await (const chunk of request) body += chunk
      response.writeHead(307, { location: '/elsewhere' }).end('no')
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    after(() => server.close())
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`)
    const message = { headers: { 'content-type': 'application/json' }, body: '{"ä":1}' }
    const answer = await publicPost(url, message, { allowLoopback: true })
    assert.equal(answer.status, 307)
    assert.equal(answer.body.toString(), 'no')
    assert.equal(body, message.body)
    assert.equal(seen.length, 1)
    assert.equal(seen[0]?.method, 'POST')
    assert.equal(seen[0]?.headers['content-type'], 'application/json')
    await assert.rejects(publicPost(url, message), Refused)
  })
})
