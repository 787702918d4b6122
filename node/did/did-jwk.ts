import { createPublicKey, type JsonWebKey } from 'node:crypto'
import type { DIDDocument, DIDResolver } from 'did-resolver'
import { invalidDid, resolved } from './resolution-result.ts'

/** Members of a JWK that are private (RFC 7518, 6.2.2, 6.3.2 and 6.4.1; RFC 8037, 2). */
const privateMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k']

/** The public key that the identifier encodes; undefined when it encodes none, or a private one. */
function parseJwk(id: string): (JsonWebKey & { kty: string }) | undefined {
  try {
    const jwk = JSON.parse(Buffer.from(id, 'base64url').toString('utf8'))
    if (typeof jwk !== 'object' || jwk === null || privateMembers.some((name) => name in jwk))
      return undefined
    createPublicKey({ key: jwk, format: 'jwk' })
    return jwk
  } catch {
    return undefined
  }
}

function documentOf(did: string, jwk: JsonWebKey & { kty: string }): DIDDocument {
  const id = `${did}#0`
  return {
    '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
    id: did,
    verificationMethod: [{ id, type: 'JsonWebKey2020', controller: did, publicKeyJwk: jwk }],
    ...(jwk.use !== 'enc' && {
      assertionMethod: [id],
      authentication: [id],
      capabilityInvocation: [id],
      capabilityDelegation: [id],
    }),
    ...(jwk.use !== 'sig' && { keyAgreement: [id] }),
  }
}

/** Resolves did:jwk (https://github.com/quartzjer/did-jwk/blob/main/spec.md). */
export const resolveDidJwk: DIDResolver = async (did, { id }) => {
  const jwk = /^[A-Za-z0-9_-]+$/.test(id) ? parseJwk(id) : undefined
  return jwk ? resolved(documentOf(did, jwk)) : invalidDid('The did:jwk holds no public JSON Web Key.')
}
