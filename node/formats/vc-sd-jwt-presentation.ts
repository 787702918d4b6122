import { IssuerError } from '../errors.ts'
import { disclose, parseSdJwt } from '../tokens/sd-jwt.ts'
import { tokenType } from '../tokens/token-type.ts'
import { dataIntegrityPresentation } from './data-integrity-presentation.ts'
import { unwrapPresentation } from './enveloped-credential.ts'
import type { OpenedPresentation, PresentationFormat } from './presentation.ts'
import { looksPresented, readPresentationClaims } from './presentation-claims.ts'

const mediaType = 'application/vp+sd-jwt'

function open(received: unknown): OpenedPresentation | undefined {
  const text = unwrapPresentation(received, mediaType)
  const token = parseSdJwt(text)
  if (!token) return undefined
  const type = tokenType(token.jwt.header)
  const isOne = type === 'vp+sd-jwt' || (type === undefined && looksPresented(token.jwt.payload))
  if (!isOne) return undefined
  const disclosed = disclose(token)
  if ('problem' in disclosed) throw new IssuerError('MALFORMED_REQUEST', { detail: disclosed.problem })
  return readPresentationClaims(disclosed.payload, text as string)
}

/** An SD-JWT whose payload is the presentation (Securing Verifiable Credentials using JOSE and COSE, 3.2.2). */
export const vcSdJwtPresentation: PresentationFormat = {
  name: 'vc-sd-jwt',
  mediaType,
  construct: dataIntegrityPresentation.construct,
  open,
}
