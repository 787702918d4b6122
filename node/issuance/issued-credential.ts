import { parseSecured } from '../secured-text.ts'
import type { IssuedCredential, RecordedCredential, Registration } from './issuance.ts'
import type { CheckedTerms } from './pipeline.ts'
import type { SignedCredential } from './record.ts'

type Terms = Pick<CheckedTerms, 'purposes'>

/** What the issuer gets of a recorded credential. */
export function issuedCredential(
  terms: Terms,
  signed: SignedCredential,
  registration: Registration,
): IssuedCredential {
  return withCredential(recordedCredential(terms, signed, registration))
}

/** The same as one of many, which few ask to see. */
export function recordedCredential(
  terms: Terms,
  { secured, credentialId, entry }: SignedCredential,
  registration: Registration,
): RecordedCredential {
  const [registering] = terms.purposes
  return {
    secured,
    credentialId,
    statusListId: entry && registering ? entry.lists[registering] : null,
    statusListIndex: entry?.index ?? null,
    registration,
  }
}

/** Reads what its text says. */
export function withCredential({ secured, ...others }: RecordedCredential): IssuedCredential {
  return { credential: parseSecured(secured.text), ...others }
}
