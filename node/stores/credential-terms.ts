import { createHash } from 'node:crypto'
import { BoundedCache } from '../bounded-cache.ts'
import type { Database } from './database.ts'
import type { Row } from './tables.ts'

/** What credentials that are issued in the same way have in common. */
export type CredentialTerms = Omit<Row<'credential_terms'>, 'terms_id'>

/** Which terms; what is undefined may be anything. */
export interface TermsQuestion {
  tenantId?: string | undefined
  issuers?: readonly string[] | undefined
  issuerDid?: string | undefined
  schemaId?: string | undefined
  verificationMethod?: string | undefined
}

const MOST_REMEMBERED = 10_000

/**
 * The id of terms, which their content makes: so processes that write them at the same time need no turns. 128 bits of
 * SHA-256.
 */
function termsIdOf(terms: CredentialTerms): string {
  const values = [
    ...[terms.tenant_id, terms.issuer_did, terms.schema_id, terms.proof_type, terms.data_model],
    ...[terms.format, terms.verification_method, terms.revocable, terms.suspendable],
  ]
  return createHash('sha256').update(JSON.stringify(values)).digest('base64url').slice(0, 22)
}

/** Writes terms that are not there yet, and gives their id; a transaction, which might be undone, needs it before it begins. */
export function createTermsWriter(database: Database): (terms: CredentialTerms) => Promise<string> {
  const written = new BoundedCache<string, true>(MOST_REMEMBERED)
  return async (terms) => {
    const termsId = termsIdOf(terms)
    if (written.get(termsId)) return termsId
    await database
      .insertInto('credential_terms')
      .values({ terms_id: termsId, ...terms })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
    written.set(termsId, true)
    return termsId
  }
}

/** Ids of terms: as many as an issuer has schemas, keys, proof types and so on, and none for each credential. */
export async function findTerms(database: Database, question: TermsQuestion): Promise<string[]> {
  const rows = await selectTerms(database, question).execute()
  return rows.map(({ terms_id: id }) => id)
}

/** The question of `findTerms`, to be part of another one. */
export function selectTerms(database: Database, question: TermsQuestion) {
  const { tenantId, issuers, issuerDid, schemaId, verificationMethod } = question
  let query = database.selectFrom('credential_terms').select('terms_id')
  if (tenantId !== undefined) query = query.where('tenant_id', '=', tenantId)
  if (issuers) query = query.where('issuer_did', 'in', issuers)
  if (issuerDid !== undefined) query = query.where('issuer_did', '=', issuerDid)
  if (schemaId !== undefined) query = query.where('schema_id', '=', schemaId)
  if (verificationMethod !== undefined) query = query.where('verification_method', '=', verificationMethod)
  return query
}
