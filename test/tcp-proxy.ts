import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a service that can be cut. */
export interface TcpProxy {
  port: number
  /** Ends every connection at once, and takes no new ones. */
  cut(): void
  /** Lets every connection stand, and carries nothing. */
  stall(): void
  /** Takes new connections, and carries again. */
  mend(): void
  close(): Promise<void>
}

/** Starts a proxy to a port of this machine. */
export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let state: 'cut' | 'stalled' | 'open' = 'open'
  const keep = (socket: Socket, other: () => Socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    socket.on('close', () => {
      sockets.delete(socket)
      other().destroy()
    })
    if (state === 'stalled') socket.pause()
  }
  const server = createServer((near) => {
    if (state === 'cut') return void near.resetAndDestroy()
    const far = connect(target)
    keep(near, () => far)
    keep(far, () => near)
    near.on('data', (data) => far.write(data))
    far.on('data', (data) => near.write(data))
    if (state === 'stalled') for (const socket of [near, far]) socket.pause()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const each = (act: (socket: Socket) => void) => {
    for (const socket of sockets) act(socket)
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
    mend() {
      state = 'open'
      each((socket) => socket.resume())
    },
    async close() {
      each((socket) => socket.destroy())
      server.close()
      await once(server, 'close')
    },
  }
}
