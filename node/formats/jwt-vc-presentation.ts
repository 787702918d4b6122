import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { dataModelContexts } from './credential-document.ts'
import type { OpenedPresentation, PresentationContent, PresentationFormat } from './presentation.ts'
import { readPresentation } from './read-presentation.ts'

function construct({ contexts, id, holderDid, credentials }: PresentationContent): JsonObject {
  return {
    '@context': [...new Set([dataModelContexts['1.1'], ...contexts])],
    ...(id !== undefined && { id }),
    type: ['VerifiablePresentation'],
    ...(holderDid !== undefined && { holder: holderDid }),
    verifiableCredential: credentials.map(({ secured }) => secured),
  }
}

function open(received: unknown): OpenedPresentation | undefined {
  const token = parseCompactJwt(received)
  if (!token || token.payload.vp === undefined) return undefined
  const type = tokenType(token.header)
  if (type !== undefined && type !== 'jwt') return undefined
  const { vp, iss, jti } = token.payload
  const malformed = (pointer: string, message: string) =>
    new IssuerError('MALFORMED_REQUEST', {
      detail: 'The payload of the token is not a presentation of data model 1.1.',
      violations: [{ pointer, message }],
    })
  if (typeof vp !== 'object' || vp === null || Array.isArray(vp)) throw malformed('/vp', 'must be an object')
  if (typeof iss !== 'string') throw malformed('/iss', 'must be the DID of the holder')
  if (token.payload.vc !== undefined) throw malformed('/vc', 'must not stand beside vp')
  const { id, holder, ...others } = vp as JsonObject
  if (id !== undefined && jti !== undefined && id !== jti) throw malformed('/vp/id', 'contradicts jti')
  if (holder !== undefined && holder !== iss) throw malformed('/vp/holder', 'contradicts iss')
  if ([others['@context'] ?? []].flat()[0] !== dataModelContexts['1.1']) {
    throw malformed('/vp/@context/0', 'must be the context of data model 1.1')
  }
  const named = (jti ?? id) as Json | undefined
  const document = { ...others, ...(named !== undefined && { id: named }), holder: iss }
  return { document, ...readPresentation(document), isProven: true, secured: received as string }
}

/** A compact JWT with a `vp` claim (Verifiable Credentials Data Model 1.1, 6.3.1). */
export const jwtVcPresentation: PresentationFormat = {
  name: 'jwt-vc',
  mediaType: 'application/jwt',
  construct,
  open,
}
