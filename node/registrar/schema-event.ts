import { eventRow } from '../events/event.ts'
import type { SchemaDeps } from './registrar.ts'

/** Makes the event of a schema that is on the ledger now. */
export function schemaRegistered({ now }: Pick<SchemaDeps, 'now'>, transactionHash: string | null) {
  return (schema: { schemaId: string; issuerDid: string; tenantId: string; digest: string }) => {
    const { schemaId: subject, issuerDid, tenantId, digest } = schema
    const data = { issuerDid, digest, transactionHash }
    return eventRow({ type: 'schema.registered', subject, data, at: now(), tenantId })
  }
}
