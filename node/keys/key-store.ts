/** Key types that can sign, by the names of the API. */
export const keyTypes = ['Ed25519', 'P-256', 'secp256k1'] as const
export type KeyType = (typeof keyTypes)[number]

/** A private key ready to sign; the private part stays inside. */
export interface Signer {
  readonly keyRef: string
  readonly type: KeyType
  /** Ed25519: 32 bytes; P-256 and secp256k1: the compressed point, 33 bytes (SEC 1, 2.3.3). */
  readonly publicKey: Uint8Array
  /**
   * Signs a message. Ed25519: 64 bytes (RFC 8032, 5.1.6); ECDSA over SHA-256: `r ‖ s`, 64 bytes, with low `s`
   * for secp256k1. Synchronous where the key is in memory.
   */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** A secp256k1 key that signs 32-byte digests for Ethereum. */
export interface DigestSigner {
  readonly keyRef: string
  /** The compressed point, 33 bytes (SEC 1, 2.3.3). */
  readonly publicKey: Uint8Array
  /** `r ‖ s ‖ v`, 65 bytes, v 27 or 28. */
  signDigest(digest: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** Where private keys live. A software store keeps them encrypted; a hardware module never gives them out. */
export interface KeyStore {
  /** Makes a key and keeps it; `keyRef` is the store's own name for it. */
  generate(type: KeyType): Promise<Signer>
  /** Takes in a private key from outside: 32 bytes. */
  importKey(type: KeyType, privateKey: Uint8Array): Promise<Signer>
  /** @throws KEY_NOT_FOUND, KEY_STORE_UNAVAILABLE */
  requireSigner(keyRef: string): Promise<Signer>
  /** @throws KEY_NOT_FOUND when there is no secp256k1 key of that name */
  requireDigestSigner(keyRef: string): Promise<DigestSigner>
  /** Forgets a key for ever. */
  destroy(keyRef: string): Promise<void>
}
