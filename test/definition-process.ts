import { once } from 'node:events'
import { setImmediate as turn } from 'node:timers/promises'
import { createDefinitionKeys } from '../node/keys/definition-keys.ts'
import { createSecretBox } from '../node/keys/secret-box.ts'
import type { RegistryAddresses } from '../node/ledger/ledger.ts'
import { openLedger } from '../node/ledger/open-ledger.ts'
import type { AnonCredsRegistrarDeps } from '../node/registrar/anoncreds/anoncreds-registrar.ts'
import { makeDefinitions } from '../node/registrar/anoncreds/make-definitions.ts'
import { createDefinitionStore } from '../node/stores/anoncreds-definitions.ts'
import { createAnonCredsSchemaStore } from '../node/stores/anoncreds-schemas.ts'
import { openDatabase } from '../node/stores/database.ts'
import { createDidStore } from '../node/stores/dids.ts'
import { createKeyTable } from '../node/stores/keys.ts'
import { fixtureKeys } from './anoncreds.ts'
import { digestSigner, fundedKey } from './digest-signer.ts'

/** Where a maker of definitions works. */
export interface DefinitionSite {
  rpcUrl: string
  registries: RegistryAddresses
  file: string
  /** Key of the secret box, hex. */
  secret: string
}

/** What makes definitions there, with keys of the fixtures. */
export async function openDefinitionMaker({ rpcUrl, registries, file, secret }: DefinitionSite) {
  const database = await openDatabase({ file })
  const ledger = await openLedger({
    rpcUrl,
    registries,
    relayer: digestSigner(fundedKey),
    pollingInterval: 20,
  })
  const secrets = createSecretBox(Buffer.from(secret, 'hex'))
  const now = () => new Date()
  const deps: AnonCredsRegistrarDeps = {
    ...{ ledger, now, notify: () => undefined },
    dids: createDidStore(database),
    schemas: createAnonCredsSchemaStore(database),
    definitions: createDefinitionStore(database),
    keys: createDefinitionKeys({ table: createKeyTable(database), secrets, now }),
    generateKey: async (onPrime) => {
      onPrime()
      await turn()
      onPrime()
      return fixtureKeys[Math.floor(Math.random() * fixtureKeys.length)] as (typeof fixtureKeys)[number]
    },
  }
  const { signal } = new AbortController()
  return {
    ...{ deps, database, ledger },
    run: () => makeDefinitions({ ...deps, stopping: signal }),
    close: async () => {
      await ledger.close()
      await database.destroy()
    },
  }
}

/** A process of its own, to be killed: says that it begins, and makes the definitions that are ordered. */
async function makeUntilKilled(argument: string): Promise<void> {
  const maker = await openDefinitionMaker(JSON.parse(argument))
  process.stdout.write('begins\n')
  await maker.run()
  await once(process, 'never')
}

// Mocha imports every file of this folder
if (import.meta.main) await makeUntilKilled(process.argv[2] as string)
