import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../node/config.ts'
import { main, type RunningNode } from '../node/main.ts'
import { startChain, type TestChain } from './chain.ts'

// The first account of every Hardhat chain: it has funds, and its key is no secret.
export const fundedPrivateKey = '0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80'
export const adminApiKey = 'ck_test_administrator'

/** An answer over HTTP; `body` is parsed JSON, or text where it is none. */
export interface Answer {
  status: number
  headers: Headers
  // biome-ignore lint/suspicious/noExplicitAny: tests read answers of every shape
  body: any
}

export interface CallOptions {
  body?: unknown
  /** An API key; null for none; the administrator's when left out. */
  key?: string | null
  headers?: Record<string, string>
}

/** A node on an own chain, over real HTTP, with everything in a temporary directory. */
export interface TestNode {
  chain: TestChain
  node: RunningNode
  dataDir: string
  /** What it was configured by. */
  environment: Record<string, string>
  adminApiKey: string
  /** Calls an address such as `/api/v1/network`. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>
  close(): Promise<void>
}

/** Starts a chain, unless one is given, and a node on it; `environment` adds to its configuration. */
export async function startNode(
  input: {
    environment?: Record<string, string>
    chain?: TestChain
    dataDir?: string
    /** False: another process runs the jobs. */
    jobs?: boolean
  } = {},
): Promise<TestNode> {
  const chain = input.chain ?? (await startChain())
  const dataDir = input.dataDir ?? (await mkdtemp(join(tmpdir(), 'node-')))
  const environment = {
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    ADMIN_API_KEY: adminApiKey,
    RELAYER_PRIVATE_KEY: fundedPrivateKey,
    LOG_LEVEL: 'fatal',
    RATE_LIMIT: '1000000',
    RATE_LIMIT_ANONYMOUS: '1000000',
    ...input.environment,
  }
  const node = await main({ config: parseConfig(environment), chain, jobs: input.jobs ?? true })
  return {
    chain,
    node,
    dataDir,
    environment,
    adminApiKey,
    call: (method, path, options) => call(node.url, method, path, options),
    close: async () => {
      await node.close()
      if (!input.chain) await chain.close()
      if (!input.dataDir) await rm(dataDir, { recursive: true })
    },
  }
}

/** Calls an address of a node, as the administrator unless told otherwise. */
export async function call(
  url: string,
  method: string,
  path: string,
  options: CallOptions = {},
): Promise<Answer> {
  const key = options.key === undefined ? adminApiKey : options.key
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(key !== null && { authorization: `Bearer ${key}` }),
      ...(options.body !== undefined && { 'content-type': 'application/json' }),
      ...options.headers,
    },
    ...(options.body !== undefined && {
      body: typeof options.body === 'string' ? options.body : JSON.stringify(options.body),
    }),
  })
  const text = await response.text()
  const isJson = /json|^application\/vc$/.test(response.headers.get('content-type') ?? '')
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text ? JSON.parse(text) : text,
  }
}

export async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as { port: number }
  await new Promise((closed) => probe.close(closed))
  return port
}
