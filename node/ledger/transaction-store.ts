import type { Address, Hex, SignedTransaction } from './ledger.ts'

/** What a transaction is for; `gap` uses up a nonce and does nothing. */
export type TransactionPurpose =
  | 'registration'
  | 'status'
  | 'list'
  | 'did'
  | 'schema'
  | 'definition'
  | 'other'
  | 'gap'

/** A transaction as it is kept: written before anybody has seen it. Fees in wei. */
export interface StoredTransaction extends SignedTransaction {
  relayer: Address
  /** Counts the transactions signed for one nonce, from 0; each later one pays more. */
  attempt: number
  purpose: TransactionPurpose
  /** Id of what it is for, by which its owner finds it. */
  reference: string | null
  maxFeePerGas: bigint
  maxPriorityFeePerGas: bigint
  /**
   * `signed`: not known to be in a block. `mined`: in a block that may still be replaced. `final`: so deep that
   * nothing is asked any more. `lost`: another transaction has its nonce.
   */
  state: 'signed' | 'mined' | 'final' | 'lost'
  /** Where it was seen last; a block that a reorganisation took away stays here until there is another one. */
  blockNumber: number | null
  blockHash: Hex | null
  gasUsed: bigint | null
  /** ISO 8601, UTC. */
  createdAt: string
}

/** What became of a stored transaction. */
export interface TransactionChange extends Pick<StoredTransaction, 'hash' | 'state'> {
  /** Left out: as it was. */
  block?: { number: number; hash: Hex; gasUsed: bigint }
}

/**
 * Where the relayer keeps what it signed, and which nonce comes next: shared by all processes that use one account.
 * No method holds anything open between two calls.
 */
export interface TransactionStore {
  /** The next nonce of an account, after making it at least `atLeast`. */
  nextNonce(relayer: Address, atLeast: number): Promise<number>
  /**
   * Stores transactions of consecutive nonces and moves the next nonce behind them, all or nothing; false when the
   * next nonce is not that of the first any more.
   */
  take(transactions: readonly StoredTransaction[]): Promise<boolean>
  /** Takes back transactions that nobody has seen; false when later nonces are in use, so that they must stay. */
  release(transactions: readonly StoredTransaction[]): Promise<boolean>
  /** Stores a further transaction for a nonce; false when there is one of that number already. */
  addAttempt(transaction: StoredTransaction): Promise<boolean>
  /** All that are `signed` or `mined`, by nonce and attempt. */
  open(relayer: Address): Promise<StoredTransaction[]>
  /** All of one nonce, by attempt. */
  ofNonce(relayer: Address, nonce: number): Promise<StoredTransaction[]>
  get(hash: Hex): Promise<StoredTransaction | undefined>
  /** All that an owner gave this reference, by nonce and attempt. */
  ofReference(reference: string): Promise<StoredTransaction[]>
  note(changes: readonly TransactionChange[]): Promise<void>
}
