import { PostgresAdapter, sql } from 'kysely'
import { IssuerError } from '../errors.ts'
import { parseSecured } from '../secured-text.ts'
import type { Secured } from '../suites/suite.ts'
import type { Pause } from '../time-slice.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { insertRows } from './insert-rows.ts'
import { pageOf, pageOfSeveral } from './page.ts'
import type { NewRow, Row } from './tables.ts'

const CHUNK = 500
/** Most issuers whose credentials are read apart from one another: SQLite puts 500 queries together at most. */
const MOST_PARTS = 100

export type CredentialRow = Row<'credentials'>
export type NewCredentialRow = NewRow<'credentials'>

/** A credential with what became of its registration. */
export type RegisteredCredentialRow = CredentialRow & {
  registration_id: string | null
  registration_state: Row<'registrations'>['state'] | null
  transaction_hash: string | null
  refusal: string | null
}

/** Which credentials, and how many, newest first. */
export interface CredentialQuestion {
  limit: number
  cursor?: string | undefined
  tenantId: string
  /** Issuers to which the answer is limited; undefined means any. */
  issuers?: readonly string[] | undefined
  issuerDid?: string | undefined
  holderDid?: string | undefined
  schemaId?: string | undefined
  /** DID URL of the key that signed it. */
  verificationMethod?: string | undefined
  status?: CredentialRow['status'] | undefined
}

/** Questions to the table of credentials. */
export type CredentialStore = ReturnType<typeof createCredentialStore>

export function createCredentialStore(database: Database) {
  return {
    /**
     * Writes credentials and the outbox row for what must still happen, all or none; `pause` is called now and
     * then, so that a long transaction leaves others their turn.
     * @throws CREDENTIAL_ALREADY_EXISTS when one of them is there already
     */
    async insert(input: {
      rows: readonly NewCredentialRow[]
      outbox?: NewRow<'outbox'>
      event?: NewRow<'events'>
      /** Written in the same transaction, such as the progress of the work that issues them. */
      also?: (trx: Database) => Promise<void>
      pause: Pause
    }): Promise<void> {
      const written = database.transaction().execute(async (trx) => {
        const { rows, pause } = input
        await insertRows(trx, 'credentials', { rows, pause })
        await insertRows(trx, 'registration_entries', { rows: entriesOf(rows), pause })
        if (input.outbox) await trx.insertInto('outbox').values(input.outbox).execute()
        if (input.event) await appendEvent(trx, input.event)
        await input.also?.(trx)
      })
      await written.catch(async (error) => {
        throw isUniqueViolation(error) ? await conflict(database, input.rows, error) : error
      })
    },

    async get(credentialId: string): Promise<RegisteredCredentialRow | undefined> {
      return withRegistration(database).where('credential_id', '=', credentialId).executeTakeFirst()
    },

    /** Forgets what a credential says; its id, digest and status stay. */
    async erase(credentialId: string, event?: NewRow<'events'>): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await trx
          .updateTable('credentials')
          .set({ secured: '', holder_did: '' })
          .where('credential_id', '=', credentialId)
          .execute()
        if (event) await appendEvent(trx, event)
      })
    },

    async getMany(credentialIds: readonly string[]): Promise<CredentialRow[]> {
      const rows: CredentialRow[] = []
      for (let from = 0; from < credentialIds.length; from += CHUNK)
        rows.push(
          ...(await database
            .selectFrom('credentials')
            .selectAll()
            .where('credential_id', 'in', credentialIds.slice(from, from + CHUNK))
            .execute()),
        )
      return rows
    },

    /** A page, newest first; `nextCursor` asks for what follows. @throws MALFORMED_REQUEST when it is no cursor */
    async list(
      question: CredentialQuestion,
    ): Promise<{ items: RegisteredCredentialRow[]; nextCursor: string | null }> {
      const { issuers = [], issuerDid, ...rest } = question
      if (question.issuers?.length === 0) return { items: [], nextCursor: null }
      const order = { time: 'issued_at', id: 'credential_id' } as const
      const isSplit = issuerDid === undefined && issuers.length > 1 && issuers.length <= MOST_PARTS
      const { rows, nextCursor } = isSplit
        ? await pageOfSeveral(
            database,
            [...new Set(issuers)].map((issuer) => selected(database, { ...rest, issuers: [issuer] })),
            order,
            question,
          )
        : await pageOf(selected(database, question), order, question)
      return { items: rows, nextCursor }
    },
  }
}

/** What has to be registered of new credentials. */
const entriesOf = (rows: readonly NewCredentialRow[]) =>
  rows.flatMap(({ credential_id, status_list_id }) =>
    status_list_id ? [{ credential_id, status_list_id, registration_id: null }] : [],
  )

/** Which id is taken; an index of a status list that is given out twice stays the failure that it is. */
async function conflict(
  database: Database,
  rows: readonly NewCredentialRow[],
  cause: unknown,
): Promise<unknown> {
  for (let from = 0; from < rows.length; from += CHUNK) {
    const ids = rows.slice(from, from + CHUNK).map((row) => row.credential_id)
    const known = await database
      .selectFrom('credentials')
      .select('credential_id')
      .where('credential_id', 'in', ids)
      .executeTakeFirst()
    if (!known) continue
    const facts = { credentialId: known.credential_id }
    return new IssuerError('CREDENTIAL_ALREADY_EXISTS', { facts, cause })
  }
  return cause
}

/** Under other names, so that those of a credential mean its own columns. */
const entries = (database: Database) =>
  database
    .selectFrom('registration_entries')
    .select(['credential_id as entry_id', 'registration_id'])
    .as('entries')

function withRegistration(database: Database) {
  return database
    .selectFrom('credentials')
    .leftJoin(entries(database), 'entries.entry_id', 'credentials.credential_id')
    .leftJoin('registrations', 'registrations.registration_id', 'entries.registration_id')
    .selectAll('credentials')
    .select([
      'entries.registration_id as registration_id',
      'registrations.state as registration_state',
      'registrations.transaction_hash as transaction_hash',
      'registrations.reason as refusal',
    ])
}

function selected(database: Database, question: CredentialQuestion) {
  const { tenantId, issuers, status } = question
  const equal = {
    tenant_id: tenantId,
    issuer_did: question.issuerDid ?? (issuers?.length === 1 ? issuers[0] : undefined),
    holder_did: question.holderDid,
    schema_id: question.schemaId,
    verification_method: question.verificationMethod,
    status,
  }
  // PostgreSQL has statistics, and plans by them
  const isPlanned = database.getExecutor().adapter instanceof PostgresAdapter
  const indexed = isPlanned ? new Set(Object.keys(equal)) : indexedColumns(equal)
  let query = withRegistration(database)
  for (const [column, value] of Object.entries(equal))
    if (value !== undefined)
      query = query.where(
        indexed.has(column) ? sql.ref<string>(column) : sql<string>`coalesce(${sql.ref(column)}, '')`,
        '=',
        value,
      )
  // said as the partial indices say it, which hold the few that are not valid
  if (status !== undefined && status !== 'valid') query = query.where('status', '!=', sql.lit('valid'))
  return issuers ? query.where('issuer_did', 'in', issuers) : query
}

/**
 * The columns by whose index SQLite finds credentials; the others are compared in a way that no index serves. It has no
 * statistics and takes any of several: with 100,000 credentials a page of a holder took 300 ms by the index of the tenant.
 */
function indexedColumns({ issuer_did, holder_did, schema_id, verification_method, status }: Compared) {
  if (holder_did !== undefined) return new Set(['holder_did'])
  const owner = issuer_did === undefined ? 'tenant_id' : 'issuer_did'
  if (status !== undefined && status !== 'valid') return new Set([owner, 'status'])
  if (verification_method !== undefined) return new Set(['verification_method'])
  if (issuer_did !== undefined) return new Set(['issuer_did', 'schema_id'])
  return new Set([schema_id === undefined ? 'tenant_id' : 'schema_id'])
}

type Compared = Record<
  'issuer_did' | 'holder_did' | 'schema_id' | 'verification_method' | 'status',
  string | undefined
>

/** Whether a credential has been forgotten. */
export const isErased = (row: Pick<CredentialRow, 'secured'>): boolean => row.secured === ''

/** The credential as it was delivered. */
export function readSecured(row: Pick<CredentialRow, 'secured'>): Secured {
  return parseSecured(row.secured)
}
