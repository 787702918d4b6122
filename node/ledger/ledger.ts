import type { TransactionPurpose } from './transaction-store.ts'

export type Hex = `0x${string}`
/** An account address, lower case. */
export type Address = Hex

/** Where the four registries stand on a chain. */
export interface RegistryAddresses {
  didRegistry: Address
  schemaRegistry: Address
  credentialDefinitionRegistry: Address
  statusListRegistry: Address
}

/** A mined transaction. */
export interface Receipt {
  transactionHash: Hex
  blockNumber: number
  gasUsed: bigint
}

/** A signed transaction, known by its hash before anybody has seen it. */
export interface SignedTransaction {
  hash: Hex
  raw: Hex
  nonce: number
}

/** Options of every call that writes. */
export interface SendOptions {
  /** Id of what the transactions are for, by which their owner finds them again. */
  reference?: string
  /**
   * Called with each signed transaction, and its position where there are several, before it is stored and
   * broadcast; what it throws stops both.
   */
  onSigned?: (transaction: SignedTransaction, position: number) => Promise<void>
}

/** What became of a transaction whose owner was told once that it was mined. */
export type TransactionFate = {
  purpose: TransactionPurpose
  /** What its owner gave it. */
  reference: string | null
  /** Its own, and of those that were signed for its nonce to pay more. */
  hashes: readonly Hex[]
} & (
  | { outcome: 'mined'; receipt: Receipt }
  /** It will not be mined again: its nonce is used, or the ledger refuses it now. */
  | { outcome: 'lost' }
)

/** Told of each fate before it is noted, so that it is told again after a crash; what it throws stops the noting. */
export type OnFate = (fate: TransactionFate) => Promise<void>

/** A change of a DID document, as DidRegistry.Change; names are ASCII of at most 32 bytes. */
export type DidChange =
  | { kind: 'setAttribute'; name: string; value: Uint8Array; validity: number }
  | { kind: 'revokeAttribute'; name: string; value: Uint8Array }
  | { kind: 'addDelegate'; type: string; delegate: Address; validity: number }
  | { kind: 'revokeDelegate'; type: string; delegate: Address }
  | { kind: 'changeOwner'; owner: Address }

/** One event of a DID, oldest first in a history. */
export interface DidEvent {
  blockNumber: number
  /** ISO 8601, UTC, of the block. */
  time: string
  transactionHash: Hex
  change:
    | { kind: 'ownerChanged'; owner: Address }
    | { kind: 'delegateChanged'; type: string; delegate: Address; validTo: bigint }
    | { kind: 'attributeChanged'; name: string; value: Uint8Array; validTo: bigint }
}

/** DidRegistry. */
export interface DidLedger {
  isActive(identity: Address): Promise<boolean>
  owner(identity: Address): Promise<Address>
  isAuthorized(identity: Address, delegateType: 'schema' | 'status', actor: Address): Promise<boolean>
  /** Applies changes signed by the identity's owner; the relayer pays. `sign` gets the EIP-712 digest. */
  applyChangesSigned(
    input: {
      identity: Address
      changes: readonly DidChange[]
      sign: (digest: Uint8Array) => Uint8Array | Promise<Uint8Array>
    },
    options?: SendOptions,
  ): Promise<Receipt>
  /** The call with which the owner applies the same changes itself. */
  encodeChanges(input: { identity: Address; changes: readonly DidChange[] }): { to: Address; data: Hex }
  /** @throws LEDGER_DATA_INVALID for more than 2,000 changes */
  history(identity: Address): Promise<readonly DidEvent[]>
}

export type SchemaKind = 'json-schema' | 'anoncreds'

/** Name of a schema; its key on the ledger and its id follow from it. */
export interface SchemaName {
  kind: SchemaKind
  issuer: Address
  name: string
  version: string
}

/** A schema as the ledger holds it; `digest` is the SHA-256 of `content` and has been checked. */
export interface LedgerSchema extends SchemaName {
  key: Hex
  content: Uint8Array
  digest: Hex
  active: boolean
  restricted: boolean
  blockNumber: number
  /** ISO 8601, UTC. */
  time: string
}

/** SchemaRegistry. */
export interface SchemaLedger {
  keyOf(name: SchemaName): Hex
  register(
    input: SchemaName & { content: Uint8Array; restricted: boolean },
    options?: SendOptions,
  ): Promise<Receipt & { key: Hex; digest: Hex }>
  registerBatch(
    inputs: readonly (SchemaName & { content: Uint8Array; restricted: boolean })[],
    options?: SendOptions,
  ): Promise<Receipt>
  deactivate(key: Hex, options?: SendOptions): Promise<Receipt>
  setAllowed(
    input: { key: Hex; issuers: readonly Address[]; allowed: boolean },
    options?: SendOptions,
  ): Promise<Receipt>
  /** The mutable facts alone: cheap. */
  state(name: SchemaName): Promise<{ active: boolean; restricted: boolean } | undefined>
  isAllowed(key: Hex, issuer: Address): Promise<boolean>
  /** Head and content. @throws LEDGER_DATA_INVALID when the content does not have its digest */
  get(name: SchemaName): Promise<LedgerSchema | undefined>
}

export type DefinitionKind = 'claim-def' | 'rev-reg-def'

/** Name of a credential definition or revocation registry definition; its key on the ledger follows from it. */
export interface DefinitionName {
  kind: DefinitionKind
  issuer: Address
  /** Of a claim definition the key of its schema, of a revocation registry definition that of its claim definition. */
  parentKey: Hex
  tag: string
}

/** A definition as the ledger holds it; `digest` is the SHA-256 of `content` and has been checked. */
export interface LedgerDefinition extends DefinitionName {
  key: Hex
  content: Uint8Array
  digest: Hex
  active: boolean
  blockNumber: number
  /** ISO 8601, UTC. */
  time: string
}

/** CredentialDefinitionRegistry. */
export interface DefinitionLedger {
  keyOf(name: DefinitionName): Hex
  /** One transaction for all; a later one may build on an earlier one. */
  registerBatch(
    inputs: readonly (DefinitionName & { content: Uint8Array })[],
    options?: SendOptions,
  ): Promise<Receipt>
  deactivate(key: Hex, options?: SendOptions): Promise<Receipt>
  /** The mutable fact alone: cheap. */
  state(name: DefinitionName): Promise<{ active: boolean } | undefined>
  /** Head and content. @throws LEDGER_DATA_INVALID when the content does not have its digest */
  get(name: DefinitionName): Promise<LedgerDefinition | undefined>
}

export type StatusPurpose = 'revocation' | 'suspension'

/** Name of a status list; its key on the ledger and its id follow from it. */
export interface StatusListName {
  issuer: Address
  purpose: StatusPurpose
  number: number
}

/** A status list as the ledger holds it. */
export interface LedgerStatusList extends StatusListName {
  key: Hex
  capacity: number
  /** Entries registered so far. */
  registered: number
  /** Counts the changes of status. */
  version: number
}

/** `count` entries of a list, added by one transaction, with the Merkle root over them. */
export interface RegistrationOp {
  key: Hex
  expectedRegistered: number
  count: number
  root: Hex
}

/** Indices of one list, strictly increasing, that get the value. */
export interface StatusOp {
  key: Hex
  expectedVersion: number
  indices: readonly number[]
  value: boolean
}

/** A registration found on the ledger. */
export interface LedgerRegistration {
  first: number
  count: number
  root: Hex
  transactionHash: Hex
  blockNumber: number
  /** ISO 8601, UTC. */
  time: string
}

/** StatusListRegistry. */
export interface StatusListLedger {
  keyOf(name: StatusListName): Hex
  createLists(
    inputs: readonly (StatusListName & { capacity: number; url: string })[],
    options?: SendOptions,
  ): Promise<Receipt>
  /** @throws TRANSACTION_REVERTED with facts.error = 'UnexpectedRegistered' when another one was first */
  registerBatch(ops: readonly RegistrationOp[], options?: SendOptions): Promise<Receipt>
  /** The transactions that changes of status take: none above the gas limit of ledger.md, in order. */
  planStatus(ops: readonly StatusOp[]): Promise<StatusOp[][]>
  /** One transaction for each part; all are signed and stored before the first is broadcast. */
  setStatus(parts: readonly (readonly StatusOp[])[], options?: SendOptions): Promise<readonly Receipt[]>
  /** Plans and sends; each receipt is one transaction. */
  setStatusBatch(ops: readonly StatusOp[], options?: SendOptions): Promise<readonly Receipt[]>
  get(key: Hex): Promise<LedgerStatusList | undefined>
  /** At the end of a block, or now. @throws TRANSACTION_REVERTED when there is no such list then */
  statusOf(key: Hex, index: number, blockNumber?: number): Promise<boolean>
  /** The whole list as its W3C bitstring (capacity / 8 bytes) with the version it had, read at one block. */
  bitstring(key: Hex): Promise<{ bits: Uint8Array; version: number; blockNumber: number }>
  /** The registration that holds the `position`-th entry (0-based count of registered entries). */
  registration(key: Hex, position: number): Promise<LedgerRegistration | undefined>
  /** The root that the Merkle proof of an entry leads to; it proves a registration that has this root. */
  rootOf(path: { key: Hex; index: number; digest: Hex; proof: readonly Hex[] }): Hex
  /** The registration made by a known transaction for this list. */
  registrationInTransaction(key: Hex, transactionHash: Hex): Promise<readonly LedgerRegistration[]>
}

/** What changed on the ledger; caches forget it. */
export type LedgerChange =
  | { registry: 'did'; identity: Address }
  | { registry: 'schema'; key: Hex }
  | { registry: 'status-list'; key: Hex }

/** The registries of one chain, and the account that pays for writes. */
export interface Ledger {
  readonly chainId: number
  readonly registries: RegistryAddresses
  /** Address of the relayer account, which pays and acts as the issuers' delegate. */
  readonly relayer: Address
  readonly dids: DidLedger
  readonly schemas: SchemaLedger
  readonly definitions: DefinitionLedger
  readonly statusLists: StatusListLedger
  /** `did:ethr:<chain id in hex>:<address>` */
  didOf(identity: Address): string
  /** The identity of a did:ethr of this chain's registry, or undefined for any other DID. */
  identityOf(did: string): Address | undefined
  head(): Promise<{ blockNumber: number; time: string; genesisHash: Hex }>
  /** Hash of a block; undefined when the chain has none of that number. */
  blockHash(blockNumber: number): Promise<Hex | undefined>
  relayerBalance(): Promise<bigint>
  /** Sends again what was stored under a reference and waits for it; false when there is nothing. @throws CHAIN_UNREACHABLE */
  resume(reference: string): Promise<boolean>
  /**
   * What became of what was stored under a reference, or of a transaction by its hash: whether some may still be
   * mined, and what was, in order.
   */
  outcome(name: string): Promise<{ pending: boolean; receipts: readonly Receipt[] }>
  /**
   * The receipt of a mined transaction, or of the one that was signed in its place to pay more.
   * @throws TRANSACTION_REVERTED when it was mined and refused
   */
  receipt(hash: Hex): Promise<Receipt | undefined>
  /**
   * Looks after all stored transactions that are not final: sends them again, raises their fees, follows them through
   * reorganisations. Gives how many it did something about. @throws CHAIN_UNREACHABLE, and what `onFate` throws
   */
  tend(onFate: OnFate): Promise<number>
  /** Whether something that was mined is not where it was: what the chain says now may not hold. */
  isUnsettled(): Promise<boolean>
  /** Tells changes as they are mined; returns the function that stops it. */
  watch(onChange: (change: LedgerChange) => void): () => void
  close(): Promise<void>
}
