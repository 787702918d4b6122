// Types as in tables.ts: what SQLite and PostgreSQL share.

/** Accounts that pay for transactions. */
export interface RelayersTable {
  address: string
  /** The nonce of the next transaction. */
  next_nonce: number
}

/** Transactions of those accounts, each written before it is broadcast; amounts of wei and gas are decimal text. */
export interface TransactionsTable {
  hash: string
  relayer: string
  nonce: number
  /** Counts the transactions signed for one nonce, from 0. */
  attempt: number
  /** The signed bytes; empty when they are of no more use. */
  raw: string
  purpose: 'registration' | 'status' | 'list' | 'did' | 'schema' | 'definition' | 'other' | 'gap'
  /** Id of what it is for. */
  reference: string | null
  max_fee_per_gas: string
  max_priority_fee_per_gas: string
  /** `final`: so deep in the chain that nothing is asked any more; `lost`: another one has its nonce. */
  state: 'signed' | 'mined' | 'final' | 'lost'
  /** Where it was seen last. */
  block_number: number | null
  block_hash: string | null
  gas_used: string | null
  created_at: string
  mined_at: string | null
}
