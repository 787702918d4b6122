import type { IssuedCredential, Registration } from './issuance.ts'
import type { CheckedTerms } from './pipeline.ts'
import type { SignedCredential } from './record.ts'

/** What the issuer gets of a recorded credential. */
export function issuedCredential(
  terms: Pick<CheckedTerms, 'purposes'>,
  { secured, credentialId, entry }: SignedCredential,
  registration: Registration,
): IssuedCredential {
  const [registering] = terms.purposes
  return {
    credential: secured,
    credentialId,
    statusListId: entry && registering ? entry.lists[registering] : null,
    statusListIndex: entry?.index ?? null,
    registration,
  }
}
