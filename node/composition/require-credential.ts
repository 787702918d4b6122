import { IssuerError } from '../errors.ts'
import { type CredentialRecord, credentialRecord } from '../issuance/credential-record.ts'
import { type CredentialStore, isErased, readSecured } from '../stores/credentials.ts'
import type { Secured } from '../suites/suite.ts'

/**
 * A credential that this node issued, with its record.
 * @throws CREDENTIAL_NOT_FOUND, also when it is of an issuer outside the limits; CREDENTIAL_DELETED
 */
export async function requireCredential(
  { credentials }: { credentials: Pick<CredentialStore, 'get'> },
  { credentialId, issuers }: { credentialId: string; issuers: readonly string[] | undefined },
): Promise<CredentialRecord & { credential: Secured; format: string }> {
  const row = await credentials.get(credentialId)
  if (!row || (issuers && !issuers.includes(row.issuer_did))) {
    throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
  }
  if (isErased(row)) throw new IssuerError('CREDENTIAL_DELETED', { facts: { credentialId } })
  return { ...credentialRecord(row), credential: readSecured(row), format: row.format }
}
