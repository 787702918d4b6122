import { randomUUID } from 'node:crypto'
import { eventRow } from '../events/event.ts'
import type { Hex, StatusPurpose } from '../ledger/ledger.ts'
import { step } from '../observation.ts'
import { requestContext } from '../request-context.ts'
import type { SecuredText } from '../secured-text.ts'
import type { CredentialTerms } from '../stores/credential-terms.ts'
import type { NewCredentialRow } from '../stores/credentials.ts'
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
  const common = {
    terms: termsOf(terms, tenantId),
    type: terms.schema.type,
    issued_at: now,
    expires_at: terms.validUntil?.toISOString() ?? null,
  }
  const insert = () =>
    deps.credentials.insert({
      rows: input.credentials.map((credential) => new CredentialRow(credential, terms.purposes[0], common)),
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

/** What the credentials have in common, whatever their number. */
function termsOf(terms: RecordedTerms, tenantId: string): CredentialTerms {
  return {
    tenant_id: tenantId,
    issuer_did: terms.issuer.did,
    schema_id: terms.schema.id,
    proof_type: terms.suite.name,
    data_model: terms.dataModel,
    format: terms.format.name,
    verification_method: terms.key.verificationMethod,
    revocable: terms.purposes.includes('revocation') ? 1 : 0,
    suspendable: terms.purposes.includes('suspension') ? 1 : 0,
  }
}

type Common = Pick<NewCredentialRow, 'terms' | 'type' | 'issued_at' | 'expires_at'>

/**
 * The row of a credential, read once, when it is written: a thousand objects with all its members were a twentieth of what
 * outlives its making in a batch.
 */
class CredentialRow implements NewCredentialRow {
  readonly #credential: SignedCredential
  readonly #registering: StatusPurpose | undefined
  readonly #common: Common

  constructor(credential: SignedCredential, registering: StatusPurpose | undefined, common: Common) {
    this.#credential = credential
    this.#registering = registering
    this.#common = common
  }

  get terms() {
    return this.#common.terms
  }
  get type() {
    return this.#common.type
  }
  get issued_at() {
    return this.#common.issued_at
  }
  get expires_at() {
    return this.#common.expires_at
  }
  get credential_id() {
    return this.#credential.credentialId
  }
  get holder_did() {
    return this.#credential.holderDid
  }
  get secured() {
    return this.#credential.secured.text
  }
  get digest() {
    return this.#credential.digest
  }
  get status() {
    return 'valid' as const
  }
  get entry() {
    const { entry } = this.#credential
    if (!entry || !this.#registering) return undefined
    return {
      status_list_id: entry.lists[this.#registering],
      status_index: entry.index,
      status_position: entry.position,
    }
  }
}
