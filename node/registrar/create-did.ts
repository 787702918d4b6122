import { keyMultibase } from '../did/multikey.ts'
import { IssuerError } from '../errors.ts'
import type { KeyType, Signer } from '../keys/key-store.ts'
import { accountAddress } from '../ledger/account-address.ts'
import type { DidChange } from '../ledger/ledger.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import { applyChanges } from './apply-changes.ts'
import { addKey, validity } from './assertion-key.ts'
import type { DidDeps, DidDocument } from './registrar.ts'
import { settleKeys } from './settle-keys.ts'

/** A DID of this node as its maker sees it. */
export interface CreatedDid {
  did: string
  /** As resolution gives it. */
  document: DidDocument
  /** Null for a method without a ledger. */
  transactionHash: string | null
}

/**
 * Makes a DID with keys of this node. did:ethr: its assertion keys, and the relayer as delegate for schemas and status
 * lists, go onto the ledger in one transaction. did:key: one key, no transaction. did:web: its document is served by this
 * node, below its public URL, at `path`.
 * @throws MALFORMED_REQUEST, DID_ALREADY_EXISTS, CHAIN_UNREACHABLE, RELAYER_UNFUNDED; what has not been broadcast leaves nothing behind
 */
export async function createDid(
  deps: DidDeps,
  input: {
    method: 'ethr' | 'key' | 'web'
    /** For did:web: up to three segments, such as `issuers/1`; none for the host itself. */
    path?: string | undefined
    keys?: readonly KeyType[] | undefined
    name?: string | undefined
    origin?: 'created' | 'node'
  },
): Promise<CreatedDid> {
  const types = [...new Set(input.keys ?? [])]
  const keys = types.length === 0 ? (['Ed25519'] as const) : types
  if (input.method !== 'web' && input.path !== undefined) throw misplaced('/path', 'is for did:web alone')
  if (input.method === 'ethr') return createEthrDid(deps, { ...input, keys })
  if (input.method === 'web') return createWebDid(deps, { ...input, keys })
  if (keys.length > 1) {
    throw misplaced('/keys', 'must be one key: a did:key is a key')
  }
  return createKeyDid(deps, keys[0] as KeyType, input.name ?? null)
}

const misplaced = (pointer: string, message: string) =>
  new IssuerError('MALFORMED_REQUEST', { violations: [{ pointer, message }] })

async function createWebDid(
  deps: DidDeps,
  input: { keys: readonly KeyType[]; name?: string | undefined; path?: string | undefined },
): Promise<CreatedDid> {
  const did = deps.didWebAt?.(input.path ?? '')
  if (did === undefined) {
    throw misplaced(
      '/path',
      'must be up to three segments of letters, digits and . _ ~ -; and the public URL of the node https with a host name',
    )
  }
  if (await deps.dids.get(did)) throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
  const keys: Signer[] = []
  for (const type of input.keys) keys.push(await deps.keyStore.generate(type))
  await deps.dids.insertPending({
    did,
    method: 'web',
    name: input.name ?? null,
    origin: 'created',
    controllerKeyRef: null,
    keys,
  })
  const { document } = await settleKeys(deps, (await deps.dids.get(did)) as StoredDid)
  return { did, document, transactionHash: null }
}

async function createKeyDid(deps: DidDeps, type: KeyType, name: string | null): Promise<CreatedDid> {
  const signer = await deps.keyStore.generate(type)
  const did = `did:key:${keyMultibase(type, signer.publicKey)}`
  await deps.dids.insertPending({
    did,
    method: 'key',
    name,
    origin: 'created',
    controllerKeyRef: null,
    keys: [signer],
  })
  const { document } = await settleKeys(deps, (await deps.dids.get(did)) as StoredDid)
  return { did, document, transactionHash: null }
}

async function createEthrDid(
  deps: DidDeps,
  input: { keys: readonly KeyType[]; name?: string | undefined; origin?: 'created' | 'node' },
): Promise<CreatedDid> {
  const controller = await deps.keyStore.generate('secp256k1')
  const signers: Signer[] = []
  for (const type of input.keys) signers.push(await deps.keyStore.generate(type))
  const did = deps.ledger.didOf(accountAddress(controller.publicKey))
  await deps.dids.insertPending({
    did,
    method: 'ethr',
    name: input.name ?? null,
    origin: input.origin ?? 'created',
    controllerKeyRef: controller.keyRef,
    keys: signers,
  })
  return writePendingDid(deps, (await deps.dids.get(did)) as StoredDid)
}

/**
 * Puts a recorded did:ethr onto the ledger and makes it active; used again for one that an earlier process left behind.
 * @throws as createDid
 */
export async function writePendingDid(deps: DidDeps, stored: StoredDid): Promise<CreatedDid> {
  const changes: DidChange[] = []
  for (const { keyRef, type } of stored.pendingKeys) {
    changes.push(addKey(type, (await deps.keyStore.requireSigner(keyRef)).publicKey))
  }
  for (const type of ['schema', 'status'] as const) {
    changes.push({ kind: 'addDelegate', type, delegate: deps.ledger.relayer, validity })
  }
  let signed = stored.transactionHash !== null
  try {
    const { transactionHash } = await applyChanges(deps, stored, changes, {
      onSigned: async ({ hash }) => {
        await deps.dids.recordTransaction(stored.did, hash)
        signed = true
      },
    })
    const { document } = await settleKeys(deps, stored)
    return { did: stored.did, document, transactionHash }
  } catch (error) {
    if (!signed) await forgetPendingDid(deps, stored)
    throw error
  }
}

async function forgetPendingDid(
  deps: DidDeps,
  { did, pendingKeys, controllerKeyRef }: StoredDid,
): Promise<void> {
  await deps.dids.removePending(did)
  for (const { keyRef } of pendingKeys) await deps.keyStore.destroy(keyRef)
  if (controllerKeyRef !== null) await deps.keyStore.destroy(controllerKeyRef)
}
