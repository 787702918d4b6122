import type { CoseSign1 } from '../tokens/cose-sign1.ts'
import { resolveAssertionKey } from './assertion-key.ts'
import { coseHeader, coseKeyTypeOf } from './cose-algorithms.ts'
import type { ProofVerdict, VerifyOptions } from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

type Verdict = Omit<ProofVerdict, 'type'>

/**
 * Checks the signature of a COSE_Sign1, and that its key belongs to the controller and stands under the purpose; the
 * header's type and the payload are for the caller to judge. Only a key id that is a DID URL names a key.
 */
export async function verifyCose(
  message: CoseSign1,
  controller: string,
  { resolveKey, purpose, signedAt }: Pick<VerifyOptions, 'resolveKey' | 'purpose'> & { signedAt?: Date },
): Promise<Verdict> {
  const { protectedHeader, unprotectedHeader, toBeSigned, signature } = message
  const algorithm = protectedHeader.get(coseHeader.algorithm)
  if (coseKeyTypeOf(algorithm) === undefined) {
    return { status: 'fail', reason: 'The algorithm of the message is not supported.' }
  }
  // RFC 9052, 3.1: what is critical and not understood makes the message invalid; nothing is understood here.
  if (protectedHeader.has(coseHeader.critical)) {
    return { status: 'fail', reason: 'The message has critical headers.' }
  }
  const keyId = protectedHeader.get(coseHeader.keyId) ?? unprotectedHeader.get(coseHeader.keyId)
  const named = keyId instanceof Uint8Array ? Buffer.from(keyId).toString() : ''
  const verificationMethod = named.startsWith('#') ? controller + named : named
  if (!verificationMethod.startsWith('did:')) {
    return { status: 'unknown', reason: 'The message names no key of a DID (kid).' }
  }
  const rule = { verificationMethod, issuer: controller, signedAt, ...(purpose && { purpose }) }
  const checked = await resolveAssertionKey(resolveKey, rule)
  if ('status' in checked) return { ...checked, verificationMethod }
  const key = verificationKey(checked.resolved.verificationMethod)
  return key?.type === coseKeyTypeOf(algorithm) && key && verifySignature(key, toBeSigned, signature)
    ? { status: 'pass', verificationMethod }
    : { status: 'fail', reason: 'Invalid signature.', verificationMethod }
}
