import { randomUUID } from 'node:crypto'
import { type ExpressionBuilder, sql } from 'kysely'
import { IssuerError } from '../errors.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import { parseSecured } from '../secured-text.ts'
import type { Secured } from '../suites/suite.ts'
import type { Pause } from '../time-slice.ts'
import {
  type CredentialTerms,
  createTermsWriter,
  findTerms,
  selectTerms,
  type TermsQuestion,
} from './credential-terms.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { insertRows } from './insert-rows.ts'
import { pageOf, pageOfSeveral } from './page.ts'
import type { NewRow, Row, Tables } from './tables.ts'

const CHUNK = 500

/** A credential with its terms and its entry in a status list. */
export type CredentialRow = Omit<Row<'credentials'>, 'terms_id'> &
  CredentialTerms & {
    /** The list in which it is registered; null where it is in none. */
    status_list_id: string | null
    status_index: number | null
    revocation_list_id: string | null
    suspension_list_id: string | null
  }

/** A credential to be written; those that share their terms share the object. */
export interface NewCredentialRow extends Omit<Row<'credentials'>, 'tenant_id' | 'terms_id'> {
  terms: CredentialTerms
  entry: Pick<Row<'registration_entries'>, 'status_list_id' | 'status_index' | 'status_position'> | undefined
}

/** A credential with what became of its registration. */
export type RegisteredCredentialRow = CredentialRow & {
  registration_id: string | null
  registration_state: Row<'registrations'>['state'] | null
  transaction_hash: string | null
  refusal: string | null
}

/** Which credentials, and how many, newest first. */
export interface CredentialQuestion extends TermsQuestion {
  tenantId: string
  limit: number
  cursor?: string | undefined
  holderDid?: string | undefined
  status?: CredentialRow['status'] | undefined
}

/** Questions to the table of credentials. */
export type CredentialStore = ReturnType<typeof createCredentialStore>

export function createCredentialStore(database: Database) {
  const writeTerms = createTermsWriter(database)
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
      const { pause } = input
      const terms = new Map<CredentialTerms, string>()
      for (const row of input.rows)
        if (!terms.has(row.terms)) terms.set(row.terms, await writeTerms(row.terms))
      const written = database.transaction().execute(async (trx) => {
        const own = (row: NewCredentialRow) => ownOf(row, terms)
        await insertRows(trx, 'credentials', { items: input.rows, rowOf: own, pause })
        await insertEntries(trx, input.rows.filter(hasEntry), pause)
        if (input.outbox) await trx.insertInto('outbox').values(input.outbox).execute()
        if (input.event) await appendEvent(trx, input.event)
        await input.also?.(trx)
      })
      await written.catch(async (error) => {
        throw isUniqueViolation(error) ? await conflict(database, input.rows, error) : error
      })
    },

    async get(credentialId: string): Promise<RegisteredCredentialRow | undefined> {
      return withRegistration(database)
        .where('credentials.credential_id', '=', credentialId)
        .executeTakeFirst()
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
          ...(await credentialRows(database)
            .where('credentials.credential_id', 'in', credentialIds.slice(from, from + CHUNK))
            .execute()),
        )
      return rows
    },

    /** A page, newest first; `nextCursor` asks for what follows. @throws MALFORMED_REQUEST when it is no cursor */
    async list(
      question: CredentialQuestion,
    ): Promise<{ items: RegisteredCredentialRow[]; nextCursor: string | null }> {
      if (question.issuers?.length === 0) return { items: [], nextCursor: null }
      const { rows: places, nextCursor } = await placesOf(database, question)
      const ids = places.map(({ credential_id: id }) => id)
      const found =
        ids.length > 0
          ? await withRegistration(database).where('credentials.credential_id', 'in', ids).execute()
          : []
      const byId = new Map(found.map((row) => [row.credential_id, row]))
      return { items: ids.flatMap((id) => byId.get(id) ?? []), nextCursor }
    },
  }
}

function ownOf(row: NewCredentialRow, terms: ReadonlyMap<CredentialTerms, string>): NewRow<'credentials'> {
  return {
    credential_id: row.credential_id,
    tenant_id: row.terms.tenant_id,
    terms_id: terms.get(row.terms) as string,
    type: row.type,
    holder_did: row.holder_did,
    // made when it is written: of a thousand rows these are megabytes
    get secured() {
      return row.secured
    },
    digest: row.digest,
    issued_at: row.issued_at,
    expires_at: row.expires_at,
    status: row.status,
  }
}

type WithEntry = NewCredentialRow & { entry: NonNullable<NewCredentialRow['entry']> }

const hasEntry = (row: NewCredentialRow): row is WithEntry => row.entry !== undefined

/** What has to be registered of new credentials: a group in each list. */
async function insertEntries(trx: Database, items: readonly WithEntry[], pause: Pause): Promise<void> {
  const groups = new Map<string, NewRow<'registration_groups'>>()
  for (const { entry, issued_at: recorded_at } of items) {
    const { status_list_id } = entry
    const group = groups.get(status_list_id) ?? {
      group_id: randomUUID(),
      status_list_id,
      count: 0,
      recorded_at,
    }
    groups.set(status_list_id, { ...group, count: group.count + 1 })
  }
  for (const group of groups.values()) await trx.insertInto('registration_groups').values(group).execute()
  const rowOf = ({ credential_id, entry }: WithEntry): NewRow<'registration_entries'> => ({
    credential_id,
    status_list_id: entry.status_list_id,
    status_index: entry.status_index,
    status_position: entry.status_position,
    group_id: groups.get(entry.status_list_id)?.group_id as string,
  })
  await insertRows(trx, 'registration_entries', { items, rowOf, pause })
}

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

/** Credentials with their terms and their entries in status lists. */
export function credentialRows(database: Database) {
  return database
    .selectFrom('credentials')
    .innerJoin('credential_terms as terms', 'terms.terms_id', 'credentials.terms_id')
    .leftJoin('registration_entries as entries', 'entries.credential_id', 'credentials.credential_id')
    .select(['credentials.credential_id', 'holder_did', 'secured', 'digest', 'issued_at', 'expires_at'])
    .select(['status', 'terms.tenant_id', 'terms.issuer_did', 'schema_id', 'type', 'proof_type'])
    .select(['data_model', 'format', 'verification_method', 'revocable', 'suspendable'])
    .select(['entries.status_list_id', 'entries.status_index'])
    .select((eb) => [
      listOfPair(eb, 'revocation').as('revocation_list_id'),
      listOfPair(eb, 'suspension').as('suspension_list_id'),
    ])
}

type WithEntries = Tables & { terms: Tables['credential_terms']; entries: Tables['registration_entries'] }

/** The list of a purpose that a credential has an entry in: of the pair of the list in which it is registered. */
function listOfPair(eb: ExpressionBuilder<WithEntries, 'terms' | 'entries'>, purpose: StatusPurpose) {
  const list = eb
    .selectFrom('status_lists as registering')
    .innerJoin('status_lists as list', 'list.pair_id', 'registering.pair_id')
    .select('list.status_list_id')
    .whereRef('registering.status_list_id', '=', 'entries.status_list_id')
    .where('list.purpose', '=', purpose)
    .where(purpose === 'revocation' ? 'terms.revocable' : 'terms.suspendable', '=', 1)
  return list.$asScalar().$castTo<string | null>()
}

function withRegistration(database: Database) {
  return credentialRows(database)
    .leftJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
    .leftJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
    .select([
      'groups.registration_id as registration_id',
      'registrations.state as registration_state',
      'registrations.transaction_hash as transaction_hash',
      'registrations.reason as refusal',
    ])
}

/** Which credentials a page is made of, in its order. */
async function placesOf(database: Database, question: CredentialQuestion) {
  const { tenantId, holderDid, status } = question
  const order = { time: 'issued_at', id: 'credential_id' } as const
  let places = database.selectFrom('credentials').select(['issued_at', 'credential_id'])
  if (status !== undefined) places = places.where('status', '=', status)
  // said as the partial indices say it, which hold the few that are not valid
  if (status !== undefined && status !== 'valid') places = places.where('status', '!=', sql.lit('valid'))
  if (holderDid !== undefined) {
    // SQLite has no statistics, and takes any index: with 100,000 credentials such a page took 300 ms by another one
    const terms = sql<string>`coalesce(terms_id, '')`
    places = places.where('holder_did', '=', holderDid).where(terms, 'in', selectTerms(database, question))
    return pageOf(places, order, question)
  }
  const { issuers, issuerDid, schemaId, verificationMethod } = question
  if ([issuers, issuerDid, schemaId, verificationMethod].every((asked) => asked === undefined))
    return pageOf(places.where('tenant_id', '=', tenantId), order, question)
  const terms = await findTerms(database, question)
  const parts = terms.map((id) => places.where('terms_id', '=', id))
  return pageOfSeveral(database, parts, order, question)
}

/** Whether a credential has been forgotten. */
export const isErased = (row: Pick<CredentialRow, 'secured'>): boolean => row.secured === ''

/** The credential as it was delivered. */
export function readSecured(row: Pick<CredentialRow, 'secured'>): Secured {
  return parseSecured(row.secured)
}
