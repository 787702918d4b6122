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
    const { bytes, ends, digests } = await work.sign(bytesOf(texts), signing)
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
  const texts: string[] = []
  const places: number[] = []
  const outcomes: (SecuredOne | IssuerError)[] = []
  const pause = createPause()
  let place = 0
  for (const document of documents) {
    try {
      const text = write(document)
      texts.push(typeof text === 'string' ? text : await text)
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

function bytesOf(texts: readonly string[]): Texts {
  let end = 0
  const ends = texts.map((text) => {
    end += Buffer.byteLength(text)
    return end
  })
  // no Buffer, which may lie in memory that others share
  return { bytes: new TextEncoder().encode(texts.join('')), ends }
}

const notSigned = (cause: unknown) => new IssuerError('SIGNING_FAILED', { cause })
