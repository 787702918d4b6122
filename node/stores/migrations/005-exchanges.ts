import type { Kysely } from 'kysely'

/** Connections to other nodes, exchanges of credentials over them, and what the holder received. */
export async function up(db: Kysely<unknown>): Promise<void> {
  await createConnections(db)
  await createExchanges(db)
  await db.schema
    .createTable('received_messages')
    .addColumn('connection_id', 'text', (c) => c.notNull())
    .addColumn('message_id', 'text', (c) => c.notNull())
    .addColumn('digest', 'text', (c) => c.notNull())
    .addColumn('at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('received_messages_pk', ['connection_id', 'message_id'])
    .execute()
  await db.schema
    .createTable('received_credentials')
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('credential_id', 'text', (c) => c.notNull())
    .addColumn('connection_id', 'text', (c) => c.notNull())
    .addColumn('holder_did', 'text', (c) => c.notNull())
    .addColumn('issuer_did', 'text', (c) => c.notNull())
    .addColumn('secured', 'text', (c) => c.notNull())
    .addColumn('received_at', 'text', (c) => c.notNull())
    .addPrimaryKeyConstraint('received_credentials_pk', ['tenant_id', 'credential_id'])
    .execute()
  await db.schema
    .createIndex('received_credentials_by_time')
    .on('received_credentials')
    .columns(['tenant_id', 'received_at', 'credential_id'])
    .execute()
}

async function createConnections(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('connections')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('alias', 'text')
    .addColumn('label', 'text')
    .addColumn('their_label', 'text')
    .addColumn('endpoint', 'text')
    .addColumn('peer_token', 'text')
    .addColumn('inbox_hash', 'text')
    .addColumn('invitation_hash', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text')
    .execute()
  await db.schema
    .createIndex('connections_by_time')
    .on('connections')
    .columns(['tenant_id', 'created_at', 'id'])
    .execute()
  await db.schema
    .createIndex('connections_expiring')
    .on('connections')
    .column('expires_at')
    .where('expires_at', 'is not', null)
    .execute()
}

async function createExchanges(db: Kysely<unknown>): Promise<void> {
  await db.schema
    .createTable('exchanges')
    .addColumn('id', 'text', (c) => c.primaryKey())
    .addColumn('tenant_id', 'text', (c) => c.notNull())
    .addColumn('role', 'text', (c) => c.notNull())
    .addColumn('state', 'text', (c) => c.notNull())
    .addColumn('connection_id', 'text', (c) => c.notNull().references('connections.id'))
    .addColumn('thread_id', 'text', (c) => c.notNull())
    .addColumn('format', 'text', (c) => c.notNull())
    .addColumn('issuer_did', 'text')
    .addColumn('messages', 'text', (c) => c.notNull())
    .addColumn('kept', 'text')
    .addColumn('auto_accept_request', 'integer', (c) => c.notNull())
    .addColumn('credential_id', 'text')
    .addColumn('created_at', 'text', (c) => c.notNull())
    .addColumn('updated_at', 'text', (c) => c.notNull())
    .addColumn('expires_at', 'text')
    .addColumn('removed_at', 'text')
    .addUniqueConstraint('exchanges_thread', ['connection_id', 'thread_id'])
    .execute()
  await db.schema
    .createIndex('exchanges_by_time')
    .on('exchanges')
    .columns(['tenant_id', 'created_at', 'id'])
    .execute()
  await db.schema
    .createIndex('exchanges_expiring')
    .on('exchanges')
    .column('expires_at')
    .where('expires_at', 'is not', null)
    .execute()
}
