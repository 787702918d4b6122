import { IssuerError } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { DidChange } from '../ledger/ledger.ts'
import { type Act, presentAct } from '../request-context.ts'
import type { DidKey, StoredDid } from '../stores/stored-did.ts'
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

/** What a request writes down with the keys that it makes, and again with its transaction. */
interface Rotation {
  fresh: string[]
  revoked: string[]
  transactionHash?: string
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
 * MALFORMED_REQUEST, QUOTA_EXCEEDED, CHAIN_UNREACHABLE
 */
export async function rotateKeys(deps: DidDeps, input: Input): Promise<RotatedKeys> {
  const { did } = input
  checkReason(input)
  const stored = await requireControlledDid(deps, did)
  const act = presentAct<Rotation>('rotate keys')
  const { keys, deactivated, document } = await settleKeys(deps, stored)
  if (deactivated) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  const before = act?.outcome
  const finished = finishedBefore(keys, before)
  if (before && finished) return { did, document, revoked: before.revoked, ...finished }
  const old = keys.filter((key) => isMeant(key, input))
  const statements = await statementsOn(deps, input, old)
  if (old.length + statements.length === 0) throw new IssuerError('KEY_NOT_FOUND', { facts: { did } })
  const revoked = old.map(({ verificationMethod }) => verificationMethod)
  const replaced = await replacements(deps, { stored, old, act })
  const { fresh } = replaced
  const changes = [...replaced.changes, ...statements]
  let signed = before?.transactionHash !== undefined
  try {
    const onSigned = async ({ hash: transactionHash }: { hash: string }) => {
      signed = true
      await act?.note({ fresh, revoked, transactionHash })
    }
    const { transactionHash } = await applyChanges(deps, stored, changes, { onSigned })
    if (statements.length > 0) await tellCompromise(deps, input, { old, transactionHash })
    const settled = await settleAgain(deps, stored)
    return { did, document: settled.document, transactionHash, revoked, added: addedBy(settled.keys, fresh) }
  } catch (error) {
    if (!signed) await forget(deps, did, fresh)
    // of two transactions for one request the ledger takes one: the earlier one may have been it
    const settled = before && !isRetryable(error) ? await settleAgain(deps, stored) : undefined
    const made = settled && finishedBefore(settled.keys, before)
    if (made) return { did, document: settled.document, revoked, ...made }
    throw error
  }
}

const isRetryable = (error: unknown) => error instanceof IssuerError && error.retryable

const settleAgain = async (deps: DidDeps, stored: StoredDid) =>
  settleKeys(deps, (await deps.dids.get(stored.did)) ?? stored)

const addedBy = (keys: readonly DidKey[], fresh: readonly string[]): string[] =>
  keys.flatMap(({ keyRef, verificationMethod }) => (fresh.includes(keyRef) ? [verificationMethod] : []))

/** What an attempt before has put onto the ledger: its keys come there all together. */
function finishedBefore(keys: readonly DidKey[], before: Rotation | undefined) {
  if (before?.transactionHash === undefined || before.fresh.length === 0) return undefined
  const added = addedBy(keys, before.fresh)
  return added.length < before.fresh.length ? undefined : { added, transactionHash: before.transactionHash }
}

/** That others may hold keys is said by the ledger; the log says when this node was told. */
async function tellCompromise(
  deps: DidDeps,
  { did, verificationMethod, compromisedSince: since = deps.now() }: Input,
  { old, transactionHash }: { old: readonly DidKey[]; transactionHash: string },
): Promise<void> {
  const keys = old.length === 0 ? [verificationMethod ?? ''] : old.map((key) => key.verificationMethod)
  const data = { keys, since: since.toISOString(), transactionHash }
  const event = eventRow({ type: 'did.keys_compromised', subject: did, data, at: deps.now() })
  await deps.dids.update(did, { event })
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

/** New keys for old ones; those that an attempt before has made are used. */
async function replacements(
  deps: DidDeps,
  { stored, old, act }: { stored: StoredDid; old: readonly DidKey[]; act: Act<Rotation> | undefined },
): Promise<{ changes: DidChange[]; fresh: string[] }> {
  const added: DidChange[] = []
  const revoked: DidChange[] = []
  const fresh: { keyRef: string; type: KeyType }[] = []
  const made = stored.pendingKeys.filter(({ keyRef }) => act?.outcome?.fresh.includes(keyRef))
  for (const { keyRef, type } of old) {
    const { publicKey } = await deps.keyStore.requireSigner(keyRef)
    const known = made.find((key) => key.type === type && !fresh.some((taken) => taken.keyRef === key.keyRef))
    const signer = known
      ? await deps.keyStore.requireSigner(known.keyRef)
      : await deps.keyStore.generate(type)
    fresh.push({ keyRef: known?.keyRef ?? signer.keyRef, type })
    added.push(addKey(type, signer.publicKey))
    revoked.push({ kind: 'revokeAttribute', ...keyAttribute(type, publicKey) })
  }
  const keyRefs = fresh.map(({ keyRef }) => keyRef)
  const further = fresh.filter(({ keyRef }) => !made.some((key) => key.keyRef === keyRef))
  const outcome = { fresh: keyRefs, revoked: old.map(({ verificationMethod }) => verificationMethod) }
  try {
    await deps.dids.addPendingKeys(stored.did, further, act && ((trx) => act.note(outcome, trx)))
  } catch (error) {
    for (const { keyRef } of further) await deps.keyStore.destroy(keyRef)
    throw error
  }
  return { changes: [...added, ...revoked], fresh: keyRefs }
}

async function forget(deps: DidDeps, did: string, keyRefs: readonly string[]): Promise<void> {
  await deps.dids.removePendingKeys(did, keyRefs)
  for (const keyRef of keyRefs) await deps.keyStore.destroy(keyRef)
}
