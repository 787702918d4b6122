import { IssuerError, type Violation } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { KeyType, Signer } from '../keys/key-store.ts'
import type { Address, DidChange } from '../ledger/ledger.ts'
import { requestContext } from '../request-context.ts'
import type { DidKey, PendingKey, StoredDid } from '../stores/stored-did.ts'
import { addKey, validity } from './assertion-key.ts'
import type { DidDocument, DidImportDeps } from './registrar.ts'
import { lookFor, settleKeys } from './settle-keys.ts'

interface Input {
  did: string
  keys?: readonly KeyType[] | undefined
  name?: string | undefined
}

/** What the document of a DID shows of the keys that the node has for it. */
interface Held {
  document: DidDocument
  shown: readonly DidKey[]
  missing: readonly PendingKey[]
}

/** Requests that get into each other's way are few; who withdraws again and again does it to itself. */
const ATTEMPTS = 5

/**
 * Takes in an issuer DID whose controller key lives elsewhere. The first call makes assertion keys here and says what
 * the owner must put onto the ledger; the same call again, after the owner's transaction, takes the DID in. Until then
 * each call gives the same answer: every missing key and delegate as a violation, and the one call of the DID registry
 * that adds them all (`to`, `data`) for the owner to send. Tenants that want the same DID hold up nobody: each has keys of
 * its own, and it becomes that tenant's whose keys the owner puts onto the ledger. For a DID that was taken in before, it
 * replaces keys that the owner has revoked.
 * @throws DELEGATION_ON_LEDGER_MISSING, DID_METHOD_UNSUPPORTED, DID_ALREADY_EXISTS, ISSUER_DEACTIVATED,
 * QUOTA_EXCEEDED, NODE_BUSY, CHAIN_UNREACHABLE
 */
export async function importDid(
  deps: DidImportDeps,
  input: Input,
): Promise<{ did: string; document: DidDocument }> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt === ATTEMPTS
    const taken = await tryImport(deps, input).catch((error) => {
      // another request has taken a key away that this one was about to look at
      if (!isLast && error instanceof IssuerError && error.code === 'KEY_NOT_FOUND') return undefined
      throw error
    })
    if (taken) return taken
    const detail = 'Other requests of this tenant change what is asked of the owner of this DID.'
    if (isLast) throw new IssuerError('NODE_BUSY', { detail, facts: { did: input.did } })
  }
}

/** Undefined when another request has changed at this moment what this one stands on. */
async function tryImport(deps: DidImportDeps, input: Input) {
  const { did } = input
  const identity = await requireActive(deps, did)
  const stored = await deps.dids.get(did)
  const held = stored ? await renewKeys(deps, stored, input) : await prepareKeys(deps, input)
  if (!held) return undefined
  const { document, shown, missing } = held
  const types = wantedTypes(input)
  const changes: DidChange[] = []
  for (const type of types) {
    if (shown.some((key) => key.type === type)) continue
    const key = missing.find((one) => one.type === type)
    if (!key) return undefined
    changes.push(addKey(type, (await deps.keyStore.requireSigner(key.keyRef)).publicKey))
  }
  changes.push(...(await missingDelegates(deps, identity)))
  if (changes.length > 0) throw refusal(deps, { did, identity, changes })
  if (stored && input.name !== undefined) await deps.dids.update(did, { name: input.name })
  const isTaken = stored !== undefined || (await complete(deps, { did, types, shown }))
  return isTaken ? { did, document } : undefined
}

/**
 * Forgets a DID that was to be taken in, and the keys made for it: what the owner has put onto the ledger for them is of
 * no use any more.
 * @throws DID_NOT_FOUND when nothing waits for its owner under that DID
 */
export async function withdrawImport(deps: DidImportDeps, { did }: { did: string }): Promise<void> {
  const keyRefs = await deps.didImports.remove({ did, tenantId: requestContext().tenantId })
  if (!keyRefs) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
  for (const keyRef of keyRefs) await deps.keyStore.destroy(keyRef)
}

async function requireActive({ ledger }: DidImportDeps, did: string): Promise<Address> {
  const identity = ledger.identityOf(did)
  if (!identity) {
    const detail =
      'Only a did:ethr of this registry, in lower case and with the chain id, can be an issuer here.'
    throw new IssuerError('DID_METHOD_UNSUPPORTED', { detail, facts: { did } })
  }
  if (!(await ledger.dids.isActive(identity))) throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  return identity
}

const wantedTypes = ({ keys = [] }: Input): readonly KeyType[] =>
  keys.length === 0 ? ['Ed25519'] : [...new Set(keys)]

/** Makes a key of each type that is asked for and not there yet; of those that are not recorded nothing is left. */
async function addKeys<Recorded extends { keyRef: string }>(
  { keyStore }: DidImportDeps,
  { wanted, present }: { wanted: readonly KeyType[]; present: readonly { type: KeyType }[] },
  record: (keys: readonly Signer[]) => Promise<readonly Recorded[] | undefined>,
): Promise<readonly Recorded[] | undefined> {
  const fresh: Signer[] = []
  for (const type of wanted) {
    if (!present.some((key) => key.type === type)) fresh.push(await keyStore.generate(type))
  }
  let recorded: readonly Recorded[] | undefined
  try {
    recorded = await record(fresh)
    return recorded
  } finally {
    for (const { keyRef } of fresh)
      if (!recorded?.some((key) => key.keyRef === keyRef)) await keyStore.destroy(keyRef)
  }
}

/** For a DID that nobody here has: keys of an earlier call are used again. Undefined when it is this tenant's by now. */
async function prepareKeys(deps: DidImportDeps, input: Input): Promise<Held | undefined> {
  const { did, name } = input
  const place = { did, tenantId: requestContext().tenantId }
  const present = await deps.didImports.keys(place)
  const made = await addKeys(deps, { wanted: wantedTypes(input), present }, (keys) =>
    deps.didImports.record({ ...place, name, keys }),
  )
  if (!made) return undefined
  const resolved = await deps.resolveDid(did)
  if (!resolved) throw new IssuerError('DID_NOT_FOUND', { facts: { did } })
  const { document } = resolved
  return { document, ...(await lookFor(deps, document, made)) }
}

/** For a DID of this tenant: a key that the owner has revoked since is to be replaced. */
async function renewKeys(deps: DidImportDeps, stored: StoredDid, input: Input): Promise<Held> {
  const { did, origin } = stored
  if (origin !== 'imported') throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
  const { keys, missing } = await settleKeys(deps, stored)
  await addKeys(deps, { wanted: wantedTypes(input), present: [...keys, ...missing] }, (fresh) =>
    deps.dids.addMissingKeys(did, fresh),
  )
  const settled = await settleKeys(deps, (await deps.dids.get(did)) as StoredDid)
  return { document: settled.document, shown: settled.keys, missing: settled.missing }
}

/** Makes it a DID of this tenant. */
async function complete(
  deps: DidImportDeps,
  input: { did: string; types: readonly KeyType[]; shown: readonly DidKey[] },
): Promise<boolean> {
  const { did, shown } = input
  const data = { keys: shown.map(({ verificationMethod }) => verificationMethod) }
  const event = eventRow({ type: 'did.imported', subject: did, data, at: deps.now() })
  const { tenantId } = requestContext()
  const forgotten = await deps.didImports.complete({ ...input, tenantId, event })
  for (const keyRef of forgotten ?? []) await deps.keyStore.destroy(keyRef)
  return forgotten !== undefined
}

async function missingDelegates(deps: DidImportDeps, identity: Address): Promise<DidChange[]> {
  const { relayer: delegate, dids } = deps.ledger
  const changes: DidChange[] = []
  for (const type of ['schema', 'status'] as const) {
    const authorized = await dids.isAuthorized(identity, type, delegate)
    if (!authorized) changes.push({ kind: 'addDelegate', type, delegate, validity })
  }
  return changes
}

function refusal(
  deps: DidImportDeps,
  { did, identity, changes }: { did: string; identity: Address; changes: readonly DidChange[] },
): IssuerError {
  const { to, data } = deps.ledger.dids.encodeChanges({ identity, changes })
  return new IssuerError('DELEGATION_ON_LEDGER_MISSING', {
    detail:
      'The owner of the DID must add what is listed, for instance by sending data to the DID registry at to; ' +
      'then the same request takes the DID in.',
    facts: { did, to, data },
    violations: changes.map(describe),
  })
}

function describe(change: DidChange): Violation {
  if (change.kind === 'addDelegate') {
    const message = `must have the delegate ${change.delegate} of type ${change.type} on the ledger`
    return { pointer: '/did', message }
  }
  if (change.kind !== 'setAttribute') return { pointer: '/did', message: change.kind }
  const value = `0x${Buffer.from(change.value).toString('hex')}`
  return {
    pointer: '/did',
    message: `must have the attribute ${change.name} with the value ${value} on the ledger`,
  }
}
