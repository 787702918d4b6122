import { IssuerError } from '../errors.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { DidChange } from '../ledger/ledger.ts'
import type { DidKey } from '../stores/stored-did.ts'
import { applyChanges } from './apply-changes.ts'
import { addKey, keyAttribute } from './assertion-key.ts'
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

/**
 * Replaces assertion keys of a DID, all or those of one type or the one named, each by a new one of its type, in one
 * transaction. From then on the old ones sign nothing.
 * @throws DID_NOT_FOUND, ISSUER_DEACTIVATED, DID_NOT_CONTROLLED, DID_METHOD_UNSUPPORTED, KEY_NOT_FOUND,
 * CHAIN_UNREACHABLE
 */
export async function rotateKeys(
  deps: DidDeps,
  input: { did: string; keyType?: KeyType | undefined; verificationMethod?: string | undefined },
): Promise<RotatedKeys> {
  const { did } = input
  const stored = await requireControlledDid(deps, did)
  const { keys, deactivated } = await settleKeys(deps, stored)
  if (deactivated) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  const old = keys.filter((key) => isMeant(key, input))
  if (old.length === 0) throw new IssuerError('KEY_NOT_FOUND', { facts: { did } })
  const { changes, fresh } = await replacements(deps, did, old)
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

function isMeant(key: DidKey, { keyType, verificationMethod }: Parameters<typeof rotateKeys>[1]): boolean {
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
  await deps.dids.addPendingKeys(did, fresh)
  return { changes: [...added, ...revoked], fresh: fresh.map(({ keyRef }) => keyRef) }
}

async function forget(deps: DidDeps, did: string, keyRefs: readonly string[]): Promise<void> {
  await deps.dids.removePendingKeys(did, keyRefs)
  for (const keyRef of keyRefs) await deps.keyStore.destroy(keyRef)
}
