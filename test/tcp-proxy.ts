import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a service that can be cut. */
export interface TcpProxy {
  port: number
  /** Ends every connection at once, and takes no new ones. */
  cut(): void
  /** Lets every connection stand, and carries nothing. */
  stall(): void
  /** Carries each piece so many milliseconds late, one after the other on each connection. */
  slow(milliseconds: number): void
  /** Takes new connections, and carries again. */
  mend(): void
  /**
   * Looks at what is asked; where this is true the question is carried on and its answer is lost: the connection ends
   * instead.
   */
  loseAnswers(when: (connection: object, asked: string) => boolean): void
  close(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let state: 'cut' | 'stalled' | 'open' = 'open'
  let lateMs = 0
  /** What waits to be carried comes before all that follows it. */
  const held = new Set<Socket>()
  let isLost: (connection: object, asked: string) => boolean = () => false
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other().destroy()
    })
    if (state === 'stalled') socket.pause()
  }
  const carry = (from: Socket, to: Socket, data: Buffer) => {
    if (lateMs === 0) return void to.write(data)
    from.pause()
    held.add(from)
    setTimeout(() => {
      held.delete(from)
      if (to.writable) to.write(data)
      if (state === 'open') from.resume()
    }, lateMs)
  }
  const server = createServer((near) => {
    if (state === 'cut') return void near.resetAndDestroy()
    const far = connect(target)
    keep(near, () => far)
    keep(far, () => near)
    let lost = false
    near.on('data', (data) => {
      lost ||= isLost(near, data.toString('latin1'))
      carry(near, far, data)
    })
    far.on('data', (data) => void (lost ? near.resetAndDestroy() : carry(far, near, data)))
    if (state === 'stalled') for (const socket of [near, far]) socket.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const each = (act: (socket: Socket) => void) => {
    for (const socket of sockets) act(socket)
  }
  const resume = () => {
    state = 'open'
    each((socket) => {
      if (!held.has(socket)) socket.resume()
    })
  }
  return {
    port: (server.address() as { port: number }).port,
    cut() {
      state = 'cut'
      each((socket) => socket.destroy())
    },
    stall() {
      state = 'stalled'
      each((socket) => socket.pause())
    },
    slow(milliseconds) {
      lateMs = milliseconds
      resume()
    },
    mend() {
      lateMs = 0
      resume()
    },
    loseAnswers(when) {
      isLost = when
    },
    async close() {
      each((socket) => socket.destroy())
      server.close()
      await once(server, 'close')
    },
  }
}
