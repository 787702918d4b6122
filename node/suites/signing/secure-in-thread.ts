import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { MessageKeyType, Signer } from '../../keys/key-store.ts'
import { partsOf } from '../../secured-text.ts'
import { createPause } from '../../time-slice.ts'
import type { SecuredOne } from '../suite.ts'
import type { SignedMany, Texts } from './operations.ts'

interface Work {
  documents: Iterable<JsonObject>
  signer: Signer
  /** Checks a document, and writes of it what is signed. */
  write(document: JsonObject): Promise<string> | string
  /** Called for all that were written, in their order. */
  sign(
    texts: Texts,
    signing: { key: NonNullable<Signer['keyObject']>; type: MessageKeyType },
  ): Promise<SignedMany>
}

/** See `SecureMany.secure`. @throws NODE_BUSY, TypeError for a key that is not in memory */
export async function secureInThread(work: Work): Promise<readonly (SecuredOne | IssuerError)[]> {
  const { signer } = work
  if (!signer.keyObject) throw new TypeError('A thread signs with keys in memory alone.')
  const { texts, places, outcomes } = await writeAll(work)
  const signing = { key: signer.keyObject, type: signer.type as MessageKeyType }
  try {
    const { bytes, ends, digests } = await work.sign(texts.done(), signing)
    for (const [position, secured] of partsOf(bytes, ends).entries())
      outcomes[places[position] as number] = { secured, digest: digests[position] as string }
  } catch (error) {
    if (error instanceof IssuerError) throw error
    for (const place of places) outcomes[place] = notSigned(error)
  }
  return outcomes
}

/** Texts with the places of their documents, and the failures of others at theirs. */
async function writeAll({ documents, write }: Work) {
  const texts = new TextsWriter()
  const places: number[] = []
  const outcomes: (SecuredOne | IssuerError)[] = []
  const pause = createPause()
  let place = 0
  for (const document of documents) {
    try {
      const text = write(document)
      texts.write(typeof text === 'string' ? text : await text)
      places.push(place)
    } catch (error) {
      outcomes[place] = error instanceof IssuerError ? error : notSigned(error)
    }
    place++
    // large documents take their time
    const turn = pause()
    if (turn) await turn
  }
  return { texts, places, outcomes }
}

/** Writes texts as they come: kept as strings until all are there, they were a seventh of what outlives its making. */
class TextsWriter {
  #bytes = new ArrayBuffer(2 ** 16)
  #buffer = Buffer.from(this.#bytes)
  readonly #ends: number[] = []
  #end = 0

  write(text: string): void {
    // a UTF-16 code unit takes three bytes of UTF-8 at the most
    const most = this.#end + 3 * text.length
    if (most > this.#bytes.byteLength) {
      this.#bytes = this.#bytes.transfer(2 * most)
      this.#buffer = Buffer.from(this.#bytes)
    }
    this.#end += this.#buffer.write(text, this.#end)
    this.#ends.push(this.#end)
  }

  done(): Texts {
    return { bytes: new Uint8Array(this.#bytes.transfer(this.#end)), ends: this.#ends }
  }
}

const notSigned = (cause: unknown) => new IssuerError('SIGNING_FAILED', { cause })
