import { base58 } from '@scure/base'
import { decodeMultikey } from '../../did/multikey.ts'
import type { JsonObject } from '../../json.ts'

function fromJwk({ crv, kty, x }: JsonObject): Uint8Array | undefined {
  if (typeof x !== 'string' || crv !== 'BLS12381_G2' || (kty !== 'EC' && kty !== 'OKP')) return undefined
  return Buffer.from(x, 'base64url')
}

/**
 * The key in G2 that a verification method holds, compressed, 96 octets: a Multikey, the older Bls12381G2Key2020, or a
 * JWK; undefined when there is none.
 */
export function blsPublicKey(method: JsonObject): Uint8Array | undefined {
  const { type, publicKeyMultibase, publicKeyBase58, publicKeyJwk } = method
  if (typeof publicKeyMultibase === 'string') {
    const multikey = decodeMultikey(publicKeyMultibase)
    return multikey?.codec === 'bls12_381-g2-pub' ? multikey.publicKey : undefined
  }
  if (typeof publicKeyJwk === 'object' && publicKeyJwk !== null) {
    const key = fromJwk(publicKeyJwk as JsonObject)
    return key?.length === 96 ? key : undefined
  }
  if (type !== 'Bls12381G2Key2020' || typeof publicKeyBase58 !== 'string' || publicKeyBase58.length > 140) {
    return undefined
  }
  try {
    const key = base58.decode(publicKeyBase58)
    return key.length === 96 ? key : undefined
  } catch {
    return undefined
  }
}
