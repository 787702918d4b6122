import { randomInt } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:net'

// below those that Linux (32768) and others (49152) give to outgoing connections: of these a free one is soon taken
const [FIRST, AFTER_LAST] = [20_000, 32_768]
const ATTEMPTS = 100
/** What nothing may listen on yet. */
const given = new Set<number>()

/** A port of 127.0.0.1 on which nothing listens. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, AFTER_LAST)
    if (given.has(port) || !(await isFree(port))) continue
    given.add(port)
    return port
  }
  throw new Error('there is no free port')
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer().listen(port, '127.0.0.1')
  try {
    await once(probe, 'listening')
  } catch (error) {
    const { code } = error as { code?: string }
    if (code === 'EADDRINUSE' || code === 'EACCES') return false
    throw error
  }
  await new Promise((closed) => probe.close(closed))
  return true
}
