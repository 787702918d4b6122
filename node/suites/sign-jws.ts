import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Signer } from '../keys/key-store.ts'
import { algorithmOf } from './jws-algorithms.ts'

const encode = (value: JsonObject): string => Buffer.from(JSON.stringify(value)).toString('base64url')

/**
 * The protected header of a JWS as it stands in it: `kid` and `alg` follow from the key, and come before the members given.
 * @throws SIGNING_FAILED for a key that no algorithm signs with
 */
export function jwsHeader(
  header: JsonObject,
  { verificationMethod, signer }: { verificationMethod: string; signer: Pick<Signer, 'type'> },
): string {
  const alg = algorithmOf(signer.type)
  if (alg === undefined) {
    throw new IssuerError('SIGNING_FAILED', { detail: `No token is signed with ${signer.type} keys.` })
  }
  return encode({ kid: verificationMethod, alg, ...header })
}

/**
 * A compact JWS (RFC 7515, 7.1) over a payload.
 * @throws SIGNING_FAILED for a key that no algorithm signs with, KEY_STORE_UNAVAILABLE
 */
export async function signJws(
  { header, payload }: { header: JsonObject; payload: JsonObject },
  key: { verificationMethod: string; signer: Pick<Signer, 'type' | 'sign'> },
): Promise<string> {
  const signingInput = `${jwsHeader(header, key)}.${encode(payload)}`
  const signature = await key.signer.sign(Buffer.from(signingInput))
  return `${signingInput}.${Buffer.from(signature).toString('base64url')}`
}
