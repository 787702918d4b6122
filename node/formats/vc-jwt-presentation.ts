import { parseCompactJwt } from '../tokens/compact-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { dataIntegrityPresentation } from './data-integrity-presentation.ts'
import { unwrapPresentation } from './enveloped-credential.ts'
import type { OpenedPresentation, PresentationFormat } from './presentation.ts'
import { looksPresented, readPresentationClaims } from './presentation-claims.ts'

const mediaType = 'application/vp+jwt'

function open(received: unknown): OpenedPresentation | undefined {
  const text = unwrapPresentation(received, mediaType)
  const token = parseCompactJwt(text)
  if (!token) return undefined
  const type = tokenType(token.header)
  const isOne = type === 'vp+jwt' || (type === undefined && looksPresented(token.payload))
  return isOne ? readPresentationClaims(token.payload, text as string) : undefined
}

/** A compact JWT whose payload is the presentation (Securing Verifiable Credentials using JOSE and COSE, 3.1.2). */
export const vcJwtPresentation: PresentationFormat = {
  name: 'vc-jwt',
  mediaType,
  construct: dataIntegrityPresentation.construct,
  open,
}
