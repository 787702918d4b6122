import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseJsonBytes } from '../tokens/compact-jwt.ts'
import { parseCoseText } from '../tokens/cose-data-url.ts'
import { dataIntegrityPresentation } from './data-integrity-presentation.ts'
import { unwrapPresentation } from './enveloped-credential.ts'
import type { OpenedPresentation, PresentationFormat } from './presentation.ts'
import { readPresentationClaims } from './presentation-claims.ts'

const mediaType = 'application/vp+cose'

function open(received: unknown): OpenedPresentation | undefined {
  const text = unwrapPresentation(received, mediaType)
  if (typeof text !== 'string' || !text.startsWith(`data:${mediaType}`)) return undefined
  const payload = parseJsonBytes(parseCoseText(mediaType, text)?.payload)
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    const detail = 'This is not a COSE_Sign1 in base64 over a JSON presentation.'
    throw new IssuerError('MALFORMED_REQUEST', { detail })
  }
  return readPresentationClaims(payload as JsonObject, text)
}

/** A COSE_Sign1 whose payload is the presentation (Securing Verifiable Credentials using JOSE and COSE, 3.3.2). */
export const vcCosePresentation: PresentationFormat = {
  name: 'vc-cose',
  mediaType,
  construct: dataIntegrityPresentation.construct,
  open,
}
