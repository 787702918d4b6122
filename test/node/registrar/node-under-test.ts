import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { resolveDid } from '../../../node/did/resolve-did.ts'
import { createDidResolver } from '../../../node/did/resolver.ts'
import type { KeyStore } from '../../../node/keys/key-store.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { createSoftwareKeyStore } from '../../../node/keys/software.ts'
import type { Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import type { RegistrarDeps } from '../../../node/registrar/registrar.ts'
import { createContextStore } from '../../../node/stores/contexts.ts'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { createDidImportStore } from '../../../node/stores/did-imports.ts'
import { createDidStore } from '../../../node/stores/dids.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'
import { createSchemaStore } from '../../../node/stores/schemas.ts'
import { signMessages } from '../../../node/suites/bbs/sign-messages.ts'
import { bundledContexts } from '../../../node/suites/contexts/bundled-contexts.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

/** What the registrar stands on, over a chain and a database of its own. */
export interface NodeUnderTest {
  chain: TestChain
  ledger: Ledger
  database: Database
  keyStore: KeyStore
  deps: RegistrarDeps
  close(): Promise<void>
}

/** Starts them; the caller closes them in `after`. `receiptTimeout`: how long a transaction is waited for, in ms. */
export async function startNode(options: { receiptTimeout?: number } = {}): Promise<NodeUnderTest> {
  const chain = await startChain()
  const relayer = digestSigner(fundedKey)
  const ledger = await openLedger({ ...chain, relayer, pollingInterval: 20, ...options })
  const folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
  const database = await openDatabase({ file: join(folder, 'node.sqlite') })
  const secrets = createSecretBox(randomBytes(32))
  const keyStore = createSoftwareKeyStore({ table: createKeyTable(database), secrets, signMessages })
  const resolver = createDidResolver({ ...chain, didRegistry: ledger.registries.didRegistry })
  const deps: RegistrarDeps = {
    ledger,
    keyStore,
    dids: createDidStore(database),
    didImports: createDidImportStore(database),
    schemas: createSchemaStore(database),
    contexts: createContextStore(database),
    resolveDid: (did) => resolveDid(resolver, did),
    forget: () => undefined,
    publicUrl: 'http://127.0.0.1:3000',
    bundledContexts,
    now: () => new Date(),
  }
  return {
    chain,
    ledger,
    database,
    keyStore,
    deps,
    close: async () => {
      await ledger.close()
      await database.destroy()
      await rm(folder, { recursive: true })
      await chain.close()
    },
  }
}
