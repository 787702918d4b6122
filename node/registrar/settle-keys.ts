import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { DidKey, PendingKey, StoredDid } from '../stores/stored-did.ts'
import { assertionMethodOf } from './assertion-key.ts'
import type { DidDeps, DidDocument } from './registrar.ts'

/** A DID document and what it shows of the node's keys. */
export interface SettledKeys {
  document: DidDocument
  deactivated: boolean
  /** Active keys after this look at the ledger. */
  keys: readonly DidKey[]
  /** Keys of the node that the document does not show. */
  missing: readonly PendingKey[]
}

/**
 * Resolves a DID and brings the records of its keys to what the document shows, so that whatever happened between a
 * transaction and its record is made good. A key's id is the one that resolution gives.
 * @throws DID_NOT_FOUND, CHAIN_UNREACHABLE
 */
export async function settleKeys(
  deps: Pick<DidDeps, 'keyStore' | 'dids' | 'resolveDid'>,
  stored: StoredDid,
): Promise<SettledKeys> {
  const resolved = await deps.resolveDid(stored.did)
  if (!resolved) throw new IssuerError('DID_NOT_FOUND', { facts: { did: stored.did } })
  const { document, deactivated } = resolved
  if (deactivated) {
    await deps.dids.deactivate(stored.did)
    return { document, deactivated, keys: [], missing: stored.pendingKeys }
  }
  const methodOf = async ({ keyRef, type }: { keyRef: string; type: KeyType }) => {
    const { publicKey } = await deps.keyStore.requireSigner(keyRef)
    return assertionMethodOf(document, type, publicKey)
  }
  const shown: DidKey[] = []
  const missing: PendingKey[] = []
  for (const key of stored.pendingKeys) {
    const verificationMethod = await methodOf(key)
    if (verificationMethod === undefined) missing.push(key)
    else shown.push({ keyRef: key.keyRef, type: key.type, verificationMethod })
  }
  const kept: DidKey[] = []
  for (const key of stored.keys) if ((await methodOf(key)) !== undefined) kept.push(key)
  const ended = stored.keys.filter((key) => !kept.includes(key)).map(({ keyRef }) => keyRef)
  if (shown.length + ended.length > 0) await deps.dids.recordSeenKeys(stored.did, { shown, ended })
  // An imported DID needs delegates too: importDid looks at them.
  const isComplete = missing.length === 0 && stored.origin !== 'imported'
  if (stored.state === 'pending' && isComplete) await deps.dids.activate(stored.did)
  return { document, deactivated, keys: [...kept, ...shown], missing }
}
