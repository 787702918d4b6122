import { IssuerError } from '../errors.ts'
import { type EventType, eventRow } from '../events/event.ts'
import type { JsonObject } from '../json.ts'
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
  deps: Pick<DidDeps, 'keyStore' | 'dids' | 'resolveDid' | 'now'>,
  stored: StoredDid,
): Promise<SettledKeys> {
  const resolved = await deps.resolveDid(stored.did)
  if (!resolved) throw new IssuerError('DID_NOT_FOUND', { facts: { did: stored.did } })
  const { document, deactivated } = resolved
  if (deactivated) {
    const data = { transactionHash: null }
    await deps.dids.deactivate(stored.did, eventOf(deps, stored, { type: 'did.deactivated', data }))
    return { document, deactivated, keys: [], missing: stored.pendingKeys }
  }
  const { shown, missing } = await lookFor(deps, document, stored.pendingKeys)
  const { missing: gone } = await lookFor(deps, document, stored.keys)
  await recordSeen(deps, stored, { shown, gone })
  // one whose controller key lives elsewhere is taken in by importDid alone, which looks at its delegates, too
  if (stored.state === 'pending' && missing.length === 0 && stored.origin !== 'imported') {
    const data = { method: stored.method, keys: methodsOf(shown), transactionHash: stored.transactionHash }
    await deps.dids.activate(stored.did, eventOf(deps, stored, { type: 'did.created', data }))
  }
  const kept = stored.keys.filter((key) => !gone.includes(key))
  return { document, deactivated, keys: [...kept, ...shown], missing }
}

/** Which keys of the node a DID document shows, by the ids that it gives them. @throws KEY_NOT_FOUND */
export async function lookFor<Key extends { keyRef: string; type: KeyType }>(
  { keyStore }: Pick<DidDeps, 'keyStore'>,
  document: DidDocument,
  keys: readonly Key[],
): Promise<{ shown: DidKey[]; missing: Key[] }> {
  const shown: DidKey[] = []
  const missing: Key[] = []
  for (const key of keys) {
    const { keyRef, type } = key
    const { publicKey } = await keyStore.requireSigner(keyRef)
    const verificationMethod = assertionMethodOf(document, type, publicKey)
    if (verificationMethod === undefined) missing.push(key)
    else shown.push({ keyRef, type, verificationMethod })
  }
  return { shown, missing }
}

const methodsOf = (keys: readonly DidKey[]) => keys.map(({ verificationMethod }) => verificationMethod)

/** The keys of a DID that was active before have been rotated; those of a new one come with it. */
async function recordSeen(
  deps: Pick<DidDeps, 'dids' | 'now'>,
  stored: StoredDid,
  { shown, gone }: { shown: readonly DidKey[]; gone: readonly DidKey[] },
): Promise<void> {
  if (shown.length + gone.length === 0) return
  const data = { added: methodsOf(shown), removed: methodsOf(gone) }
  const event =
    stored.state === 'active' ? eventOf(deps, stored, { type: 'did.keys_rotated', data }) : undefined
  await deps.dids.recordSeenKeys(stored.did, { shown, ended: gone.map(({ keyRef }) => keyRef), event })
}

/** An event of the DID's own tenant, whoever found out about it. */
const eventOf = (
  { now }: Pick<DidDeps, 'now'>,
  { did, tenantId }: StoredDid,
  { type, data }: { type: EventType; data: JsonObject },
) => eventRow({ type, subject: did, data, at: now(), tenantId })
