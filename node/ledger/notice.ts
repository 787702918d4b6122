import type { Hex } from './ledger.ts'

/** What the relayer did or met on its own account, for the log. */
export interface LedgerNotice {
  event:
    | 'transaction sent again'
    | 'fees raised'
    | 'fee cap reached'
    | 'nonce used by another writer'
    | 'obsolete transaction replaced'
    | 'gap in the nonces filled'
    | 'transaction no longer in its block'
    | 'transaction mined in another block'
    | 'transaction lost in a reorganisation'
  nonce: number
  hash?: Hex
  /** Amounts of wei in decimal. */
  facts?: Readonly<Record<string, string>>
}
