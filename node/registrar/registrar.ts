import type { JsonObject } from '../json.ts'
import type { KeyStore } from '../keys/key-store.ts'
import type { Ledger, LedgerChange } from '../ledger/ledger.ts'
import type { ContextStore } from '../stores/contexts.ts'
import type { DidImportStore } from '../stores/did-imports.ts'
import type { DidStore } from '../stores/dids.ts'
import type { SchemaStore } from '../stores/schemas.ts'

export type DidDocument = JsonObject & { id: string }

/** What writing to the registries stands on; each function takes the part that it uses. */
export interface RegistrarDeps {
  ledger: Pick<Ledger, 'dids' | 'schemas' | 'identityOf' | 'didOf' | 'relayer' | 'outcome'>
  keyStore: KeyStore
  dids: DidStore
  didImports: DidImportStore
  schemas: SchemaStore
  contexts: ContextStore
  /** As the ledger has it now, without a cache; undefined when there is no such DID. @throws CHAIN_UNREACHABLE */
  resolveDid(did: string): Promise<{ document: DidDocument; deactivated: boolean } | undefined>
  /** Makes caches forget what a write has changed. */
  forget(change: LedgerChange): void
  /** The did:web whose document this node serves at a path; undefined where there can be none. */
  didWebAt?(path: string): string | undefined
  /** Where this node publishes contexts, without a slash at the end. */
  publicUrl: string
  /** Contexts that every node has, by URL. */
  bundledContexts: ReadonlyMap<string, JsonObject>
  now(): Date
}

/** The deps of whatever changes DIDs. */
export type DidDeps = Pick<
  RegistrarDeps,
  'ledger' | 'keyStore' | 'dids' | 'resolveDid' | 'forget' | 'now' | 'didWebAt'
>

/** The deps of whatever takes in DIDs. */
export type DidImportDeps = DidDeps & Pick<RegistrarDeps, 'didImports'>

/** The deps of whatever changes schemas. */
export type SchemaDeps = Pick<
  RegistrarDeps,
  'ledger' | 'dids' | 'schemas' | 'contexts' | 'forget' | 'publicUrl' | 'bundledContexts' | 'now'
>
