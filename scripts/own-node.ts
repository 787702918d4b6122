import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseConfig } from '../node/config.ts'
import { main } from '../node/main.ts'
import { createToken } from '../node/secret-token.ts'
import { freePort } from './free-port.ts'
import { openLocalChain } from './open-local-chain.ts'

/** A node that was started for one purpose, on an own chain. */
export interface OwnNode {
  url: string
  adminApiKey: string
  rpcUrl: string
  /** Stops the node and its chain and deletes their data. */
  close(): Promise<void>
}

/** Starts a chain and a node on free ports, with its data in a temporary directory; `variables` add to its own. */
export async function startOwnNode(variables: Readonly<Record<string, string>> = {}): Promise<OwnNode> {
  const dataDir = await mkdtemp(join(tmpdir(), 'cartulary-'))
  const adminApiKey = createToken('ck_')
  const chain = await openLocalChain(await freePort())
  const clear = async () => {
    await chain.close()
    await rm(dataDir, { recursive: true })
  }
  const config = parseConfig({
    PORT: String(await freePort()),
    DATA_DIR: dataDir,
    ADMIN_API_KEY: adminApiKey,
    LOG_LEVEL: 'error',
    ...variables,
  })
  const node = await main({ config, chain }).catch(async (error) => {
    await clear()
    throw error
  })
  return {
    url: node.url,
    adminApiKey,
    rpcUrl: chain.rpcUrl,
    close: async () => {
      await node.close()
      await clear()
    },
  }
}
