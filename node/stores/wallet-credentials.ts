import { IssuerError } from '../errors.ts'
import { type Database, isUniqueViolation } from './database.ts'
import { appendEvent } from './events.ts'
import { type PageQuestion, pageOf } from './page.ts'
import { boundless } from './room.ts'
import type { NewRow, Row } from './tables.ts'

export type WalletCredentialRow = Row<'wallet_credentials'>

/** Whose credentials, and which of them. */
export interface WalletQuestion {
  tenantId: string
  schemaId?: string | undefined
  credDefId?: string | undefined
}

/** Questions to the table of AnonCreds credentials that the node holds. */
export type WalletCredentialStore = ReturnType<typeof createWalletCredentialStore>

export function createWalletCredentialStore(database: Database, room = boundless) {
  const asked = ({ tenantId, schemaId, credDefId }: WalletQuestion) => {
    const all = database.selectFrom('wallet_credentials').selectAll().where('tenant_id', '=', tenantId)
    const ofSchema = schemaId === undefined ? all : all.where('schema_id', '=', schemaId)
    return credDefId === undefined ? ofSchema : ofSchema.where('cred_def_id', '=', credDefId)
  }
  return {
    /** In a transaction of whoever stores it. @throws CREDENTIAL_ALREADY_EXISTS, QUOTA_EXCEEDED */
    async insert(trx: Database, row: NewRow<'wallet_credentials'>): Promise<void> {
      try {
        await trx.insertInto('wallet_credentials').values(row).execute()
      } catch (cause) {
        if (!isUniqueViolation(cause)) throw cause
        throw new IssuerError('CREDENTIAL_ALREADY_EXISTS', {
          facts: { credentialId: row.credential_id },
          cause,
        })
      }
      await room(trx, 'wallet', row.tenant_id)
    },

    async get(tenantId: string, credentialId: string): Promise<WalletCredentialRow | undefined> {
      return asked({ tenantId }).where('credential_id', '=', credentialId).executeTakeFirst()
    },

    /** A page, newest first. */
    async list(
      question: WalletQuestion & PageQuestion,
    ): Promise<{ items: WalletCredentialRow[]; nextCursor: string | null }> {
      const order = { time: 'stored_at', id: 'credential_id' } as const
      const { rows, nextCursor } = await pageOf(asked(question), order, question)
      return { items: rows, nextCursor }
    },

    /** Forgets one for ever; false when there is none. */
    async delete(tenantId: string, credentialId: string, event: NewRow<'events'>): Promise<boolean> {
      return database.transaction().execute(async (trx) => {
        const { numDeletedRows } = await trx
          .deleteFrom('wallet_credentials')
          .where('tenant_id', '=', tenantId)
          .where('credential_id', '=', credentialId)
          .executeTakeFirst()
        if (numDeletedRows > 0n) await appendEvent(trx, event)
        return numDeletedRows > 0n
      })
    },
  }
}
