import { IssuerError } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { Checks, VerificationDeps } from './verification.ts'

/**
 * Whether a status list, which is a credential too, follows its specification: it names no schema, since that is one.
 * Undefined for other credentials, and for a list that does name a schema.
 */
export async function checkStatusList(
  { statusEncodings }: Pick<VerificationDeps, 'statusEncodings'>,
  { document, facts }: OpenedCredential,
): Promise<Checks['schema'] | undefined> {
  const encoding = statusEncodings.find(({ list }) => list?.recognises(document))
  if (!encoding?.list || facts.credentialSchema.length > 0) return undefined
  try {
    await encoding.list.decode(document)
    return { status: 'pass', schemaId: null }
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { status: 'fail', schemaId: null, reason: error.message }
  }
}
