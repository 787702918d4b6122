import { hash, type KeyObject } from 'node:crypto'
import { canonicalForm } from '../../canonical-form.ts'
import type { JsonObject } from '../../json.ts'
import type { MessageKeyType } from '../../keys/key-store.ts'
import { signMessage } from '../../keys/sign-message.ts'
import { signJws } from '../sign-jws.ts'
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

/** What became of them, in their order: bytes again, for the same reason. */
export interface SignedMany {
  /** Their texts in UTF-8, one after the other; one that is not signed has none. */
  texts: Uint8Array
  /** The places after the last bytes of each. */
  ends: number[]
  /** Hex. */
  digests: string[]
  /** Why some are not signed, by their places, in words that no caller sees. */
  problems: Map<number, string>
}

/** A document as it is delivered, and its digest. */
interface Signed {
  text: string
  digest: string
}

type Sign = (message: Uint8Array) => Uint8Array

const textOf = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString()

function many<Terms>(secure: (document: JsonObject, input: Many<Terms>, sign: Sign) => Promise<Signed>) {
  return async (input: Many<Terms>): Promise<SignedMany> => {
    const sign: Sign = (message) => signMessage(input.type, input.key, message)
    const texts: string[] = []
    const signed: SignedMany = { texts: new Uint8Array(), ends: [], digests: [], problems: new Map() }
    let end = 0
    for (const document of JSON.parse(textOf(input.documents)) as JsonObject[]) {
      const { text, digest } = await secure(document, input, sign).catch((error: Error): Signed => {
        signed.problems.set(signed.ends.length, error.message)
        return { text: '', digest: '' }
      })
      texts.push(text)
      end += Buffer.byteLength(text)
      signed.ends.push(end)
      signed.digests.push(digest)
    }
    signed.texts = new TextEncoder().encode(texts.join(''))
    return signed
  }
}

/** What threads sign: it takes nothing but bytes and a key. */
export const operations = {
  jcs: many<JcsTerms>(async (document, { terms }, sign) => {
    // delivered as it is digested: to write it in another order as well takes 4 µs
    const text = canonicalForm(await signJcs(document, terms, sign))
    return { text, digest: hash('sha256', text) }
  }),
  jws: many<{ header: JsonObject }>(async (payload, { terms, type, verificationMethod }, sign) => {
    const { header } = terms
    const text = await signJws({ header, payload }, { verificationMethod, signer: { type, sign } })
    return { text, digest: hash('sha256', text) }
  }),
}
