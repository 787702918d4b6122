import { IssuerError } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { IssuanceTerms, Subject } from '../issuance/issuance.ts'
import type { PipelineDeps } from '../issuance/pipeline.ts'
import type { JsonObject } from '../json.ts'
import type { CredentialRow } from '../stores/credentials.ts'
import type { DataModel } from '../suites/suite.ts'

type Deps = Pick<PipelineDeps, 'statusEncodings' | 'suites'>

/**
 * By which terms a credential is issued anew, and to whom: what the records do not keep of them, the credential tells.
 * @throws SCHEMA_NOT_FOUND for one that was written as a whole document
 */
export function termsOf(
  deps: Deps,
  row: CredentialRow,
  opened: OpenedCredential,
): { terms: IssuanceTerms; subject: Subject } {
  if (row.schema_id === '') throw new IssuerError('SCHEMA_NOT_FOUND')
  const { id: _, ...claims } = opened.facts.subjects[0] ?? {}
  const statusEncodings = encodingsOf(deps, opened)
  const suite = deps.suites.find(({ name }) => name === row.proof_type)
  const mandatoryPointers = suite?.mandatoryPointersOf?.(opened.secured) ?? []
  const terms: IssuanceTerms = {
    schemaId: row.schema_id,
    issuerDid: row.issuer_did,
    proofType: row.proof_type,
    dataModel: row.data_model as DataModel,
    ...(row.expires_at !== null && { expirationDate: new Date(row.expires_at) }),
    revocable: row.revocation_list_id !== null,
    suspendable: row.suspension_list_id !== null,
    ...(statusEncodings.length > 0 && { statusEncodings }),
    ...(mandatoryPointers.length > 0 && { mandatoryPointers }),
    dryRun: false,
  }
  return { terms, subject: { holderDid: row.holder_did, claims: claims as JsonObject } }
}

/** Names of the encodings in which a credential carries its status. */
function encodingsOf({ statusEncodings }: Deps, { facts }: OpenedCredential): string[] {
  const carried = { entry: facts.credentialStatus, claim: facts.status ? [facts.status] : [] }
  return statusEncodings
    .filter(({ place, parse }) => carried[place].some((status) => parse(status) !== undefined))
    .map(({ name }) => name)
}
