import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { answerConnectionError } from '../../../node/protocols/connection-error.ts'

describe('answerConnectionError', () => {
  it('tells whose request does not arrive in time, with a problem document', async () => {
    const server = createServer({ requestTimeout: 50, headersTimeout: 50, connectionsCheckingInterval: 10 })
    server.on('clientError', answerConnectionError)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1')
    socket.write('GET / HTTP/1.1\r\nHost: ')
    let text = ''
    for await (const chunk of socket) text += chunk
    await new Promise((closed) => server.close(closed))
    const [head = '', body = ''] = text.split('\r\n\r\n')
    assert.match(head, /^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: application\/problem\+json/)
    assert.deepEqual([JSON.parse(body).code, JSON.parse(body).retryable], ['REQUEST_TIMEOUT', true])
  })
})
