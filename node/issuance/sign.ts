import { hash } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Hex } from '../ledger/ledger.ts'
import type { Secured, SecureOptions } from '../suites/suite.ts'
import type { CheckedTerms } from './pipeline.ts'

/** A document to sign; the proofs that it has already stand apart, so that the new one is added to them. */
interface ToSign extends Pick<SecureOptions, 'proofId' | 'previousProofs'> {
  document: JsonObject
  created: Date
  proofs?: readonly JsonObject[]
}

function beside(secured: Secured, proofs: readonly JsonObject[]): Secured {
  if (proofs.length === 0) return secured
  if (typeof secured !== 'string') return { ...secured, proof: [...proofs, secured.proof as JsonObject] }
  throw new IssuerError('SIGNING_FAILED', { detail: 'A token holds no proofs: none is added to them by it.' })
}

/**
 * Secures a credential with the issuer's key and gives the digest for the registration's Merkle leaf.
 * @throws SIGNING_FAILED, KEY_STORE_UNAVAILABLE
 */
export async function sign(
  terms: Pick<CheckedTerms, 'key' | 'documentLoader' | 'mandatoryPointers' | 'suite' | 'format'>,
  { document, proofs = [], ...input }: ToSign,
): Promise<{ secured: Secured; digest: Hex }> {
  const { key, documentLoader, mandatoryPointers } = terms
  try {
    const own = await terms.suite.secure(document, {
      ...{ ...input, key, documentLoader },
      ...(mandatoryPointers && { mandatoryPointers }),
    })
    const secured = beside(own, proofs)
    const digest = hash('sha256', terms.format.digestInput(secured))
    return { secured, digest: `0x${digest}` }
  } catch (error) {
    if (error instanceof IssuerError) throw error
    throw new IssuerError('SIGNING_FAILED', { cause: error })
  }
}
