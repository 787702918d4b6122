import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { DidChange } from '../ledger/ledger.ts'
import type { DidKey } from '../stores/stored-did.ts'
import { applyChanges } from './apply-changes.ts'
import { addKey, keyAttribute } from './assertion-key.ts'
import { compromiseChanges } from './compromise.ts'
import type { DidDeps, DidDocument } from './registrar.ts'
import { requireControlledDid } from './require-did.ts'
import { settleKeys } from './settle-keys.ts'

/** The outcome of a rotation; keys by the ids that resolution gives them. */
export interface RotatedKeys {
  did: string
  document: DidDocument
  transactionHash: string
  revoked: readonly string[]
  added: readonly string[]
}

interface Input {
  did: string
  keyType?: KeyType | undefined
  verificationMethod?: string | undefined
  /** `compromise`: others may hold the old keys, which the ledger says from then on. `rotation` when left out. */
  reason?: 'rotation' | 'compromise' | undefined
  /** Since when others may hold them; now when left out. */
  compromisedSince?: Date | undefined
}

/**
 * Replaces assertion keys of a DID, all or those of one type or the one named, each by a new one of its type, in one
 * transaction. From then on the old ones sign nothing. A key that was replaced before can still be marked as compromised
 * by its name, which adds no key.
 * @throws DID_NOT_FOUND, ISSUER_DEACTIVATED, DID_NOT_CONTROLLED, DID_METHOD_UNSUPPORTED, KEY_NOT_FOUND,
 * MALFORMED_REQUEST, CHAIN_UNREACHABLE
 */
export async function rotateKeys(deps: DidDeps, input: Input): Promise<RotatedKeys> {
  const { did } = input
  checkReason(input)
  const stored = await requireControlledDid(deps, did)
  const { keys, deactivated } = await settleKeys(deps, stored)
  if (deactivated) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  const old = keys.filter((key) => isMeant(key, input))
  const statements = await statementsOn(deps, input, old)
  if (old.length + statements.length === 0) throw new IssuerError('KEY_NOT_FOUND', { facts: { did } })
  const replaced = await replacements(deps, did, old)
  const { fresh } = replaced
  const changes = [...replaced.changes, ...statements]
  let signed = false
  try {
    const onSigned = async () => {
      signed = true
    }
    const { transactionHash } = await applyChanges(deps, stored, changes, { onSigned })
    const after = await deps.dids.get(did)
    const settled = await settleKeys(deps, after ?? stored)
    return {
      did,
      document: settled.document,
      transactionHash,
      revoked: old.map(({ verificationMethod }) => verificationMethod),
      added: settled.keys
        .filter(({ keyRef }) => fresh.includes(keyRef))
        .map(({ verificationMethod }) => verificationMethod),
    }
  } catch (error) {
    if (!signed) await forget(deps, did, fresh)
    throw error
  }
}

/** @throws MALFORMED_REQUEST */
function checkReason({ reason, compromisedSince }: Input): void {
  if (reason === 'compromise' || compromisedSince === undefined) return
  const violations = [{ pointer: '/compromisedSince', message: 'needs the reason compromise' }]
  throw new IssuerError('MALFORMED_REQUEST', { violations })
}

/** What the ledger shall say about keys that others may hold: those that are replaced, or the earlier one named. */
async function statementsOn(deps: DidDeps, input: Input, old: readonly DidKey[]): Promise<DidChange[]> {
  const { did, reason, verificationMethod, compromisedSince: since = deps.now() } = input
  const identity = deps.ledger.identityOf(did)
  if (reason !== 'compromise' || !identity) return []
  const named = old.length === 0 && verificationMethod !== undefined ? [verificationMethod] : []
  const verificationMethods = [...old.map((key) => key.verificationMethod), ...named]
  return compromiseChanges(deps, { did, identity, verificationMethods, since })
}

function isMeant(key: DidKey, { keyType, verificationMethod }: Input): boolean {
  return (
    (keyType === undefined || key.type === keyType) &&
    (verificationMethod === undefined || key.verificationMethod === verificationMethod)
  )
}

async function replacements(
  deps: DidDeps,
  did: string,
  old: readonly DidKey[],
): Promise<{ changes: DidChange[]; fresh: string[] }> {
  const added: DidChange[] = []
  const revoked: DidChange[] = []
  const fresh: { keyRef: string; type: KeyType }[] = []
  for (const { keyRef, type } of old) {
    const { publicKey } = await deps.keyStore.requireSigner(keyRef)
    const signer = await deps.keyStore.generate(type)
    fresh.push(signer)
    added.push(addKey(type, signer.publicKey))
    revoked.push({ kind: 'revokeAttribute', ...keyAttribute(type, publicKey) })
  }
  if (fresh.length > 0) await deps.dids.addPendingKeys(did, fresh)
  return { changes: [...added, ...revoked], fresh: fresh.map(({ keyRef }) => keyRef) }
}

async function forget(deps: DidDeps, did: string, keyRefs: readonly string[]): Promise<void> {
  await deps.dids.removePendingKeys(did, keyRefs)
  for (const keyRef of keyRefs) await deps.keyStore.destroy(keyRef)
}
