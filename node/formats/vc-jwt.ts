import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { readClaimsSet } from './claims-set.ts'
import { constructDocument } from './credential-document.ts'
import { unwrap } from './enveloped-credential.ts'
import type { Format, OpenedCredential, OpenOptions } from './format.ts'

/** A token without `typ` is one too, when its payload has a context: the specification recommends a type. */
function open(received: unknown, options?: OpenOptions): OpenedCredential | undefined {
  const text = unwrap(received, 'application/vc+jwt')
  const token = parseCompactJwt(text)
  if (!token) return undefined
  const type = tokenType(token.header)
  const isOne = type === 'vc+jwt' || (type === undefined && token.payload['@context'] !== undefined)
  return isOne ? { ...readClaimsSet(token.payload, options), secured: text as string } : undefined
}

/** A compact JWT whose payload is the credential (Securing Verifiable Credentials using JOSE and COSE, 3.1.1). */
export const vcJwt: Format = {
  name: 'vc-jwt',
  mediaType: 'application/vc+jwt',
  statusPlaces: ['entry', 'claim'],
  construct: (content) => ({
    ...constructDocument(content),
    ...(content.status && { status: content.status }),
  }),
  open,
  digestInput: (secured) => Buffer.from(secured as string, 'ascii'),
}
