import type { IKey, ManagedKeyInfo, TKeyType } from '@veramo/core'
import { AbstractKeyManagementSystem, AbstractKeyStore } from '@veramo/key-manager'
import { IssuerError } from '../errors.ts'
import type { KeyStore, KeyType, Signer } from '../keys/key-store.ts'

/** The name under which Veramo knows the node's key store. */
export const kms = 'cartulary'

/** One row for each type of key that Veramo knows: its name there and the JOSE algorithm it signs with. */
const veramoKeys: readonly { type: KeyType; veramo: TKeyType; algorithm: string }[] = [
  { type: 'Ed25519', veramo: 'Ed25519', algorithm: 'EdDSA' },
  { type: 'P-256', veramo: 'Secp256r1', algorithm: 'ES256' },
  { type: 'secp256k1', veramo: 'Secp256k1', algorithm: 'ES256K' },
]

const unsupported = (what: string): IssuerError =>
  new IssuerError('KEY_NOT_FOUND', { detail: `The key store has no ${what}.` })

function requireRow(type: TKeyType) {
  const row = veramoKeys.find(({ veramo }) => veramo === type)
  if (!row) throw unsupported(`keys of type ${type}`)
  return row
}

/** The node's name for a type of Veramo's keys; undefined for those that the node does not have. */
export const keyTypeOf = (type: TKeyType): KeyType | undefined =>
  veramoKeys.find(({ veramo }) => veramo === type)?.type

/** Whether Veramo knows keys of this type. */
export const isManaged = ({ type }: { type: KeyType }): boolean => veramoKeys.some((row) => row.type === type)

/** A key of the store as Veramo writes it: public part only. @throws KEY_NOT_FOUND for a type that it does not know */
export function managedKey({ keyRef, type, publicKey }: Signer): ManagedKeyInfo {
  const row = veramoKeys.find((candidate) => candidate.type === type)
  if (!row) throw unsupported(`key ${keyRef} that agents know`)
  return {
    kid: keyRef,
    kms,
    type: row.veramo,
    publicKeyHex: Buffer.from(publicKey).toString('hex'),
    meta: { algorithms: [row.algorithm] },
  }
}

/** The node's key store as a key management system of Veramo; `kid` is the store's `keyRef`. */
export class NodeKeyManagementSystem extends AbstractKeyManagementSystem {
  readonly #keyStore: KeyStore

  constructor(keyStore: KeyStore) {
    super()
    this.#keyStore = keyStore
  }

  async createKey({ type }: { type: TKeyType }): Promise<ManagedKeyInfo> {
    return managedKey(await this.#keyStore.generate(requireRow(type).type))
  }

  async importKey({
    type,
    privateKeyHex,
  }: {
    type: TKeyType
    privateKeyHex: string
  }): Promise<ManagedKeyInfo> {
    const privateKey = Buffer.from(privateKeyHex.replace(/^0x/, ''), 'hex')
    try {
      return managedKey(await this.#keyStore.importKey(requireRow(type).type, privateKey))
    } finally {
      privateKey.fill(0)
    }
  }

  /** Veramo never asks for it; the store does not give out a list. */
  async listKeys(): Promise<ManagedKeyInfo[]> {
    throw unsupported('list of keys for agents')
  }

  async deleteKey({ kid }: { kid: string }): Promise<boolean> {
    await this.#keyStore.destroy(kid)
    return true
  }

  /** Base64url of the raw signature, as JWS wants it. Transactions and raw digests are not signed for agents. */
  async sign({
    keyRef,
    algorithm,
    data,
  }: {
    keyRef: Pick<IKey, 'kid'>
    algorithm?: string
    data: Uint8Array
  }): Promise<string> {
    const signer = await this.#keyStore.requireSigner(keyRef.kid)
    const allowed = veramoKeys.find(({ type }) => type === signer.type)?.algorithm
    if (algorithm !== undefined && algorithm !== allowed) {
      throw unsupported(`key ${signer.keyRef} for ${algorithm}`)
    }
    return Buffer.from(await signer.sign(data)).toString('base64url')
  }

  async sharedSecret(): Promise<string> {
    throw unsupported('key agreement')
  }
}

/** Veramo's list of keys, read from the node's key store; nothing is kept twice. */
export class NodeKeyList extends AbstractKeyStore {
  readonly #keyStore: KeyStore

  constructor(keyStore: KeyStore) {
    super()
    this.#keyStore = keyStore
  }

  async getKey({ kid }: { kid: string }): Promise<IKey> {
    return managedKey(await this.#keyStore.requireSigner(kid))
  }

  /** The key management system has taken it in already. */
  async importKey(): Promise<boolean> {
    return true
  }

  async deleteKey(): Promise<boolean> {
    return true
  }

  async listKeys(): Promise<ManagedKeyInfo[]> {
    throw unsupported('list of keys for agents')
  }
}
