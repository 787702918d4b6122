import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../node/config.ts'
import { main } from '../node/main.ts'
import { createToken } from '../node/secret-token.ts'
import { freePort } from './free-port.ts'
import { type LocalChain, openLocalChain } from './open-local-chain.ts'

/** A node that was started for one purpose. */
export interface OwnNode {
  url: string
  adminApiKey: string
  rpcUrl: string
  dataDir: string
  /** Stops the node, and its chain where it has one of its own, and deletes their data. */
  close(): Promise<void>
}

/** Starts a chain and a node on free ports, with its data in a temporary directory; `variables` add to its own. */
export async function startOwnNode(variables: Readonly<Record<string, string>> = {}): Promise<OwnNode> {
  const [node] = await startOwnNodes([variables])
  return node as OwnNode
}

/** Starts a chain and several nodes on it; to close the first one closes the chain. */
export async function startOwnNodes(
  each: readonly Readonly<Record<string, string>>[],
): Promise<readonly OwnNode[]> {
  const chain = await openLocalChain(await freePort())
  const nodes: OwnNode[] = []
  const closeAll = async () => {
    for (const node of nodes) await node.close()
    await chain.close()
  }
  try {
    for (const variables of each) nodes.push(await startNodeOn(chain, variables))
  } catch (error) {
    await closeAll()
    throw error
  }
  return nodes.map((node, index) => (index === 0 ? { ...node, close: closeAll } : node))
}

async function startNodeOn(chain: LocalChain, variables: Readonly<Record<string, string>>): Promise<OwnNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cartulary-'))
  const adminApiKey = createToken('ck_')
  const config = parseConfig({
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    ADMIN_API_KEY: adminApiKey,
    LOG_LEVEL: 'error',
    ...variables,
  })
  const node = await main({ config, chain }).catch(async (error) => {
    await rm(dataDir, { recursive: true })
    throw error
  })
  const close = async () => {
    await node.close()
    await rm(dataDir, { recursive: true })
  }
  return { url: node.url, adminApiKey, rpcUrl: chain.rpcUrl, dataDir, close }
}
