import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface, type Interface } from 'node:readline'
import { freePort, fundedPrivateKey } from '../node.ts'
import type { Doom, Orders } from './node-process.ts'
import { type PlainAnswer, unpooledCall } from './unpooled-call.ts'

const program = join(import.meta.dirname, 'node-process.ts')
const adminApiKey = 'ck_test_administrator'

interface Child {
  process: ChildProcess
  lines: AsyncIterator<string>
  reader: Interface
}

/** A node in a process of its own that is killed and started again, always at the same address. */
export interface KillableNode {
  url: string
  /** Starts it, or starts it again; gives how long that took, in milliseconds. */
  start(): Promise<number>
  /** Says what it is to die of. */
  doom(doom: Doom): Promise<void>
  /** Its process. */
  pid(): number
  /** SIGKILL, whatever it is doing; waits until it is gone. */
  kill(): Promise<void>
  /** When it is gone, by whatever hand. */
  gone(): Promise<void>
  call(
    method: string,
    path: string,
    options?: { body?: unknown; headers?: Record<string, string> },
  ): Promise<PlainAnswer>
  close(): Promise<void>
}

/** Makes one; a spare process has its modules loaded while the other one works, so that a restart is quick. */
export async function createKillableNode(input: {
  chain: Orders['chain']
  environment: Record<string, string>
  role?: Orders['role']
  /** Options of Node.js. */
  flags?: readonly string[]
}): Promise<KillableNode> {
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  let spare: Child | undefined = spawnChild(input.flags)
  let running: Child | undefined
  const environment = {
    PORT: String(port),
    ADMIN_API_KEY: adminApiKey,
    RELAYER_PRIVATE_KEY: fundedPrivateKey,
    LOG_LEVEL: 'fatal',
    RATE_LIMIT: '1000000',
    RATE_LIMIT_ANONYMOUS: '1000000',
    ...input.environment,
  }
  const gone = async () => {
    const child = running?.process
    if (child && child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  const kill = async () => {
    running?.process.kill('SIGKILL')
    await gone()
  }
  return {
    url,
    async start() {
      await kill()
      const started = performance.now()
      const child = spare ?? spawnChild(input.flags)
      running = child
      spare = undefined
      await expectLine(child, 'loaded')
      const { chain, role } = input
      child.process.stdin?.write(`${JSON.stringify({ environment, chain, role })}\n`)
      await expectLine(child, 'ready')
      spare = spawnChild(input.flags)
      return performance.now() - started
    },
    async doom(doom) {
      running?.process.stdin?.write(`${JSON.stringify(doom)}\n`)
      if (running) await expectLine(running, 'armed')
    },
    pid: () => running?.process.pid ?? 0,
    kill,
    gone,
    call: (method, path, options) => unpooledCall(url, method, path, { key: adminApiKey, ...options }),
    async close() {
      await kill()
      running = spare
      await kill()
    },
  }
}

function spawnChild(flags: readonly string[] = []): Child {
  // compiled once: loading the modules takes 1.3 s of a processor instead of 2.1
  const env = { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'cartulary-compile-cache') }
  const child = spawn(process.execPath, [...flags, program], { stdio: ['pipe', 'pipe', 'inherit'], env })
  // whoever is killed takes no more orders
  child.stdin?.on('error', () => {})
  const reader = createInterface({ input: child.stdout as NonNullable<typeof child.stdout> })
  return { process: child, reader, lines: reader[Symbol.asyncIterator]() }
}

async function expectLine({ lines }: Child, word: string): Promise<void> {
  const { value, done } = await lines.next()
  if (done || !value.startsWith(word))
    throw new Error(`the node did not say ${word}, but ${done ? 'nothing' : value}`)
}
