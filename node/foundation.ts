import { join } from 'node:path'
import { checkChainIdentity, checkPublicUrl } from './chain-identity.ts'
import type { Config } from './config.ts'
import { keyEncryptionKey } from './keys/key-encryption-key.ts'
import type { DigestSigner, KeyStore } from './keys/key-store.ts'
import { createSecretBox, type SecretBox } from './keys/secret-box.ts'
import { createSoftwareKeyStore } from './keys/software.ts'
import type { Address, Ledger, RegistryAddresses } from './ledger/ledger.ts'
import { openLedger } from './ledger/open-ledger.ts'
import { type Database, openDatabase } from './stores/database.ts'
import { databaseFile } from './stores/database-file.ts'
import { createKeyTable } from './stores/keys.ts'
import { createNodeMetaStore, type NodeMetaStore } from './stores/node-meta.ts'

/** A chain with the registries on it. */
export interface ChainLocation {
  rpcUrl: string
  registries: RegistryAddresses
  /** Gives an account funds, where a chain for development can. */
  fund?: (address: Address) => Promise<void>
}

/** What everything else stands on: opened, and known to belong together. */
export interface Foundation {
  database: Database
  meta: NodeMetaStore
  secrets: SecretBox
  keys: KeyStore
  ledger: Ledger
  relayerKeyRef: string
  close(): Promise<void>
}

/**
 * Opens database, key store and ledger.
 *
 * @throws CHAIN_MISMATCH, CHAIN_UNREACHABLE, DATABASE_UNAVAILABLE, KEY_STORE_UNAVAILABLE, ConfigError
 */
export async function openFoundation(config: Config, chain: ChainLocation): Promise<Foundation> {
  const database = await openDatabase({ file: databaseFile(config.dataDir) })
  let ledger: Ledger | undefined
  const close = async () => {
    await ledger?.close()
    await database.destroy()
  }
  try {
    const meta = createNodeMetaStore(database)
    const file = join(config.dataDir, 'key-encryption.key')
    const secrets = createSecretBox(await keyEncryptionKey({ value: config.keyEncryptionKey, file }))
    const keys = createSoftwareKeyStore({ table: createKeyTable(database), secrets })
    const relayer = await requireRelayerKey({ meta, keys }, config)
    ledger = await openLedger({ ...chain, relayer })
    await checkChainIdentity({ meta, ledger }, config.dataDir)
    await checkPublicUrl(meta, config)
    await chain.fund?.(ledger.relayer)
    return { database, meta, secrets, keys, ledger, relayerKeyRef: relayer.keyRef, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** The key of the account that pays: the configured one, or one made at the first start. */
async function requireRelayerKey(
  { meta, keys }: { meta: NodeMetaStore; keys: KeyStore },
  { relayerPrivateKey }: Config,
): Promise<DigestSigner> {
  const known = await meta.get('relayerKeyRef')
  if (known !== undefined && relayerPrivateKey === undefined) return keys.requireDigestSigner(known)
  const { keyRef } =
    relayerPrivateKey === undefined
      ? await keys.generate('secp256k1')
      : await keys.importKey('secp256k1', Buffer.from(relayerPrivateKey.slice(2), 'hex'))
  await meta.put('relayerKeyRef', keyRef)
  // the configured key is taken in at each start: what stands for it from the last one is of no more use
  if (known !== undefined) await keys.destroy(known)
  return keys.requireDigestSigner(keyRef)
}
