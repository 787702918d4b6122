import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { freePort } from '../scripts/free-port.ts'
import type { TestChain } from './chain.ts'
import { type Answer, adminApiKey, type CallOptions, call as callNode, fundedPrivateKey } from './node.ts'

const root = join(import.meta.dirname, '..')
const programs = { api: ['node/main.ts', 'api'], all: ['node/main.ts'], worker: ['node/worker.ts'] }

/** What an operator starts: a process of its own, as `npm run api`, `npm run worker` and `npm start` are. */
export interface TestProcess {
  /** Of an API; '' of a worker. */
  url: string
  healthUrl: string
  pid: number
  /** What it wrote, until now. */
  output(): string
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  /** Sends a signal, at once. */
  signal(name: NodeJS.Signals): void
  /** Ends it, unless it has ended, and waits for that; gives the exit code, or the signal. */
  end(signal?: NodeJS.Signals): Promise<number | string | null>
}

/** Starts one and waits until it says that it runs. @throws with its output when it ends instead */
export async function startProcess(
  role: keyof typeof programs,
  {
    chain,
    environment,
    flags = [],
  }: {
    chain: Pick<TestChain, 'rpcUrl' | 'registries'>
    environment: Record<string, string>
    /** Options of Node.js. */
    flags?: readonly string[]
  },
): Promise<TestProcess> {
  const [port, workerPort] = [await freePort(), await freePort()]
  const child = spawn(process.execPath, [...flags, ...programs[role]], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: process.env.PATH,
      PORT: String(port),
      ...(role === 'worker' && { WORKER_PORT: String(workerPort) }),
      RPC_URL: chain.rpcUrl,
      REGISTRIES: JSON.stringify(chain.registries),
      PUBLIC_URL: 'https://issuer.example',
      ADMIN_API_KEY: adminApiKey,
      RELAYER_PRIVATE_KEY: fundedPrivateKey,
      LOG_LEVEL: 'error',
      RATE_LIMIT: '1000000',
      RATE_LIMIT_ANONYMOUS: '1000000',
      ...environment,
    },
  })
  const kill = () => child.kill('SIGKILL')
  process.once('exit', kill)
  const ended = once(child, 'close').finally(() => process.off('exit', kill))
  const lines: string[] = []
  const running = new Promise<void>((resolve) => {
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.length < 1_000) lines.push(line)
        if (/^Cartulary/.test(line)) resolve()
      })
  })
  const output = () => lines.join('\n')
  const early = ended.then(() => {
    throw new Error(`${role} ended: ${output()}`)
  })
  early.catch(() => {})
  await Promise.race([running, early])
  const url = role === 'worker' ? '' : `http://127.0.0.1:${port}`
  return {
    url,
    healthUrl: role === 'worker' ? `http://127.0.0.1:${workerPort}` : url,
    pid: child.pid as number,
    output,
    call: (method, path, options) => callNode(url, method, path, options),
    signal: (name) => void child.kill(name),
    async end(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal)
      await ended
      return child.exitCode ?? child.signalCode
    },
  }
}
