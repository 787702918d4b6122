import { type AnchorRow, type Claim, type ClaimedAnchor, claimEntries } from './claim-entries.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import type { NewRow, Row } from './tables.ts'

const IDS_PER_QUESTION = 500

/** A registration with what its list is on the ledger. */
export type RegistrationRow = Row<'registrations'> & {
  key: string
  issuer_did: string
  /** Head of the audit log that its root commits to. */
  audit_hash: string | null
  /** The counter of its list. */
  list_registered: number
  /** Tenant of the issuer. */
  tenant_id: string | null
}
/** One registered entry, as it stands in the Merkle leaf. */
export interface RegisteredEntry {
  credential_id: string
  status_index: number
  digest: string
}

/** What became of the registration of a credential. */
export interface SettledCredential {
  credential_id: string
  state: 'registered' | 'refused'
  transaction_hash: string | null
  reason: string | null
}

/** Where a registration was found on the ledger, or why it was refused. */
export type Settlement = { registration_id: string; root: string; event: NewRow<'events'> } & (
  | { transactionHash: string; blockNumber: number; auditHead: { seq: number; proof: string } | undefined }
  | { reason: string }
)

/** Questions to the tables of registrations. */
export type RegistrationStore = ReturnType<typeof createRegistrationStore>

export function createRegistrationStore(database: Database) {
  return {
    /**
     * Puts every recorded, unregistered entry of at most `maxLists` lists into one new anchor, one registration
     * for each list, and takes the outbox rows that asked for it away. Undefined when there is none, or another
     * anchor is open.
     */
    async claim(claim: Claim): Promise<ClaimedAnchor | undefined> {
      try {
        return await database.transaction().execute((trx) => claimEntries(trx, claim))
      } catch (error) {
        if (isUniqueViolation(error)) return undefined
        throw error
      }
    },

    /** How many recorded entries of each tenant are not on the ledger yet. */
    async countUnregistered(): Promise<Map<string, number>> {
      const unclaimed = database
        .selectFrom('registration_groups')
        .select(['status_list_id', 'count'])
        .where('registration_id', 'is', null)
      const claimed = database
        .selectFrom('registrations')
        .select(['status_list_id', 'count'])
        .where('state', '=', 'open')
      const rows = await database
        .selectFrom(unclaimed.unionAll(claimed).as('waiting'))
        .innerJoin('status_lists', 'status_lists.status_list_id', 'waiting.status_list_id')
        .innerJoin('dids', 'dids.did', 'status_lists.issuer_did')
        .select((eb) => ['dids.tenant_id', eb.fn.sum<number | string>('waiting.count').as('count')])
        .groupBy('dids.tenant_id')
        .execute()
      return new Map(rows.map(({ tenant_id, count }) => [tenant_id, Number(count)]))
    },

    /**
     * The anchor at work; where there is none, one whose registrations were taken out of the chain, or put aside until
     * now.
     */
    async openAnchor(now: string): Promise<AnchorRow | undefined> {
      const open = await database.selectFrom('anchors').selectAll().where('open', '=', 1).executeTakeFirst()
      return open ?? reviveAnchor(database, now)
    },

    /** What there is to register of an anchor, without what was put aside. */
    async openRegistrations(anchorId: string): Promise<RegistrationRow[]> {
      return withList(database)
        .where('registrations.anchor_id', '=', anchorId)
        .where('state', '=', 'open')
        .where('aside_until', 'is', null)
        .execute()
    },

    /**
     * Puts registrations of an anchor aside, and closes it when nothing else of it is open: they stay as they are, with
     * their roots, and until they are settled nothing further of their lists is claimed.
     */
    async putAside(anchorId: string, registrationIds: readonly string[], until: string): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await lockAnchor(trx, anchorId)
        await trx
          .updateTable('registrations')
          .set({ aside_until: until })
          .where('registration_id', 'in', registrationIds)
          .where('state', '=', 'open')
          .execute()
        await closeDone(trx, anchorId)
      })
    },

    async get(registrationId: string): Promise<RegistrationRow | undefined> {
      return withList(database).where('registration_id', '=', registrationId).executeTakeFirst()
    },

    /** Those of some credentials whose registration is settled. */
    async settledOf(credentialIds: readonly string[]): Promise<SettledCredential[]> {
      const rows: SettledCredential[] = []
      for (let from = 0; from < credentialIds.length; from += IDS_PER_QUESTION)
        rows.push(
          ...(await database
            .selectFrom('registration_entries as entries')
            .innerJoin('registration_groups as groups', 'groups.group_id', 'entries.group_id')
            .innerJoin('registrations', 'registrations.registration_id', 'groups.registration_id')
            .select(['credential_id', 'state', 'registrations.transaction_hash', 'reason'])
            .where('credential_id', 'in', credentialIds.slice(from, from + IDS_PER_QUESTION))
            .where('state', '!=', 'open')
            .$narrowType<{ state: SettledCredential['state'] }>()
            .execute()),
        )
      return rows
    },

    /** The entries of a registration by index, which is the order of its leaves. */
    async entries(registrationId: string): Promise<RegisteredEntry[]> {
      const rows = await database
        .selectFrom('registration_groups as groups')
        .innerJoin('registration_entries as entries', 'entries.group_id', 'groups.group_id')
        .innerJoin('credentials', 'credentials.credential_id', 'entries.credential_id')
        .select(['credentials.credential_id', 'status_index', 'digest'])
        .where('registration_id', '=', registrationId)
        .orderBy('status_index')
        .execute()
      return rows as RegisteredEntry[]
    },

    /** Registrations of an anchor that some transactions made. */
    async madeBy(anchorId: string, hashes: readonly string[]): Promise<RegistrationRow[]> {
      return withList(database)
        .where('registrations.anchor_id', '=', anchorId)
        .where('registrations.transaction_hash', 'in', hashes)
        .where('registrations.state', '=', 'registered')
        .execute()
    },

    /** Notes that registrations stand elsewhere in the chain now. */
    async move(
      registrationIds: readonly string[],
      { transactionHash, blockNumber }: { transactionHash: string; blockNumber: number },
    ): Promise<void> {
      await database
        .updateTable('registrations')
        .set({ transaction_hash: transactionHash, block_number: blockNumber })
        .where('registration_id', 'in', registrationIds)
        .where('state', '=', 'registered')
        .execute()
    },

    /** Takes back that a registration is on the ledger: its entries wait again, and the counter of its list follows. */
    async reopen(registrationId: string, registered: number): Promise<void> {
      await database.transaction().execute(async (trx) => {
        const row = await trx
          .updateTable('registrations')
          .set({ state: 'open', transaction_hash: null, block_number: null, aside_until: null })
          .where('registration_id', '=', registrationId)
          .where('state', '=', 'registered')
          .returning('status_list_id')
          .executeTakeFirst()
        if (!row) return
        await trx
          .updateTable('status_lists')
          .set({ registered })
          .where('status_list_id', '=', row.status_list_id)
          .where('registered', '>', registered)
          .execute()
      })
    },

    /** Corrects where a registration starts, when the ledger's counter is another one than the database's. */
    async rebase(registrationId: string, first: number): Promise<void> {
      await database
        .updateTable('registrations')
        .set({ first })
        .where('registration_id', '=', registrationId)
        // a settled one has its place on the ledger
        .where('state', '=', 'open')
        .execute()
    },

    /** Writes what became of registrations of an anchor, and closes it when no other is open but those put aside. */
    async settle(anchorId: string, settlements: readonly Settlement[]): Promise<void> {
      await database.transaction().execute(async (trx) => {
        await lockAnchor(trx, anchorId)
        for (const settlement of settlements) await settleOne(trx, settlement)
        await closeDone(trx, anchorId)
      })
    },
  }
}

function withList(database: Database) {
  return database
    .selectFrom('registrations')
    .innerJoin('status_lists', 'status_lists.status_list_id', 'registrations.status_list_id')
    .innerJoin('anchors', 'anchors.anchor_id', 'registrations.anchor_id')
    .selectAll('registrations')
    .select([
      'status_lists.key',
      'status_lists.issuer_did',
      'status_lists.registered as list_registered',
      'anchors.audit_hash',
    ])
    .select((eb) =>
      eb
        .selectFrom('dids')
        .select('dids.tenant_id')
        .whereRef('dids.did', '=', 'status_lists.issuer_did')
        .as('tenant_id'),
    )
}

/** Of two that settle parts of one anchor, each would see the other's part open, and neither would close it. */
async function lockAnchor(trx: Database, anchorId: string): Promise<void> {
  await trx.selectFrom('anchors').select('anchor_id').where('anchor_id', '=', anchorId).forUpdate().execute()
}

async function closeDone(trx: Database, anchorId: string): Promise<void> {
  const left = trx
    .selectFrom('registrations')
    .select('registration_id')
    .where('anchor_id', '=', anchorId)
    .where('state', '=', 'open')
    .where('aside_until', 'is', null)
  await trx
    .updateTable('anchors')
    .set({ open: null })
    .where('anchor_id', '=', anchorId)
    .where((eb) => eb.not(eb.exists(left)))
    .execute()
}

/** Opens a closed anchor whose registrations wait again, what left the chain first; undefined when there is none. */
async function reviveAnchor(database: Database, now: string): Promise<AnchorRow | undefined> {
  const waiting = await database
    .selectFrom('registrations')
    .select('anchor_id')
    .where('state', '=', 'open')
    .where((eb) => eb.or([eb('aside_until', 'is', null), eb('aside_until', '<=', now)]))
    .orderBy('aside_until', (order) => order.asc().nullsFirst())
    .limit(1)
    .executeTakeFirst()
  if (!waiting) return undefined
  const { anchor_id: anchorId } = waiting
  try {
    return await database.transaction().execute(async (trx) => {
      const anchor = await trx
        .updateTable('anchors')
        .set({ open: 1 })
        .where('anchor_id', '=', anchorId)
        .returningAll()
        .executeTakeFirst()
      await trx
        .updateTable('registrations')
        .set({ aside_until: null })
        .where('anchor_id', '=', anchorId)
        .where('state', '=', 'open')
        .where('aside_until', '<=', now)
        .execute()
      return anchor
    })
  } catch (error) {
    // another process was first
    if (isUniqueViolation(error)) return undefined
    throw error
  }
}

async function settleOne(trx: Database, settlement: Settlement): Promise<void> {
  const { registration_id, root } = settlement
  const outcome =
    'reason' in settlement
      ? { state: 'refused' as const, reason: settlement.reason }
      : {
          state: 'registered' as const,
          transaction_hash: settlement.transactionHash,
          block_number: settlement.blockNumber,
          audit_seq: settlement.auditHead?.seq ?? null,
          audit_proof: settlement.auditHead?.proof ?? null,
        }
  const row = await trx
    .updateTable('registrations')
    .set({ ...outcome, root })
    .where('registration_id', '=', registration_id)
    .where('state', '=', 'open')
    .returning(['status_list_id', 'first', 'count'])
    .executeTakeFirst()
  // another node may have settled it before, and be further by now
  if (!row) return
  await appendEvent(trx, settlement.event)
  if (outcome.state === 'refused') return
  await trx
    .updateTable('status_lists')
    .set({ registered: row.first + row.count })
    .where('status_list_id', '=', row.status_list_id)
    .execute()
}
