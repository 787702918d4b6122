import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, connect } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import { fastify } from 'fastify'
import { limitArrival } from '../../../node/protocols/arrival-time.ts'
import type { HttpServer } from '../../../node/protocols/protocol.ts'

describe('limitArrival', () => {
  const server = fastify()
  let port: number

  before(async () => {
    limitArrival(server as unknown as HttpServer, 150)
    server.post('/usual', async () => 'taken')
    server.post('/long', { config: { longBody: true } }, async () => 'taken')
    await server.listen({ port: 0, host: '127.0.0.1' })
    port = (server.server.address() as AddressInfo).port
  })
  after(() => server.close())

  /** Sends a body whose second half comes so late. */
  async function send(path: string, late: number): Promise<string> {
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk
    })
    const head = ['POST', path, 'HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: text/plain'].join(
      ' ',
    )
    socket.write(`${head}\r\nContent-Length: 10\r\n\r\n12345`)
    const closed = once(socket, 'close')
    await Promise.race([delay(late), closed])
    if (!socket.destroyed) socket.write('67890')
    await closed
    return text
  }

  it('hangs up on a body that does not arrive, and on no other', async () => {
    const [stalled, slow, inTime] = await Promise.all([
      send('/usual', 2_000),
      send('/long', 400),
      send('/usual', 1),
    ])
    assert.match(stalled, /^HTTP\/1\.1 408 [\s\S]*"code":"REQUEST_TIMEOUT"/)
    assert.match(slow, /^HTTP\/1\.1 200 [\s\S]*taken$/)
    assert.match(inTime, /^HTTP\/1\.1 200 [\s\S]*taken$/)
  })
})
