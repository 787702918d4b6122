import type { Kysely } from 'kysely'

/** Transactions of the relayer, stored before they are broadcast, and the nonces of its accounts. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('relayers')
    .addColumn('address', 'text', (c) => c.primaryKey())
    .addColumn('next_nonce', 'integer', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('transactions')
    .addColumn('hash', 'text', (c) => c.primaryKey())
    .addColumn('relayer', 'text', (c) => c.notNull())
    .addColumn('nonce', 'integer', (c) => c.notNull())
    .addColumn('attempt', 'integer', (c) => c.notNull())
    .addColumn('raw', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('reference', 'text')
    .addColumn('max_fee_per_gas', 'text', (c) => c.notNull())
    .addColumn('max_priority_fee_per_gas', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('block_number', 'integer')
    .addColumn('block_hash', 'text')
    .addColumn('gas_used', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('mined_at', 'text')
    .addUniqueConstraint('transactions_attempt', ['relayer', 'nonce', 'attempt'])
    .execute()
  await db.schema
    .createIndex('transactions_open')
    .on('transactions')
    .columns(['relayer', 'nonce', 'attempt', 'state'])
    .where('state', 'in', ['signed', 'mined'])
    .execute()
  await db.schema
    .createIndex('transactions_by_reference')
    .on('transactions')
    .column('reference')
    .where('reference', 'is not', null)
    .execute()
  await statusBatches(db)
  await anchors(db)
}

/** The transaction that changes a status is found by the batch that both name. */
async function statusBatches(db: Kysely<unknown>): Promise<void> {
  await db.schema.alterTable('status_changes').addColumn('batch', 'text').execute()
  await db.schema
    .createIndex('status_changes_by_batch')
    .on('status_changes')
    .column('batch')
    .where('batch', 'is not', null)
    .execute()
}

/** The transaction of an anchor is found by the anchor's id; what left the chain is found again. */
async function anchors(db: Kysely<unknown>): Promise<void> {
  for (const column of ['transaction_hash', 'raw_transaction', 'nonce'])
    await db.schema.alterTable('anchors').dropColumn(column).execute()
  await db.schema
    .createIndex('registrations_open')
    .on('registrations')
    .columns(['anchor_id', 'state'])
    .where('state', '=', 'open')
    .execute()
  await db.schema
    .createIndex('status_changes_lost')
    .on('status_changes')
    .columns(['at', 'state'])
    .where('state', '=', 'lost')
    .execute()
}
