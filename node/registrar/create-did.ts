import { keyMultibase } from '../did/multikey.ts'
import { IssuerError } from '../errors.ts'
import type { KeyType, Signer } from '../keys/key-store.ts'
import { accountAddress } from '../ledger/account-address.ts'
import type { DidChange } from '../ledger/ledger.ts'
import { type Act, defaultTenant, presentAct, requestContext } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import { applyChanges } from './apply-changes.ts'
import { addKey, validity } from './assertion-key.ts'
import { recordPending } from './record-pending.ts'
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
 * @throws MALFORMED_REQUEST, FORBIDDEN, DID_ALREADY_EXISTS, CHAIN_UNREACHABLE, RELAYER_UNFUNDED; what has not been
 * broadcast leaves nothing behind
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
  if (input.method === 'key' && keys.length > 1) {
    throw misplaced('/keys', 'must be one key: a did:key is a key')
  }
  const act = presentAct<MadeDid>('make a DID')
  const recorded = act?.outcome && (await deps.dids.get(act.outcome.did))
  if (recorded) return finishDid(deps, recorded)
  if (input.method === 'ethr') return createEthrDid(deps, { ...input, keys, act })
  if (input.method === 'web') return createWebDid(deps, { ...input, keys, act })
  return createKeyDid(deps, { type: keys[0] as KeyType, name: input.name ?? null, act })
}

/** What a request that makes a DID writes down with its record. */
interface MadeDid {
  did: string
}

interface Once {
  act: Act<MadeDid> | undefined
}

const noting = ({ act }: Once, did: string) => act && ((trx: Database) => act.note({ did }, trx))

const misplaced = (pointer: string, message: string) =>
  new IssuerError('MALFORMED_REQUEST', { violations: [{ pointer, message }] })

async function createWebDid(
  deps: DidDeps,
  input: Once & { keys: readonly KeyType[]; name?: string | undefined; path?: string | undefined },
): Promise<CreatedDid> {
  const did = deps.didWebAt?.(input.path ?? '')
  if (did === undefined) {
    throw misplaced(
      '/path',
      'must be up to three segments of letters, digits and . _ ~ -; and the public URL of the node https with a host name',
    )
  }
  requireOwnPath(input.path ?? '')
  if (await deps.dids.get(did)) throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
  const keys: Signer[] = []
  for (const type of input.keys) keys.push(await deps.keyStore.generate(type))
  await recordPending(deps, {
    did,
    method: 'web',
    name: input.name ?? null,
    origin: 'created',
    controllerKeyRef: null,
    keys,
    also: noting(input, did),
  })
  const { document } = await settleKeys(deps, (await deps.dids.get(did)) as StoredDid)
  return { did, document, transactionHash: null }
}

/** The host itself, and paths that others know a tenant by, are not for whoever asks first. @throws FORBIDDEN */
function requireOwnPath(path: string): void {
  const { tenantId } = requestContext()
  if (tenantId === defaultTenant || path.split('/')[0] === tenantId) return
  throw new IssuerError('FORBIDDEN', {
    detail: `The path of a did:web of this tenant begins with ${tenantId}.`,
    facts: { path },
  })
}

async function createKeyDid(
  deps: DidDeps,
  { type, name, ...once }: Once & { type: KeyType; name: string | null },
): Promise<CreatedDid> {
  const signer = await deps.keyStore.generate(type)
  const did = `did:key:${keyMultibase(type, signer.publicKey)}`
  await recordPending(deps, {
    did,
    method: 'key',
    name,
    origin: 'created',
    controllerKeyRef: null,
    keys: [signer],
    also: noting(once, did),
  })
  const { document } = await settleKeys(deps, (await deps.dids.get(did)) as StoredDid)
  return { did, document, transactionHash: null }
}

async function createEthrDid(
  deps: DidDeps,
  input: Once & { keys: readonly KeyType[]; name?: string | undefined; origin?: 'created' | 'node' },
): Promise<CreatedDid> {
  const controller = await deps.keyStore.generate('secp256k1')
  const signers: Signer[] = []
  for (const type of input.keys) signers.push(await deps.keyStore.generate(type))
  const did = deps.ledger.didOf(accountAddress(controller.publicKey))
  await recordPending(deps, {
    did,
    method: 'ethr',
    name: input.name ?? null,
    origin: input.origin ?? 'created',
    controllerKeyRef: controller.keyRef,
    keys: signers,
    also: noting(input, did),
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

/**
 * Makes a DID that an attempt before has recorded: what it had signed may be on the ledger by now, or come there yet;
 * of two transactions that make it, one is refused.
 * @throws as createDid
 */
async function finishDid(deps: DidDeps, stored: StoredDid): Promise<CreatedDid> {
  const { did } = stored
  const found = async () => {
    const { document, missing } = await settleKeys(deps, stored)
    if (missing.length > 0) return undefined
    return { did, document, transactionHash: (await deps.dids.get(did))?.transactionHash ?? null }
  }
  const made = await found()
  if (made) return made
  try {
    return await writePendingDid(deps, stored)
  } catch (error) {
    const after = error instanceof IssuerError && !error.retryable ? await found() : undefined
    if (after) return after
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
