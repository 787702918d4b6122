import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { freePort } from '../scripts/free-port.ts'

/** A Redis of its own, which keeps nothing on disk. */
export interface TestRedis {
  url: string
  /** Ends it at once, as a crash does. */
  kill(): Promise<void>
  /** Starts it again on the same port, empty. */
  start(): Promise<void>
  /** Forgets everything, as `FLUSHALL` does. */
  flush(): Promise<void>
  /** Lets it stand still, so that it takes connections and answers nothing, and go on. */
  freeze(): void
  thaw(): void
}

/** Why no Redis can be started here; undefined when it can. */
export async function whyNoRedis(): Promise<string | undefined> {
  try {
    await promisify(execFile)('redis-server', ['--version'])
    return undefined
  } catch {
    return 'redis-server is not installed'
  }
}

/** Starts a Redis on a free port; it ends with this process at the latest. */
export async function startRedis(): Promise<TestRedis> {
  const port = await freePort()
  let server: ReturnType<typeof spawn> | undefined
  const stop = () => server?.kill('SIGKILL')
  process.once('exit', stop)
  const redis: TestRedis = {
    url: `redis://127.0.0.1:${port}`,
    async start() {
      const options = ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no']
      server = spawn('redis-server', options, { stdio: ['ignore', 'pipe', 'inherit'] })
      if (!server.stdout) throw new Error('no output')
      for await (const line of createInterface({ input: server.stdout }))
        if (line.includes('Ready to accept connections')) break
      server.stdout.destroy()
      server.unref()
    },
    async kill() {
      if (!server || server.exitCode !== null || server.signalCode !== null) return
      const ended = once(server, 'exit')
      server.ref()
      stop()
      await ended
    },
    async flush() {
      await promisify(execFile)('redis-cli', ['-p', String(port), 'flushall'])
    },
    freeze: () => void server?.kill('SIGSTOP'),
    thaw: () => void server?.kill('SIGCONT'),
  }
  await redis.start()
  return redis
}
