import { ConfigError } from './config.ts'
import type { HttpServer } from './protocols/protocol.ts'

/** How long requests that are being answered may still take when a process stops. */
const drainMs = 7_000

/** Host and port as they stand in a URL. */
export const authority = (host: string, port: number): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`

/** Listens. @throws ConfigError with the variable to change where that address cannot be listened on */
export async function listen(
  server: HttpServer,
  { host, port, variable }: { host: string; port: number; variable: 'PORT' | 'WORKER_PORT' },
): Promise<void> {
  try {
    await server.listen({ host, port })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EADDRINUSE') {
      throw new ConfigError([
        `${variable} ${port} is in use: set ${variable} to a free one, or stop what listens there.`,
      ])
    }
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new ConfigError([`HOST ${host} is no address of this machine.`])
    }
    if (code === 'EACCES') throw new ConfigError([`${variable} ${port} must not be used by this user.`])
    throw error
  }
}

/** Takes no new requests and lets the ones being answered end, but not for ever. */
export async function drain(server: HttpServer): Promise<void> {
  // a connection becomes idle when its last answer is out, and would be kept for further requests
  const sweep = setInterval(() => server.server.closeIdleConnections(), 50)
  const late = setTimeout(() => server.server.closeAllConnections(), drainMs)
  try {
    await server.close()
  } finally {
    clearInterval(sweep)
    clearTimeout(late)
  }
}
