import { IssuerError } from '../errors.ts'
import { type CborMap, encodeCbor } from '../tokens/cbor.ts'
import { composeCoseSign1, signStructure } from '../tokens/cose-sign1.ts'
import { coseAlgorithmOf, coseHeader } from './cose-algorithms.ts'
import type { AssertionKey } from './suite.ts'

/**
 * A tagged COSE_Sign1 (RFC 9052, 4.2) over a payload. Algorithm and key id (the DID URL in UTF-8) follow from the key;
 * both are protected, beside the parameters given.
 * @throws SIGNING_FAILED for a key that no algorithm signs with, KEY_STORE_UNAVAILABLE
 */
export async function signCose(
  { header, payload }: { header: CborMap; payload: Uint8Array },
  { verificationMethod, signer }: AssertionKey,
): Promise<Uint8Array> {
  const algorithm = coseAlgorithmOf(signer.type)
  if (algorithm === undefined) {
    throw new IssuerError('SIGNING_FAILED', { detail: `No COSE message is signed with ${signer.type} keys.` })
  }
  const protectedBytes = encodeCbor(
    new Map([
      [coseHeader.algorithm, algorithm],
      [coseHeader.keyId, Buffer.from(verificationMethod)],
      ...header,
    ]),
  )
  const signature = await signer.sign(signStructure(protectedBytes, payload))
  return composeCoseSign1(protectedBytes, payload, signature)
}
