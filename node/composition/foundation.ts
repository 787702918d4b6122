import { join } from 'node:path'
import type { Config } from '../config.ts'
import { IssuerError } from '../errors.ts'
import { keyEncryptionKey } from '../keys/key-encryption-key.ts'
import type { DigestSigner, KeyStore } from '../keys/key-store.ts'
import { createSecretBox, type SecretBox } from '../keys/secret-box.ts'
import { createSoftwareKeyStore } from '../keys/software.ts'
import type { Address, Ledger, RegistryAddresses } from '../ledger/ledger.ts'
import type { LedgerNotice } from '../ledger/notice.ts'
import { openLedger } from '../ledger/open-ledger.ts'
import type { Logger } from '../logger.ts'
import { type Database, type DatabaseLocation, openDatabase } from '../stores/database.ts'
import { databaseFile } from '../stores/database-file.ts'
import { createKeyTable } from '../stores/keys.ts'
import { createNodeMetaStore, type NodeMetaStore } from '../stores/node-meta.ts'
import { type CheckRoom, createRoomCheck } from '../stores/room.ts'
import { createTransactionStore } from '../stores/transactions.ts'
import { signMessages } from '../suites/bbs/sign-messages.ts'
import { checkChainIdentity, checkPublicUrl } from './chain-identity.ts'

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
  /** Whether there may be so many rows of a kind. */
  room: CheckRoom
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
export async function openFoundation(
  config: Config,
  chain: ChainLocation,
  logger: Pick<Logger, 'info' | 'warn'>,
): Promise<Foundation> {
  const database = await openDatabase(databaseLocation(config))
  let ledger: Ledger | undefined
  const close = async () => {
    await ledger?.close()
    await database.destroy()
  }
  try {
    const meta = createNodeMetaStore(database)
    const file = join(config.dataDir, 'key-encryption.key')
    const secrets = createSecretBox(await keyEncryptionKey({ value: config.keyEncryptionKey, file }))
    await checkSecrets({ meta, secrets })
    const keys = createSoftwareKeyStore({ table: createKeyTable(database), secrets, signMessages })
    const relayer = await requireRelayerKey({ meta, keys }, config)
    ledger = await openLedger({
      ...{ ...chain, relayer, ...relayerSettings(config, logger) },
      transactions: createTransactionStore(database),
    }).catch(nameChain)
    await checkChainIdentity({ meta, ledger }, config)
    await checkPublicUrl(meta, config)
    await chain.fund?.(ledger.relayer)
    const room = createRoomCheck(config.quotas)
    return { database, room, meta, secrets, keys, ledger, relayerKeyRef: relayer.keyRef, close }
  } catch (error) {
    await close()
    throw error
  }
}

/** Below this a block of most chains may still be replaced, whatever an operator calls final. */
const leastWatchDepth = 16

/** How the relayer works; what it does on its own account goes into the log. */
function relayerSettings(config: Config, logger: Pick<Logger, 'info' | 'warn'>) {
  return {
    fees: config.fees,
    stuckAfter: config.txStuckMs,
    watchDepth: Math.max(config.finalityDepth, leastWatchDepth),
    onNotice: ({ event, facts, ...transaction }: LedgerNotice) =>
      logger[event === 'fee cap reached' ? 'warn' : 'info']({ ...transaction, ...facts }, event),
  }
}

function databaseLocation({ databaseUrl, databaseConnections, dataDir }: Config): DatabaseLocation {
  if (databaseUrl === undefined) return { file: databaseFile(dataDir) }
  return { url: databaseUrl, connections: databaseConnections }
}

/**
 * Refuses a key-encryption key that is not the one of this database: the node could start, and sign nothing.
 *
 * @throws KEY_STORE_UNAVAILABLE
 */
async function checkSecrets({ meta, secrets }: Pick<Foundation, 'meta' | 'secrets'>): Promise<void> {
  const context = 'the key-encryption key of this database'
  // of several processes that start on a new database one seals, and the others must be able to open it
  const sealed = await meta.settle('sealed', async () => secrets.seal(new Uint8Array(), context))
  try {
    secrets.open(sealed, context)
  } catch (cause) {
    const detail =
      'The keys in this database are encrypted with another key: set KEY_ENCRYPTION_KEY to it, or put its file back.'
    throw new IssuerError('KEY_STORE_UNAVAILABLE', { detail, cause })
  }
}

/** Whoever starts a node has to know what does not answer; the URL itself may hold an access key. */
function nameChain(error: unknown): never {
  if (!(error instanceof IssuerError) || error.code !== 'CHAIN_UNREACHABLE') throw error
  throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'No chain answers at RPC_URL.', cause: error })
}

/** The key of the account that pays: the configured one, or one made at the first start. */
async function requireRelayerKey(
  { meta, keys }: { meta: NodeMetaStore; keys: KeyStore },
  { relayerPrivateKey }: Config,
): Promise<DigestSigner> {
  if (relayerPrivateKey === undefined) {
    const generate = async () => (await keys.generate('secp256k1')).keyRef
    return keys.requireDigestSigner(await meta.settle('relayerKeyRef', generate))
  }
  const { keyRef, publicKey } = await keys.importKey(
    'secp256k1',
    Buffer.from(relayerPrivateKey.slice(2), 'hex'),
  )
  const known = await meta.settle('relayerKeyRef', async () => keyRef)
  if (known === keyRef) return keys.requireDigestSigner(keyRef)
  const signer = await keys.requireDigestSigner(known)
  // other processes of this database work with it
  if (Buffer.from(signer.publicKey).equals(publicKey)) {
    await keys.destroy(keyRef)
    return signer
  }
  await meta.put('relayerKeyRef', keyRef)
  await keys.destroy(known)
  return keys.requireDigestSigner(keyRef)
}
