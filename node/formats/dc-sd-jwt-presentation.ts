import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { disclose, parseSdJwt } from '../tokens/sd-jwt.ts'
import type { OpenedPresentation, PresentationContent, PresentationFormat } from './presentation.ts'

function construct({ credentials }: PresentationContent): JsonObject {
  return { verifiableCredential: credentials.map(({ secured }) => secured) }
}

/** Who the issuer says the credential is about, and thereby whose key it is bound to. */
function holderOf({ sub, credentialSubject }: JsonObject): string | undefined {
  const { id } = (credentialSubject ?? {}) as JsonObject
  return typeof sub === 'string' ? sub : typeof id === 'string' ? id : undefined
}

function open(received: unknown): OpenedPresentation | undefined {
  const token = parseSdJwt(received)
  if (!token?.keyBinding) return undefined
  const disclosed = disclose(token)
  if ('problem' in disclosed) throw new IssuerError('MALFORMED_REQUEST', { detail: disclosed.problem })
  const holder = holderOf(disclosed.payload)
  return {
    document: disclosed.payload,
    ...(holder !== undefined && { holder }),
    credentials: [token.presented],
    isProven: true,
    secured: received as string,
  }
}

/** One SD-JWT with the proof that its holder has the key that it is bound to: SD-JWT+KB (RFC 9901, 4). */
export const dcSdJwtPresentation: PresentationFormat = {
  name: 'dc-sd-jwt',
  mediaType: 'application/dc+sd-jwt',
  presentsOneToken: true,
  construct,
  open,
}
