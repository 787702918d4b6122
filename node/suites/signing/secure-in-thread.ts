import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import type { MessageKeyType } from '../../keys/key-store.ts'
import { partsOf } from '../../secured-text.ts'
import { inThread } from '../../threads/in-thread.ts'
import { createPause } from '../../time-slice.ts'
import type { SecuredOne, SecureOptions } from '../suite.ts'
import type { operations } from './operations.ts'

type Operations = typeof operations
type InputOf<Name extends keyof Operations> = Parameters<Operations[Name]>[0]

interface Work<Name extends keyof Operations> {
  documents: Iterable<JsonObject>
  options: SecureOptions
  terms: InputOf<Name>['terms']
  /** Checks a document, and makes of it what is signed. */
  prepare(document: JsonObject): Promise<JsonObject> | JsonObject
}

/** See `SecureMany.secure`. @throws NODE_BUSY, TypeError for a key that is not in memory */
export async function secureInThread<Name extends keyof Operations>(
  name: Name,
  { documents, options, terms, prepare }: Work<Name>,
): Promise<readonly (SecuredOne | IssuerError)[]> {
  const { verificationMethod, signer } = options.key
  if (!signer.keyObject) throw new TypeError('A thread signs with keys in memory alone.')
  const outcomes: (SecuredOne | IssuerError)[] = []
  const ready: string[] = []
  const places: number[] = []
  const pause = createPause()
  let place = 0
  for (const document of documents) {
    try {
      const prepared = prepare(document)
      ready.push(JSON.stringify(prepared instanceof Promise ? await prepared : prepared))
      places.push(place)
    } catch (error) {
      outcomes[place] = error instanceof IssuerError ? error : notSigned(error)
    }
    place++
    // large documents take their time
    const turn = pause()
    if (turn) await turn
  }
  // no Buffer, which may lie in memory that others share
  const bytes = new TextEncoder().encode(`[${ready.join(',')}]`)
  const type = signer.type as MessageKeyType
  const input = { key: signer.keyObject, type, verificationMethod, terms, documents: bytes }
  const { texts, ends, digests, problems } = await inThread('signing', name, input as never, [bytes.buffer])
  for (const [position, secured] of partsOf(texts, ends).entries()) {
    const problem = problems.get(position)
    outcomes[places[position] as number] =
      problem === undefined ? { secured, digest: digests[position] as string } : notSigned(new Error(problem))
  }
  return outcomes
}

const notSigned = (cause: unknown) => new IssuerError('SIGNING_FAILED', { cause })
