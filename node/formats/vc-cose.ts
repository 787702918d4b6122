import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { parseJsonBytes } from '../tokens/compact-jwt.ts'
import { coseBytes, parseCoseText } from '../tokens/cose-data-url.ts'
import { readClaimsSet } from './claims-set.ts'
import { constructDocument } from './credential-document.ts'
import { unwrap } from './enveloped-credential.ts'
import type { Format, OpenedCredential, OpenOptions } from './format.ts'

const mediaType = 'application/vc+cose'

function open(received: unknown, options?: OpenOptions): OpenedCredential | undefined {
  const text = unwrap(received, mediaType)
  if (typeof text !== 'string' || !text.startsWith(`data:${mediaType}`)) return undefined
  const message = parseCoseText(mediaType, text)
  const payload = parseJsonBytes(message?.payload)
  if (typeof payload !== 'object' || payload === null || Array.isArray(payload)) {
    throw new IssuerError('MALFORMED_REQUEST', {
      detail: 'This is not a COSE_Sign1 in base64 over a JSON credential.',
    })
  }
  return { ...readClaimsSet(payload as JsonObject, options), secured: text }
}

/**
 * A COSE_Sign1 whose payload is the credential in JSON (Securing Verifiable Credentials using JOSE and COSE, 3.3.1), as
 * text: the data URL that an EnvelopedVerifiableCredential has as its id.
 */
export const vcCose: Format = {
  name: 'vc-cose',
  mediaType,
  construct: (content) => constructDocument(content),
  open,
  digestInput: (secured) => coseBytes(mediaType, secured) as Buffer,
}
