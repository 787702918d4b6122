import { type CredentialRow, credentialRows } from './credentials.ts'
import type { Database } from './database.ts'
import { appendEvent } from './events.ts'
import type { NewRow, Row } from './tables.ts'

/** A change that may be on the ledger, with its credential. */
export type OpenStatusChange = Row<'status_changes'> &
  Pick<CredentialRow, 'issuer_did' | 'status' | 'status_index' | 'revocation_list_id' | 'suspension_list_id'>

export type StatusChangeRow = Row<'status_changes'>

/** A change that was made, and the transaction that did it. */
type MadeChange = Pick<StatusChangeRow, 'id' | 'credential_id'> &
  Partial<Pick<StatusChangeRow, 'transaction_hash'>>

const CHUNK = 500
const MOST_LOST = 5_000

/** Questions to the table of status changes. */
export type StatusChangeStore = ReturnType<typeof createStatusChangeStore>

export function createStatusChangeStore(database: Database) {
  return {
    /** Writes what is about to be sent to the ledger, and `also` in the same transaction. */
    async open(
      rows: readonly NewRow<'status_changes'>[],
      also?: (trx: Database) => Promise<void>,
    ): Promise<void> {
      await database.transaction().execute(async (trx) => {
        for (let from = 0; from < rows.length; from += CHUNK)
          await trx
            .insertInto('status_changes')
            .values(rows.slice(from, from + CHUNK))
            .execute()
        await also?.(trx)
      })
    },

    async getMany(ids: readonly string[]): Promise<StatusChangeRow[]> {
      const rows: StatusChangeRow[] = []
      for (let from = 0; from < ids.length; from += CHUNK)
        rows.push(
          ...(await database
            .selectFrom('status_changes')
            .selectAll()
            .where('id', 'in', ids.slice(from, from + CHUNK))
            .execute()),
        )
      return rows
    },

    /** Closes changes that were made, and gives their credentials the new status. */
    async made(
      changes: readonly MadeChange[],
      status: CredentialRow['status'],
      eventOf?: (credentials: ChangedCredentials) => NewRow<'events'>,
    ): Promise<void> {
      await database.transaction().execute(async (trx) => {
        for (const [hash, group] of Map.groupBy(changes, (change) => change.transaction_hash ?? null))
          for (let from = 0; from < group.length; from += CHUNK) {
            const changed = await closeMade(trx, group.slice(from, from + CHUNK), { hash, status })
            for (const ofIssuer of Map.groupBy(changed, ({ issuer_did }) => issuer_did).values())
              if (eventOf) await appendEvent(trx, eventOf(inCommon(ofIssuer)))
          }
      })
    },

    /** Closes changes that the ledger never saw; one that was made meanwhile stays made. */
    failed: (ids: readonly string[]): Promise<void> => fail(database, ids, 'open'),

    /** Notes that changes of a batch were made by another transaction than one of these. */
    async move(batch: string, hashes: readonly string[], transactionHash: string): Promise<void> {
      await database
        .updateTable('status_changes')
        .set({ transaction_hash: transactionHash })
        .where('batch', '=', batch)
        .where('transaction_hash', 'in', hashes)
        .execute()
    },

    /** Notes that changes of a batch that these transactions made are not on the ledger any more. */
    async lose(batch: string, hashes: readonly string[]): Promise<void> {
      await database
        .updateTable('status_changes')
        .set({ state: 'lost' })
        .where('batch', '=', batch)
        .where('transaction_hash', 'in', hashes)
        .where('state', '=', 'done')
        .execute()
    },

    /** Changes that have to be made again, the oldest first; those of one issuer where it is named. */
    async listLost(issuerDid?: string): Promise<OpenStatusChange[]> {
      const lost = changesWithCredential(database).where('status_changes.state', '=', 'lost')
      const wanted = issuerDid === undefined ? lost : lost.where('credential.issuer_did', '=', issuerDid)
      return wanted.limit(MOST_LOST).execute()
    },

    async issuersOfLost(): Promise<string[]> {
      const rows = await database
        .selectFrom('status_changes')
        .innerJoin('credentials', 'credentials.credential_id', 'status_changes.credential_id')
        .innerJoin('credential_terms as terms', 'terms.terms_id', 'credentials.terms_id')
        .select('terms.issuer_did')
        .where('status_changes.state', '=', 'lost')
        .distinct()
        .execute()
      return rows.map(({ issuer_did }) => issuer_did)
    },

    /** Closes changes that were made again: their credentials have the status since the first time. */
    async remade(changes: readonly MadeChange[]): Promise<void> {
      await database.transaction().execute(async (trx) => {
        for (const [hash, group] of Map.groupBy(changes, (change) => change.transaction_hash ?? null))
          for (let from = 0; from < group.length; from += CHUNK)
            await closeChanges(trx, group.slice(from, from + CHUNK), hash)
      })
    },

    /** Closes changes that can never be made again. */
    giveUp: (ids: readonly string[]): Promise<void> => fail(database, ids, 'lost'),

    /** Puts changes into another batch. */
    async rebatch(ids: readonly string[], batch: string): Promise<void> {
      for (let from = 0; from < ids.length; from += CHUNK)
        await database
          .updateTable('status_changes')
          .set({ batch })
          .where('id', 'in', ids.slice(from, from + CHUNK))
          .execute()
    },

    /** Changes that may be on the ledger: all before a time, or those of some credentials. */
    async listOpen(
      which: { before: string } | { credentialIds: readonly string[] },
    ): Promise<OpenStatusChange[]> {
      if ('before' in which)
        return openChanges(database).where('status_changes.at', '<', which.before).limit(CHUNK).execute()
      const found: OpenStatusChange[] = []
      for (let from = 0; from < which.credentialIds.length; from += CHUNK) {
        const ids = which.credentialIds.slice(from, from + CHUNK)
        found.push(
          ...(await openChanges(database).where('status_changes.credential_id', 'in', ids).execute()),
        )
      }
      return found.sort((a, b) => (a.at < b.at ? -1 : Number(a.at > b.at)))
    },
  }
}

async function fail(database: Database, ids: readonly string[], from: 'open' | 'lost'): Promise<void> {
  for (let at = 0; at < ids.length; at += CHUNK)
    await database
      .updateTable('status_changes')
      .set({ state: 'failed' })
      .where('id', 'in', ids.slice(at, at + CHUNK))
      .where('state', '=', from)
      .execute()
}

async function closeChanges(trx: Database, changes: readonly MadeChange[], hash: string | null) {
  const ids = changes.map(({ id }) => id)
  await trx
    .updateTable('status_changes')
    .set({ state: 'done', transaction_hash: hash })
    .where('id', 'in', ids)
    .execute()
}

async function closeMade(
  trx: Database,
  changes: readonly MadeChange[],
  { hash, status }: { hash: string | null; status: CredentialRow['status'] },
) {
  const credentialIds = changes.map(({ credential_id }) => credential_id)
  await closeChanges(trx, changes, hash)
  const credentials = trx
    .updateTable('credentials')
    .set({ status })
    .where('credential_id', 'in', credentialIds)
  // a revocation is final, in whatever order changes are closed
  const left = status === 'revoked' ? credentials : credentials.where('status', '!=', 'revoked')
  const changed = await left.returning('credential_id').execute()
  if (changed.length === 0) return []
  const ids = changed.map(({ credential_id: id }) => id)
  return trx
    .selectFrom('credentials')
    .innerJoin('credential_terms as terms', 'terms.terms_id', 'credentials.terms_id')
    .select(['credential_id', 'terms.issuer_did', 'terms.tenant_id'])
    .where('credential_id', 'in', ids)
    .execute()
}

const openChanges = (database: Database) =>
  changesWithCredential(database).where('status_changes.state', '=', 'open')

function changesWithCredential(database: Database) {
  return database
    .selectFrom('status_changes')
    .innerJoin(
      credentialRows(database).as('credential'),
      'credential.credential_id',
      'status_changes.credential_id',
    )
    .selectAll('status_changes')
    .select([
      'credential.issuer_did',
      'credential.status',
      'credential.status_index',
      'credential.revocation_list_id',
      'credential.suspension_list_id',
    ])
    .orderBy('status_changes.at')
}

/** Credentials of one issuer whose status was changed together. */
export interface ChangedCredentials {
  issuerDid: string
  tenantId: string
  credentialIds: readonly string[]
}

function inCommon(
  group: readonly Pick<CredentialRow, 'credential_id' | 'issuer_did' | 'tenant_id'>[],
): ChangedCredentials {
  const [{ issuer_did: issuerDid, tenant_id: tenantId }] = group as [(typeof group)[number]]
  return { issuerDid, tenantId, credentialIds: group.map(({ credential_id }) => credential_id).sort() }
}
