import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { MessageKeyType, Signer } from '../../keys/key-store.ts'
import { partsOf } from '../../secured-text.ts'
import { TextWriter } from '../../text-writer.ts'
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
    const { bytes, ends, digests } = await work.sign(texts, signing)
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
  const writer = new TextWriter()
  const ends: number[] = []
  const places: number[] = []
  const outcomes: (SecuredOne | IssuerError)[] = []
  const pause = createPause()
  let place = 0
  for (const document of documents) {
    try {
      const text = write(document)
      writer.write(typeof text === 'string' ? text : await text)
      ends.push(writer.end)
      places.push(place)
    } catch (error) {
      outcomes[place] = error instanceof IssuerError ? error : notSigned(error)
    }
    place++
    // large documents take their time
    const turn = pause()
    if (turn) await turn
  }
  return { texts: { bytes: writer.done(), ends }, places, outcomes }
}

const notSigned = (cause: unknown) => new IssuerError('SIGNING_FAILED', { cause })
