import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { pageOf } from './page.ts'
import { boundless } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type ReceivedCredentialRow = Row<'received_credentials'>

/** Questions to the table of W3C credentials that were received as a holder. */
export type ReceivedCredentialStore = ReturnType<typeof createReceivedCredentialStore>

export function createReceivedCredentialStore(database: Database, room = boundless) {
  const ofTenant = (tenantId: string) =>
    database.selectFrom('received_credentials').selectAll().where('tenant_id', '=', tenantId)
  return {
    /** In the transaction of the exchange that brings it. @throws CREDENTIAL_ALREADY_EXISTS, QUOTA_EXCEEDED */
    async insert(trx: Database, row: NewRow<'received_credentials'>): Promise<void> {
      const facts = { credentialId: row.credential_id }
      try {
        await trx.insertInto('received_credentials').values(row).execute()
      } catch (cause) {
        throw isUniqueViolation(cause)
          ? new IssuerError('CREDENTIAL_ALREADY_EXISTS', { facts, cause })
          : cause
      }
      await room(trx, 'wallet', row.tenant_id)
    },

    async get(tenantId: string, credentialId: string): Promise<ReceivedCredentialRow | undefined> {
      return ofTenant(tenantId).where('credential_id', '=', credentialId).executeTakeFirst()
    },

    async list(question: { tenantId: string; limit: number; cursor?: string | undefined }) {
      const order = { time: 'received_at', id: 'credential_id' } as const
      const { rows, nextCursor } = await pageOf(ofTenant(question.tenantId), order, question)
      return { items: rows, nextCursor }
    },
  }
}
