import type { ErrorCode } from '../errors.ts'
import type { Database } from './database.ts'
import type { Tables } from './tables.ts'

/** What is counted before more is added to it. */
export interface CountedRows {
  /** As errors call them. */
  name: string
  /** Of the error; QUOTA_EXCEEDED when left out. */
  code?: ErrorCode
  count(trx: Database, owner: string): Promise<number>
  /** A quota of the owner's own, instead of that of the node. */
  quotaOf?(trx: Database, owner: string): Promise<number | null | undefined>
}

type OfTenants = {
  [T in keyof Tables]: Tables[T] extends { tenant_id: unknown } ? T : never
}[keyof Tables]

const ofTenant = async (trx: Database, table: OfTenants, tenantId: string): Promise<number> => {
  const { count } = await trx
    .selectFrom(table as 'dids')
    .select((eb) => eb.fn.countAll<number | string>().as('count'))
    .where('tenant_id', '=', tenantId)
    .executeTakeFirstOrThrow()
  return Number(count)
}

/** Rows that callers add as they like, by what they are called in the configuration; owners are tenants unless told. */
export const counted = {
  dids: {
    name: 'DIDs of this tenant',
    count: async (trx, tenantId) =>
      (await ofTenant(trx, 'dids', tenantId)) + (await ofTenant(trx, 'did_imports', tenantId)),
    async quotaOf(trx, tenantId) {
      const tenant = trx.selectFrom('tenants').select('did_quota').where('tenant_id', '=', tenantId)
      return (await tenant.executeTakeFirst())?.did_quota
    },
  },
  /** Of a DID: those that were replaced are kept, as what they have signed is. */
  keys: {
    name: 'keys of this DID, replaced ones included',
    async count(trx, did) {
      const { count } = await trx
        .selectFrom('did_keys')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('did', '=', did)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  },
  /** Of an issuer. */
  contexts: {
    name: 'contexts of this issuer',
    async count(trx, issuerDid) {
      const { count } = await trx
        .selectFrom('registered_contexts')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('issuer_did', '=', issuerDid)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  },
  schemas: {
    name: 'schemas of this tenant',
    count: async (trx, tenantId) =>
      (await ofTenant(trx, 'schemas', tenantId)) + (await ofTenant(trx, 'anoncreds_schemas', tenantId)),
  },
  definitions: {
    name: 'credential definitions of this tenant',
    count: (trx, tenantId) => ofTenant(trx, 'anoncreds_definitions', tenantId),
  },
  apiKeys: {
    name: 'API keys of this tenant',
    count: (trx, tenantId) => ofTenant(trx, 'api_keys', tenantId),
  },
  /** Of a credential. */
  offers: {
    name: 'offers of this credential that have not expired',
    async count(trx, credentialId) {
      const { count } = await trx
        .selectFrom('offers')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('credential_id', '=', credentialId)
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  },
  connections: {
    name: 'connections of this tenant',
    count: (trx, tenantId) => ofTenant(trx, 'connections', tenantId),
  },
  /** Of a connection: what one side can make the other keep. */
  exchanges: {
    name: 'exchanges over this connection that are not at their end',
    code: 'EXCHANGE_LIMIT',
    async count(trx, connectionId) {
      const { count } = await trx
        .selectFrom('exchanges')
        .select((eb) => eb.fn.countAll<number | string>().as('count'))
        .where('connection_id', '=', connectionId)
        .where('state', 'not in', ['DONE', 'ABANDONED'])
        .executeTakeFirstOrThrow()
      return Number(count)
    },
  },
  linkSecrets: {
    name: 'link secrets of this tenant',
    count: (trx, tenantId) => ofTenant(trx, 'link_secrets', tenantId),
  },
  presentationRequests: {
    name: 'presentation requests of this tenant that have not ended',
    count: (trx, tenantId) => ofTenant(trx, 'presentation_requests', tenantId),
  },
  /** W3C and AnonCreds together. */
  wallet: {
    name: 'credentials in the wallet of this tenant',
    count: async (trx, tenantId) =>
      (await ofTenant(trx, 'wallet_credentials', tenantId)) +
      (await ofTenant(trx, 'received_credentials', tenantId)),
  },
  recalls: {
    name: 'recalls of this tenant',
    count: (trx, tenantId) => ofTenant(trx, 'recalls', tenantId),
  },
} as const satisfies Record<string, CountedRows>

export type Counted = keyof typeof counted
