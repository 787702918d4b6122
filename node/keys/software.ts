import { type KeyObject, randomUUID } from 'node:crypto'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import { keyMaterial, privateKeyBytes } from './key-material.ts'
import type { DigestSigner, KeyStore, KeyType, Signer, SignMessages } from './key-store.ts'
import type { SecretBox } from './secret-box.ts'

const CACHED_KEYS = 1_000

/** A key as it lies in the database: public key and encrypted private key in base64url. */
interface StoredKey {
  keyRef: string
  type: KeyType
  publicKey: string
  wrapped: string
}

/** The table behind the store. */
export interface KeyTable {
  insert(key: StoredKey): Promise<void>
  get(keyRef: string): Promise<StoredKey | undefined>
  delete(keyRef: string): Promise<void>
}

interface LoadedKey {
  key: KeyObject
  signer: Signer
}

interface Deps {
  table: KeyTable
  secrets: SecretBox
  /** What Bls12381G2 keys sign with; without it such a key is kept and signs nothing. */
  signMessages?: SignMessages
}

/**
 * Keys made and used inside this process: encrypted in the database, bound to their name and type; the ones in
 * use stay decrypted as key objects, which only OpenSSL reads.
 */
export function createSoftwareKeyStore(deps: Deps): KeyStore {
  const loaded = new BoundedCache<string, LoadedKey>(CACHED_KEYS)

  async function keep(type: KeyType, key: KeyObject): Promise<Signer> {
    const keyRef = randomUUID()
    const signer = toSigner(deps, keyRef, type, key)
    const bytes = privateKeyBytes(key)
    const wrapped = deps.secrets.seal(bytes, bindingOf(keyRef, type))
    bytes.fill(0)
    const publicKey = Buffer.from(signer.publicKey).toString('base64url')
    await deps.table.insert({ keyRef, type, publicKey, wrapped })
    loaded.set(keyRef, { key, signer })
    return signer
  }

  async function load(keyRef: string): Promise<LoadedKey> {
    const known = loaded.get(keyRef)
    if (known) return known
    const stored = await deps.table.get(keyRef)
    if (!stored) throw new IssuerError('KEY_NOT_FOUND')
    const bytes = deps.secrets.open(stored.wrapped, bindingOf(keyRef, stored.type))
    const key = keyMaterial[stored.type].import(bytes)
    bytes.fill(0)
    const fresh = { key, signer: toSigner(deps, keyRef, stored.type, key) }
    loaded.set(keyRef, fresh)
    return fresh
  }

  return {
    generate: (type) => keep(type, keyMaterial[type].generate()),
    importKey: async (type, privateKey) => keep(type, importChecked(type, privateKey)),
    requireSigner: async (keyRef) => (await load(keyRef)).signer,
    requireDigestSigner: async (keyRef) => {
      const { key, signer } = await load(keyRef)
      if (signer.type !== 'secp256k1') throw new IssuerError('KEY_NOT_FOUND')
      return toDigestSigner(signer, key)
    },
    destroy: async (keyRef) => {
      await deps.table.delete(keyRef)
      loaded.delete(keyRef)
    },
  }
}

function bindingOf(keyRef: string, type: KeyType): string {
  return `key:${keyRef}:${type}`
}

function importChecked(type: KeyType, privateKey: Uint8Array): KeyObject {
  try {
    if (privateKey.length === keyMaterial[type].bytes) return keyMaterial[type].import(privateKey)
  } catch {
    // the reason may hold parts of the key: it goes nowhere
  }
  throw new IssuerError('MALFORMED_REQUEST', { detail: `This is not a private key of type ${type}.` })
}

function toSigner(
  { signMessages }: Pick<Deps, 'signMessages'>,
  keyRef: string,
  type: KeyType,
  key: KeyObject,
): Signer {
  const material = keyMaterial[type]
  const publicKey = material.publicKey(key)
  const { signInBackground } = material
  return Object.freeze({
    keyRef,
    type,
    publicKey,
    sign: (message: Uint8Array) => material.sign(key, message),
    // its text in a log says that it is a private key, and no more
    keyObject: key,
    ...(signInBackground && {
      signInBackground: (message: Uint8Array) => signInBackground(key, message),
    }),
    ...(type === 'Bls12381G2' && signMessages && { signMessages: withKey(signMessages, key, publicKey) }),
  })
}

function withKey(
  signMessages: SignMessages,
  key: KeyObject,
  publicKey: Uint8Array,
): NonNullable<Signer['signMessages']> {
  return async (list) => {
    const privateKey = privateKeyBytes(key)
    try {
      return await signMessages({ privateKey, publicKey }, list)
    } finally {
      privateKey.fill(0)
    }
  }
}

/** OpenSSL neither signs a digest as it is nor gives the recovery id. */
function toDigestSigner(signer: Signer, key: KeyObject): DigestSigner {
  return {
    keyRef: signer.keyRef,
    publicKey: signer.publicKey,
    signDigest: (digest) => {
      const privateKey = privateKeyBytes(key)
      const recovered = secp256k1.sign(digest, privateKey, { prehash: false, format: 'recovered' })
      privateKey.fill(0)
      // noble: recovery id ‖ r ‖ s; Ethereum: r ‖ s ‖ 27 + recovery id
      return Uint8Array.from([...recovered.subarray(1), 27 + (recovered[0] as number)])
    },
  }
}
