import type { KeyObject } from 'node:crypto'

/** Key types that sign a message, by the names of the API. */
export const messageKeyTypes = ['Ed25519', 'P-256', 'P-384', 'secp256k1'] as const
export type MessageKeyType = (typeof messageKeyTypes)[number]

/** Every key type, by the names of the API; a Bls12381G2 key signs lists of messages (BBS). */
export const keyTypes = [...messageKeyTypes, 'Bls12381G2'] as const
export type KeyType = (typeof keyTypes)[number]

/** What a Bls12381G2 key signs, as octets; what they are made of is the suite's affair. */
export interface MessageList {
  /** BBS signatures of the IETF draft, ciphersuite BLS12-381-SHA-256; or the BBS+ of BbsBlsSignature2020. */
  scheme: 'BBS' | 'BBS+'
  /** BBS+ has none: empty. */
  header: Uint8Array
  messages: readonly Uint8Array[]
}

/** A private key ready to sign; the private part stays inside. */
export interface Signer {
  readonly keyRef: string
  readonly type: KeyType
  /**
   * Ed25519: 32 bytes; the NIST curves and secp256k1: the compressed point, 33 or 49 bytes (SEC 1, 2.3.3);
   * Bls12381G2: the compressed point of G2, 96 bytes.
   */
  readonly publicKey: Uint8Array
  /**
   * Signs a message. Ed25519: 64 bytes (RFC 8032, 5.1.6); ECDSA: `r ‖ s`, 64 bytes over SHA-256, with low `s` for
   * secp256k1; P-384: 96 bytes over SHA-384. Synchronous where the key is in memory.
   * @throws SIGNING_FAILED for a Bls12381G2 key
   */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>
  /** The same signature, made in another thread: for many messages at a time. Stores without threads lack it. */
  signInBackground?(message: Uint8Array): Promise<Uint8Array>
  /** The key itself, with which a thread of this process signs; stores that keep their keys to themselves lack it. */
  readonly keyObject?: KeyObject
  /** Signs a list of messages; Bls12381G2 keys alone have it. */
  signMessages?(list: MessageList): Uint8Array | Promise<Uint8Array>
}

/**
 * The mathematics of BBS, handed in to a store that has its keys in memory; `privateKey` is a scalar of 32 bytes, big
 * end first, and overwritten when it has returned.
 */
export type SignMessages = (
  key: { privateKey: Uint8Array; publicKey: Uint8Array },
  list: MessageList,
) => Uint8Array | Promise<Uint8Array>

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
  /** Takes in a private key from outside: 32 bytes, for P-384 48. @throws MALFORMED_REQUEST */
  importKey(type: KeyType, privateKey: Uint8Array): Promise<Signer>
  /** @throws KEY_NOT_FOUND, KEY_STORE_UNAVAILABLE */
  requireSigner(keyRef: string): Promise<Signer>
  /** @throws KEY_NOT_FOUND when there is no secp256k1 key of that name */
  requireDigestSigner(keyRef: string): Promise<DigestSigner>
  /** Forgets a key for ever. */
  destroy(keyRef: string): Promise<void>
}
