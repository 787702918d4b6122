import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { NewRow } from '../stores/tables.ts'
import type { SecretBox } from './secret-box.ts'
import type { KeyTable } from './software.ts'

/** Private keys of AnonCreds credential definitions. They lie encrypted beside the other keys. */
export interface DefinitionKeys {
  /**
   * Encrypts a key, for its row to be written in the transaction of its definition. `publicKey` names what it belongs
   * to: the SHA-256 of the definition.
   */
  seal(privateKey: Uint8Array, publicKey: string): NewRow<'keys'>
  /**
   * The key as bytes, on its way to the thread that signs with it; whoever asked overwrites them.
   * @throws KEY_NOT_FOUND, KEY_STORE_UNAVAILABLE
   */
  open(keyRef: string): Promise<Uint8Array>
}

/** Camenisch-Lysyanskaya, the signatures of AnonCreds. */
const type = 'CL'

const bindingOf = (keyRef: string): string => `key:${keyRef}:${type}`

export function createDefinitionKeys(deps: {
  table: Pick<KeyTable, 'get'>
  secrets: SecretBox
  now(): Date
}): DefinitionKeys {
  return {
    seal(privateKey, publicKey) {
      const keyRef = randomUUID()
      return {
        key_ref: keyRef,
        type,
        public_key: publicKey,
        wrapped: deps.secrets.seal(privateKey, bindingOf(keyRef)),
        created_at: deps.now().toISOString(),
      }
    },
    async open(keyRef) {
      const stored = await deps.table.get(keyRef)
      if (!stored) throw new IssuerError('KEY_NOT_FOUND')
      const opened = deps.secrets.open(stored.wrapped, bindingOf(keyRef))
      // in a buffer of its own: what crosses into a thread is the whole buffer
      const bytes = Uint8Array.from(opened)
      opened.fill(0)
      return bytes
    },
  }
}
