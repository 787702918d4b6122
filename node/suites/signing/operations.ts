import { hash, type KeyObject } from 'node:crypto'
import { canonicalForm } from '../../canonical-form.ts'
import type { JsonObject } from '../../json.ts'
import type { MessageKeyType } from '../../keys/key-store.ts'
import { signMessage } from '../../keys/sign-message.ts'
import { signJws } from '../sign-jws.ts'
import type { SecuredText } from '../suite.ts'
import { type JcsTerms, signJcs } from './sign-jcs.ts'

/**
 * Many documents, as they cross the border of a thread: bytes that are moved, since a text would be copied, and live on
 * as garbage of the event loop's thread.
 */
interface Many<Terms> {
  key: KeyObject
  type: MessageKeyType
  verificationMethod: string
  terms: Terms
  /** An array in JSON. */
  documents: Uint8Array
}

/** Why one of them is not signed, in words that no caller sees. */
interface Unsigned {
  problem: string
}

type Sign = (message: Uint8Array) => Uint8Array

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString()

/** One outcome for each document, in order. */
function many<Terms>(secure: (document: JsonObject, input: Many<Terms>, sign: Sign) => Promise<SecuredText>) {
  return async (input: Many<Terms>): Promise<(SecuredText | Unsigned)[]> => {
    const outcomes: (SecuredText | Unsigned)[] = []
    const sign: Sign = (message) => signMessage(input.type, input.key, message)
    for (const document of JSON.parse(textOf(input.documents)) as JsonObject[]) {
      try {
        outcomes.push(await secure(document, input, sign))
      } catch (error) {
        outcomes.push({ problem: (error as Error).message })
      }
    }
    return outcomes
  }
}

/** What threads sign: it takes nothing but bytes and a key. */
export const operations = {
  jcs: many<JcsTerms>(async (document, { terms }, sign) => {
    // delivered as it is digested: to write it in another order as well takes 4 µs
    const secured = canonicalForm(await signJcs(document, terms, sign))
    return { secured, digest: hash('sha256', secured) }
  }),
  jws: many<{ header: JsonObject }>(async (payload, { terms, type, verificationMethod }, sign) => {
    const { header } = terms
    const token = await signJws({ header, payload }, { verificationMethod, signer: { type, sign } })
    return { secured: token, digest: hash('sha256', token) }
  }),
}
