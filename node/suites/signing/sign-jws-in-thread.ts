import type { JsonObject } from '../../json.ts'
import { inThread } from '../../threads/in-thread.ts'
import { jwsHeader } from '../sign-jws.ts'
import type { AssertionKey } from '../suite.ts'
import { secureInThread } from './secure-in-thread.ts'

interface JwsTerms {
  /** Members besides `kid` and `alg`. */
  header: JsonObject
  key: AssertionKey
  /** Checks a document, and makes of it what is signed. */
  payloadOf(document: JsonObject): Promise<JsonObject> | JsonObject
}

/** Compact JWS over many documents (`signJws` makes one). @throws SIGNING_FAILED for a key that no algorithm signs with */
export async function signJwsInThread(documents: Iterable<JsonObject>, { header, key, payloadOf }: JwsTerms) {
  const encoded = jwsHeader(header, key)
  return secureInThread({
    ...{ documents, signer: key.signer },
    write: (document) => {
      const payload = payloadOf(document)
      return payload instanceof Promise
        ? payload.then((claims) => JSON.stringify(claims))
        : JSON.stringify(payload)
    },
    sign: (payloads, signing) =>
      inThread('signing', 'jws', { ...signing, payloads, header: encoded }, [payloads.bytes.buffer]),
  })
}
