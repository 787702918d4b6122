import { IssuerError } from '../errors.ts'
import { describeLinkedDataError } from './linked-data-error.ts'

/** That a choice of attributes cannot be derived, as DERIVATION_FAILED. */
export const derivationFailure = (detail: string, cause?: unknown): IssuerError =>
  new IssuerError('DERIVATION_FAILED', { detail, cause })

/**
 * Runs a derivation; what jsonld or a proof's mathematics refuse becomes DERIVATION_FAILED, and so does SIGNING_FAILED,
 * since whoever derives does not sign. @throws DERIVATION_FAILED, and other codes as they come
 */
export async function deriving<Derived>(derive: () => Promise<Derived>): Promise<Derived> {
  try {
    return await derive()
  } catch (error) {
    if (error instanceof IssuerError && error.code !== 'SIGNING_FAILED') throw error
    throw derivationFailure(describeLinkedDataError(error), error)
  }
}
