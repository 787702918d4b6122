import type { KeyType } from '../keys/key-store.ts'

/** A DID whose keys this node holds. */
export interface DidRecord {
  did: string
  /** In order of preference; `verificationMethod` as resolution gives it. */
  keys: readonly { verificationMethod: string; keyRef: string; type: KeyType }[]
}

/** What the agent asks of the node's DIDs. */
export interface DidRecords {
  get(did: string): Promise<DidRecord | undefined>
  list(): Promise<readonly DidRecord[]>
}
