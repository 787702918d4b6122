import { IssuerError, type Violation } from '../errors.ts'
import { eventRow } from '../events/event.ts'
import type { KeyType } from '../keys/key-store.ts'
import type { Address, DidChange } from '../ledger/ledger.ts'
import type { StoredDid } from '../stores/stored-did.ts'
import { addKey, validity } from './assertion-key.ts'
import { recordPending } from './record-pending.ts'
import type { DidDeps, DidDocument } from './registrar.ts'
import { settleKeys } from './settle-keys.ts'

interface Input {
  did: string
  keys?: readonly KeyType[] | undefined
  name?: string | undefined
}

/**
 * Takes in an issuer DID whose controller key lives elsewhere. The first call makes assertion keys here and says what
 * the owner must put onto the ledger; the same call again, after the owner's transaction, takes the DID in. Until then
 * each call gives the same answer: every missing key and delegate as a violation, and the one call of the DID registry
 * that adds them all (`to`, `data`) for the owner to send.
 * @throws DELEGATION_ON_LEDGER_MISSING, DID_METHOD_UNSUPPORTED, DID_ALREADY_EXISTS, ISSUER_DEACTIVATED,
 * CHAIN_UNREACHABLE
 */
export async function importDid(
  deps: DidDeps,
  input: Input,
): Promise<{ did: string; document: DidDocument }> {
  const { did } = input
  const identity = deps.ledger.identityOf(did)
  if (!identity) {
    const detail =
      'Only a did:ethr of this registry, in lower case and with the chain id, can be an issuer here.'
    throw new IssuerError('DID_METHOD_UNSUPPORTED', { detail, facts: { did } })
  }
  if (!(await deps.ledger.dids.isActive(identity)))
    throw new IssuerError('ISSUER_DEACTIVATED', { facts: { did } })
  const stored = await prepare(deps, input)
  const settled = await settleKeys(deps, stored)
  const wanted = new Set(wantedTypes(input))
  const keys = settled.missing.filter(
    ({ type }) => wanted.has(type) && !settled.keys.some((key) => key.type === type),
  )
  const changes: DidChange[] = []
  for (const { keyRef, type } of keys) {
    changes.push(addKey(type, (await deps.keyStore.requireSigner(keyRef)).publicKey))
  }
  changes.push(...(await missingDelegates(deps, identity)))
  if (changes.length > 0) throw missing(deps, { did, identity, changes })
  const data = { keys: [...settled.keys.map(({ verificationMethod }) => verificationMethod)] }
  await deps.dids.activate(did, eventRow({ type: 'did.imported', subject: did, data, at: deps.now() }))
  if (input.name !== undefined) await deps.dids.update(did, { name: input.name })
  return { did, document: settled.document }
}

const wantedTypes = ({ keys = [] }: Input): readonly KeyType[] =>
  keys.length === 0 ? ['Ed25519'] : [...new Set(keys)]

/** The record of the DID with a key of each type that is asked for; those of an earlier call are used again. */
async function prepare(deps: DidDeps, input: Input): Promise<StoredDid> {
  const { did, name } = input
  const recorded = await deps.dids.get(did)
  if (recorded && recorded.origin !== 'imported')
    throw new IssuerError('DID_ALREADY_EXISTS', { facts: { did } })
  // a key that the owner has revoked since is to be replaced
  if (recorded) await settleKeys(deps, recorded)
  const known = recorded && (await deps.dids.get(did))
  const present = [...(known?.keys ?? []), ...(known?.pendingKeys ?? [])].map(({ type }) => type)
  const absent = wantedTypes(input).filter((type) => !present.includes(type))
  const fresh = []
  for (const type of absent) fresh.push(await deps.keyStore.generate(type))
  if (known) await deps.dids.addPendingKeys(did, fresh)
  else {
    const record = {
      did,
      method: 'ethr',
      name: name ?? null,
      origin: 'imported' as const,
      controllerKeyRef: null,
    }
    await recordPending(deps, { ...record, keys: fresh })
  }
  return (await deps.dids.get(did)) as StoredDid
}

async function missingDelegates(deps: DidDeps, identity: Address): Promise<DidChange[]> {
  const { relayer: delegate, dids } = deps.ledger
  const changes: DidChange[] = []
  for (const type of ['schema', 'status'] as const) {
    const authorized = await dids.isAuthorized(identity, type, delegate)
    if (!authorized) changes.push({ kind: 'addDelegate', type, delegate, validity })
  }
  return changes
}

function missing(
  deps: DidDeps,
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
