import { randomUUID } from 'node:crypto'
import { eventRow } from '../events/event.ts'
import type { Hex } from '../ledger/ledger.ts'
import { step } from '../observation.ts'
import { requestContext } from '../request-context.ts'
import type { SecuredText } from '../secured-text.ts'
import type { Database } from '../stores/database.ts'
import type { Pause } from '../time-slice.ts'
import { ANCHOR_JOB } from './anchor.ts'
import type { PipelineDeps, RecordedTerms, StatusEntry } from './pipeline.ts'

/** A signed credential before it is written down. */
export interface SignedCredential {
  credentialId: string
  holderDid: string
  secured: SecuredText
  digest: Hex
  entry: StatusEntry | undefined
}

/**
 * Writes credentials, their status entries and the outbox row that asks for their registration in one database
 * transaction; nothing is acknowledged before it commits.
 * @throws DATABASE_UNAVAILABLE, CREDENTIAL_QUOTA_EXCEEDED
 */
export async function record(
  deps: Pick<PipelineDeps, 'credentials' | 'anchor' | 'now' | 'countIssued'>,
  terms: RecordedTerms,
  input: {
    credentials: readonly SignedCredential[]
    pause: Pause
    /** Written in the same transaction. */
    also?: (trx: Database) => Promise<void>
  },
): Promise<void> {
  const at = deps.now()
  const now = at.toISOString()
  const registers = terms.purposes.length > 0
  const { tenantId } = requestContext()
  const insert = () =>
    deps.credentials.insert({
      rows: input.credentials.map((credential) => rowOf(terms, credential, { now, tenantId })),
      event: eventRow({
        type: 'credentials.issued',
        subject: terms.issuer.did,
        data: {
          schemaId: terms.schema.id,
          proofType: terms.suite.name,
          credentials: input.credentials.map(({ credentialId, digest }) => [credentialId, digest]),
        },
        at,
      }),
      pause: input.pause,
      also: async (trx) => {
        await deps.countIssued?.(trx, input.credentials.length)
        await input.also?.(trx)
      },
      ...(registers && {
        outbox: {
          id: randomUUID(),
          job: ANCHOR_JOB,
          payload: JSON.stringify({ traceparent: requestContext().traceparent }),
          due_at: now,
        },
      }),
    })
  await step('record', insert)
  if (registers) deps.anchor.announce()
}

function rowOf(
  terms: RecordedTerms,
  credential: SignedCredential,
  { now, tenantId }: { now: string; tenantId: string },
) {
  const { entry } = credential
  const [registering] = terms.purposes
  const listOf = (purpose: 'revocation' | 'suspension') =>
    entry && terms.purposes.includes(purpose) ? entry.lists[purpose] : null
  return {
    credential_id: credential.credentialId,
    tenant_id: tenantId,
    issuer_did: terms.issuer.did,
    holder_did: credential.holderDid,
    schema_id: terms.schema.id,
    type: terms.schema.type,
    proof_type: terms.suite.name,
    data_model: terms.dataModel,
    format: terms.format.name,
    // made when it is written
    get secured() {
      return credential.secured.text
    },
    digest: credential.digest,
    verification_method: terms.key.verificationMethod,
    issued_at: now,
    expires_at: terms.validUntil?.toISOString() ?? null,
    status: 'valid' as const,
    status_list_id: registering ? listOf(registering) : null,
    revocation_list_id: listOf('revocation'),
    suspension_list_id: listOf('suspension'),
    status_index: entry?.index ?? null,
    status_position: entry?.position ?? null,
  }
}
