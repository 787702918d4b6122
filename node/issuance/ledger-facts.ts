import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Address, Hex, Ledger, LedgerChange, LedgerStatusList, SchemaName } from '../ledger/ledger.ts'
import { parseSchemaId } from '../ledger/resource-id.ts'
import { type OpenedSchema, openSchema } from '../schemas/open-schema.ts'
import { createMemo } from './memo.ts'

/** A resolved DID: its document and whether it has been deactivated. */
interface ResolvedDid {
  document: JsonObject & { id: string }
  deactivated: boolean
}

/** A schema of the ledger: its content never changes. */
interface SchemaFacts {
  name: SchemaName
  key: Hex
  opened: OpenedSchema
}

/** What the ledger says, remembered: immutable facts as long as there is room, mutable ones for a short time. */
export interface LedgerFacts {
  /** @throws CHAIN_UNREACHABLE, DID_METHOD_UNSUPPORTED */
  did(did: string): Promise<ResolvedDid | undefined>
  /** Whether the relayer may write the status lists of an issuer. */
  isStatusDelegate(identity: Address): Promise<boolean>
  /** @throws SCHEMA_NOT_FOUND, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE */
  schema(schemaId: string): Promise<SchemaFacts>
  schemaState(schema: SchemaFacts): Promise<{ active: boolean; restricted: boolean }>
  isAllowed(schema: SchemaFacts, issuer: Address): Promise<boolean>
  list(key: Hex): Promise<LedgerStatusList | undefined>
  /** Versions that lists have for a moment, between the transactions of one change; the result ends it. */
  passThrough(steps: readonly { key: Hex; version: number }[]): () => void
  isPassing(key: Hex, version: number): boolean
  /** Forgets what a change made old; for changes that this node made itself, before `watch` sees them. */
  forget(change: LedgerChange): void
  close(): void
}

interface Deps {
  ledger: Pick<Ledger, 'dids' | 'schemas' | 'statusLists' | 'relayer' | 'identityOf' | 'didOf' | 'watch'>
  resolveDid(did: string): Promise<ResolvedDid | undefined>
  /** How long a mutable fact counts as true, in milliseconds, unless an event says otherwise before. */
  ttlMs: number
}

const SCHEMAS = 500
const MUTABLE = 20_000

export function createLedgerFacts({ ledger, resolveDid, ttlMs }: Deps): LedgerFacts {
  const mutable = <Key, Value>(load: (key: Key) => Promise<Value>) =>
    createMemo({ limit: MUTABLE, ttlMs, load })
  const dids = mutable(resolveDid)
  const delegates = mutable((identity: Address) =>
    ledger.dids.isAuthorized(identity, 'status', ledger.relayer),
  )
  const lists = mutable((key: Hex) => ledger.statusLists.get(key))
  const schemas = createMemo({ limit: SCHEMAS, load: loadSchema })
  const states = mutable(async (schemaId: string) => ledger.schemas.state((await schemas.get(schemaId)).name))
  // one answer for each schema holds those about its issuers, so that one event makes all of them old
  const allowances = mutable(async (key: Hex) =>
    createMemo({ limit: 1_000, ttlMs, load: (issuer: Address) => ledger.schemas.isAllowed(key, issuer) }),
  )
  const idsByKey = new Map<Hex, string>()
  const passing = new Set<{ key: Hex; version: number }>()

  async function loadSchema(schemaId: string): Promise<SchemaFacts> {
    const name = parseSchemaId(schemaId)
    const known = name && ledger.identityOf(name.issuerDid) === name.issuer
    const schema = known ? await ledger.schemas.get(name) : undefined
    if (!name || !schema) throw new IssuerError('SCHEMA_NOT_FOUND', { facts: { schemaId } })
    const opened = openSchema({ schemaId, content: schema.content, digest: schema.digest })
    idsByKey.set(schema.key, schemaId)
    return { name, key: schema.key, opened }
  }

  function forget(change: LedgerChange): void {
    if (change.registry === 'status-list') lists.forget(change.key)
    if (change.registry === 'did') {
      delegates.forget(change.identity)
      dids.forget(ledger.didOf(change.identity))
    }
    if (change.registry === 'schema') {
      allowances.forget(change.key)
      const schemaId = idsByKey.get(change.key)
      if (schemaId !== undefined) states.forget(schemaId)
    }
  }

  const stop = ledger.watch(forget)
  return {
    did: (did) => dids.get(did),
    isStatusDelegate: (identity) => delegates.get(identity),
    schema: (schemaId) => schemas.get(schemaId),
    schemaState: async (schema) => {
      const state = await states.get(schema.opened.id)
      if (!state) throw new IssuerError('SCHEMA_NOT_FOUND', { facts: { schemaId: schema.opened.id } })
      return state
    },
    isAllowed: async (schema, issuer) => (await allowances.get(schema.key)).get(issuer),
    list: (key) => lists.get(key),
    passThrough: (steps) => {
      for (const step of steps) passing.add(step)
      return () => {
        for (const step of steps) passing.delete(step)
      }
    },
    isPassing: (key, version) =>
      passing.values().some((step) => step.key === key && step.version === version),
    forget,
    close: stop,
  }
}
