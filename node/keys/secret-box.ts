import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import { IssuerError } from '../errors.ts'

const NONCE_BYTES = 12
const TAG_BYTES = 16

/** Encrypts small secrets so that they can lie in the database. */
export interface SecretBox {
  /** `context` says what the secret is for; opening it needs the same. The result is base64url text. */
  seal(secret: Uint8Array, context: string): string
  /** @throws KEY_STORE_UNAVAILABLE when the key, the context or the text is not the one it was sealed with */
  open(sealed: string, context: string): Uint8Array
}

/** AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce for each secret: nonce ‖ ciphertext ‖ tag. */
export function createSecretBox(key: Uint8Array): SecretBox {
  return {
    seal(secret, context) {
      const nonce = randomBytes(NONCE_BYTES)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      return Buffer.concat([nonce, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString(
        'base64url',
      )
    },
    open(sealed, context) {
      try {
        const bytes = Buffer.from(sealed, 'base64url')
        const decipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
        decipher.setAAD(Buffer.from(context)).setAuthTag(bytes.subarray(-TAG_BYTES))
        return Buffer.concat([decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES)), decipher.final()])
      } catch (cause) {
        throw new IssuerError('KEY_STORE_UNAVAILABLE', {
          detail: 'A stored secret cannot be decrypted with the key-encryption key of this node.',
          cause,
        })
      }
    },
  }
}
