import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { AssertionKey } from './suite.ts'

/**
 * A key in the shape that Digital Bazaar's suites sign with, of one of the types that the suite has.
 * @throws SIGNING_FAILED
 */
export function librarySigner(
  { verificationMethod, signer }: AssertionKey,
  keyTypes: readonly KeyType[],
): LibrarySigner {
  if (!keyTypes.includes(signer.type)) {
    const detail = `The suite signs with ${keyTypes.join(' or ')} keys, not with ${signer.type}.`
    throw new IssuerError('SIGNING_FAILED', { detail })
  }
  return {
    id: verificationMethod,
    algorithm: signer.type,
    sign: async ({ data }) => signer.sign(data),
  }
}
