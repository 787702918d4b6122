import type { Kysely } from 'kysely'

/** The first tables. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await identities(db)
  await schemas(db)
  await statusLists(db)
  await credentials(db)
  await work(db)
  await access(db)
}

async function identities(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('node_meta')
    .addColumn('name', 'text', (c) => c.primaryKey())
    .addColumn('value', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('keys')
    .addColumn('key_ref', 'text', (c) => c.primaryKey())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('public_key', 'text', (c) => c.notNull())
    .addColumn('wrapped', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('dids')
    .addColumn('did', 'text', (c) => c.primaryKey())
    .addColumn('method', 'text', (c) => c.notNull())
    .addColumn('name', 'text')
    .addColumn('controller_key_ref', 'text', (c) => c.references('keys.key_ref'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('origin', 'text', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('deactivated_at', 'text')
    .execute()
  await db.schema
    .createTable('did_keys')
    .addColumn('verification_method', 'text', (c) => c.primaryKey())
    .addColumn('did', 'text', (c) => c.notNull().references('dids.did'))
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('key_ref', 'text', (c) => c.notNull().references('keys.key_ref'))
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('ended_at', 'text')
    .execute()
  await db.schema.createIndex('dids_by_time').on('dids').columns(['created_at', 'did']).execute()
  await db.schema.createIndex('did_keys_by_did').on('did_keys').columns(['did', 'state']).execute()
}

async function schemas(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('schemas')
    .addColumn('schema_id', 'text', (c) => c.primaryKey())
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('version', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('alias', 'text', (c) => c.unique())
    .addColumn('content', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('restricted', 'integer', (c) => c.notNull())
    .addColumn('active', 'integer', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema.createIndex('schemas_by_time').on('schemas').columns(['created_at', 'schema_id']).execute()
  await db.schema
    .createTable('contexts')
    .addColumn('digest', 'text', (c) => c.primaryKey())
    .addColumn('url', 'text', (c) => c.notNull())
    .addColumn('document', 'text', (c) => c.notNull())
    .execute()
}

async function statusLists(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('status_pairs')
    .addColumn('pair_id', 'text', (c) => c.primaryKey())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('number', 'integer', (c) => c.notNull())
    .addColumn('capacity', 'integer', (c) => c.notNull())
    .addColumn('next', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('secret', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addUniqueConstraint('status_pairs_number', ['issuer_did', 'number'])
    .execute()
  await db.schema
    .createTable('status_lists')
    .addColumn('status_list_id', 'text', (c) => c.primaryKey())
    .addColumn('pair_id', 'text', (c) => c.notNull().references('status_pairs.pair_id'))
    .addColumn('key', 'text', (c) => c.notNull().unique())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('purpose', 'text', (c) => c.notNull())
    .addColumn('registered', 'integer', (c) => c.notNull().defaultTo(0))
    .execute()
  await db.schema.createIndex('status_lists_by_pair').on('status_lists').column('pair_id').execute()
}

async function credentials(db: Kysely<unknown>): Promise<void> {
  await registrations(db)
  await db.schema
    .createTable('credentials')
    .addColumn('credential_id', 'text', (c) => c.primaryKey())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('holder_did', 'text', (c) => c.notNull())
    .addColumn('schema_id', 'text', (c) => c.notNull())
    .addColumn('type', 'text', (c) => c.notNull())
    .addColumn('proof_type', 'text', (c) => c.notNull())
    .addColumn('data_model', 'text', (c) => c.notNull())
    .addColumn('format', 'text', (c) => c.notNull())
    .addColumn('secured', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('issued_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('status', 'text', (c) => c.notNull())
    .addColumn('status_list_id', 'text', (c) => c.references('status_lists.status_list_id'))
    .addColumn('revocation_list_id', 'text', (c) => c.references('status_lists.status_list_id'))
    .addColumn('suspension_list_id', 'text', (c) => c.references('status_lists.status_list_id'))
    .addColumn('status_index', 'integer')
    .addColumn('registration_id', 'text', (c) => c.references('registrations.registration_id'))
    .execute()
  const order = ['issued_at', 'credential_id']
  for (const [name, columns] of [
    ['credentials_by_time', order],
    ['credentials_by_issuer', ['issuer_did', ...order]],
    ['credentials_by_holder', ['holder_did', ...order]],
    ['credentials_by_schema', ['schema_id', ...order]],
    ['credentials_by_registration', ['registration_id']],
  ] as [string, string[]][])
    await db.schema.createIndex(name).on('credentials').columns(columns).execute()
  await db.schema
    .createIndex('credentials_unregistered')
    .on('credentials')
    .columns(['status_list_id', 'registration_id'])
    .where('registration_id', 'is', null)
    .where('status_list_id', 'is not', null)
    .execute()
}

async function registrations(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('anchors')
    .addColumn('anchor_id', 'text', (c) => c.primaryKey())
    .addColumn('open', 'integer', (c) => c.unique())
    .addColumn('transaction_hash', 'text')
    .addColumn('raw_transaction', 'text')
    .addColumn('nonce', 'integer')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createTable('registrations')
    .addColumn('registration_id', 'text', (c) => c.primaryKey())
    .addColumn('anchor_id', 'text', (c) => c.notNull().references('anchors.anchor_id'))
    .addColumn('status_list_id', 'text', (c) => c.notNull().references('status_lists.status_list_id'))
    .addColumn('first', 'integer', (c) => c.notNull())
    .addColumn('count', 'integer', (c) => c.notNull())
    .addColumn('root', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('transaction_hash', 'text')
    .addColumn('block_number', 'integer')
    .addColumn('reason', 'text')
    .execute()
  await db.schema.createIndex('registrations_by_anchor').on('registrations').column('anchor_id').execute()
}

async function work(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('status_changes')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('credential_id', 'text', (c) => c.notNull().references('credentials.credential_id'))
    .addColumn('action', 'text', (c) => c.notNull())
    .addColumn('reason', 'text')
    .addColumn('transaction_hash', 'text')
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .execute()
  await db.schema
    .createIndex('status_changes_by_credential')
    .on('status_changes')
    .columns(['credential_id', 'at'])
    .execute()
  await db.schema
    .createIndex('status_changes_unsettled')
    .on('status_changes')
    .columns(['at', 'state'])
    .where('state', '=', 'open')
    .execute()
  await db.schema
    .createTable('outbox')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('job', 'text', (c) => c.notNull())
    .addColumn('payload', 'text', (c) => c.notNull())
    .addColumn('due_at', 'text', (c) => c.notNull())
    .addColumn('attempts', 'integer', (c) => c.notNull().defaultTo(0))
    .addColumn('last_error', 'text')
    .addColumn('done_at', 'text')
    .execute()
  await db.schema
    .createIndex('outbox_due')
    .on('outbox')
    .columns(['job', 'due_at', 'done_at'])
    .where('done_at', 'is', null)
    .execute()
}

async function access(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('offers')
    .addColumn('token_hash', 'text', (c) => c.primaryKey())
    .addColumn('credential_id', 'text', (c) => c.notNull().references('credentials.credential_id'))
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text', (c) => c.notNull())
    .addColumn('used_at', 'text')
    .execute()
  await db.schema
    .createTable('api_keys')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('key_hash', 'text', (c) => c.notNull().unique())
    .addColumn('name', 'text', (c) => c.notNull())
    .addColumn('scopes', 'text', (c) => c.notNull())
    .addColumn('issuer_dids', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('last_used_at', 'text')
    .addColumn('revoked_at', 'text')
    .execute()
}
