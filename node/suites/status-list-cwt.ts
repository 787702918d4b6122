import type { JsonObject } from '../json.ts'
import { type Cbor, type CborMap, decodeCbor, encodeCbor } from '../tokens/cbor.ts'
import { type CoseSign1, parseCoseSign1 } from '../tokens/cose-sign1.ts'
import type { ClaimsToken } from './claims-token.ts'
import { coseHeader, coseKeyTypes } from './cose-algorithms.ts'
import { signCose } from './sign-cose.ts'
import { verifyCose } from './verify-cose.ts'

const mediaType = 'application/statuslist+cwt'

/** Labels of claims (RFC 8392, 4; draft-ietf-oauth-status-list, 14.4 for the last two). */
const labels = { iss: 1, sub: 2, exp: 4, iat: 6, status_list: 65_533, ttl: 65_534 } as const

/** Claims of a JWT under the labels of a CWT: a list is bytes there, not base64url. */
function toCwt({ status_list: list, ...claims }: JsonObject): CborMap {
  const { lst, ...others } = list as JsonObject & { lst: string }
  const entries = Object.entries(claims).map(([name, value]): [Cbor, Cbor] => [
    labels[name as keyof typeof labels],
    value as Cbor,
  ])
  const packed = new Map<Cbor, Cbor>([
    ...(Object.entries(others) as [Cbor, Cbor][]),
    ['lst', Buffer.from(lst, 'base64url')],
  ])
  return new Map([...entries, [labels.status_list, packed]])
}

/** Numbers that JSON has; a claim of another kind is left out, and so is one that is not known here. */
const plain = (value: Cbor | undefined): string | number | undefined =>
  typeof value === 'string' || typeof value === 'number' ? value : undefined

function fromCwt(payload: Uint8Array): JsonObject | undefined {
  const claims = decodeCbor(payload)
  const list = claims instanceof Map ? claims.get(labels.status_list) : undefined
  if (!(claims instanceof Map) || !(list instanceof Map)) return undefined
  const { status_list: _, ...simple } = labels
  const found = Object.entries(simple).map(([name, label]) => [name, plain(claims.get(label))] as const)
  const [bits, lst] = [plain(list.get('bits')), list.get('lst')]
  return {
    ...Object.fromEntries(found.filter(([, value]) => value !== undefined)),
    status_list: {
      ...(bits !== undefined && { bits }),
      ...(lst instanceof Uint8Array && { lst: Buffer.from(lst).toString('base64url') }),
    },
  }
}

const hasType = ({ protectedHeader }: CoseSign1): boolean =>
  String(protectedHeader.get(coseHeader.type)).toLowerCase() === mediaType

/** A status list as CWT (draft-ietf-oauth-status-list, Status List Token in CWT Format). */
export const statusListCwt: ClaimsToken = {
  mediaType,
  keyTypes: coseKeyTypes,
  sign: (claims, key) =>
    signCose({ header: new Map([[coseHeader.type, mediaType]]), payload: encodeCbor(toCwt(claims)) }, key),

  open(received) {
    const message = parseCoseSign1(received)
    const claims = message && hasType(message) ? fromCwt(message.payload) : undefined
    if (!message || !claims) return undefined
    return { claims, verify: (issuer, options) => verifyCose(message, issuer, options) }
  },
}
