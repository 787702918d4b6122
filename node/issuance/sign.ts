import { createHash } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Hex } from '../ledger/ledger.ts'
import type { Secured } from '../suites/suite.ts'
import type { CheckedTerms } from './pipeline.ts'

/**
 * Secures a credential with the issuer's key and gives the digest for the registration's Merkle leaf.
 * @throws SIGNING_FAILED, KEY_STORE_UNAVAILABLE
 */
export async function sign(
  terms: Pick<CheckedTerms, 'key' | 'documentLoader' | 'mandatoryPointers' | 'suite' | 'format'>,
  input: { document: JsonObject; created: Date },
): Promise<{ secured: Secured; digest: Hex }> {
  const { key, documentLoader, mandatoryPointers } = terms
  try {
    const secured = await terms.suite.secure(input.document, {
      ...{ key, created: input.created, documentLoader },
      ...(mandatoryPointers && { mandatoryPointers }),
    })
    const digest = createHash('sha256').update(terms.format.digestInput(secured)).digest('hex')
    return { secured, digest: `0x${digest}` }
  } catch (error) {
    if (error instanceof IssuerError) throw error
    throw new IssuerError('SIGNING_FAILED', { cause: error })
  }
}
