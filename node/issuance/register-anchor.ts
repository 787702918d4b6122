import { headLeafIndex } from '../audit/entry.ts'
import { type ErrorCode, IssuerError } from '../errors.ts'
import { type EventType, eventRow } from '../events/event.ts'
import type { JsonObject } from '../json.ts'
import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { AnchorRow } from '../stores/claim-entries.ts'
import type { RegistrationRow, RegistrationStore } from '../stores/registrations.ts'
import { createPause } from '../time-slice.ts'
import type { Registration } from './issuance.ts'
import { createMerkleTree, type MerkleTree } from './merkle-tree.ts'
import { isLost, isReplaced, isRevert, refusalOf } from './refusal.ts'
import { registrationLeaves } from './registration-leaves.ts'

/** What registrations need of the ledger. */
export type RegistrationLedger = Pick<
  Ledger,
  'statusLists' | 'dids' | 'relayer' | 'identityOf' | 'resume' | 'outcome' | 'isUnsettled'
>

interface Deps {
  ledger: RegistrationLedger
  registrations: RegistrationStore
}

interface Input {
  anchor: AnchorRow
  /** Whether an earlier attempt may have left a transaction behind. */
  resumed: boolean
  onSettled(credentialIds: readonly string[], outcome: Registration | IssuerError): void
  now(): Date
}

/** One registration of an anchor, ready to be sent. */
interface Pending {
  row: RegistrationRow
  root: Hex
  credentialIds: readonly string[]
  /** The head of the audit log that the root commits to, with the path from it. */
  auditHead: { seq: number; proof: string } | undefined
  /** How often its list was another one than expected when the transaction came. */
  moves: number
}

/** So often a list that others write to is tried before it is put aside: with all others, then apart from them. */
const mostMoves = 3
const shortestAsideMs = 1_000
const longestAsideMs = 300_000

/**
 * Registers the entries of one anchor, in one transaction where the ledger accepts all of them, and gives their
 * number. A list that others write to all the time is put aside after some attempts: the anchor closes without it, and is
 * opened again for it later. Whatever happened before, no entry is registered twice: the contract refuses a registration
 * that does not start at its counter, and after any doubt the ledger is asked whether it holds our root.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED, DATABASE_UNAVAILABLE: the anchor stays open, to be resumed
 */
export async function registerAnchor(deps: Deps, input: Input): Promise<number> {
  const { anchor_id: anchorId } = input.anchor
  const all = await prepare(deps, input.anchor)
  // opened by two processes at the same time, and closed by one of them meanwhile
  if (all.length === 0) await deps.registrations.settle(anchorId, [])
  let pending = all
  if (input.resumed) {
    pending = await reconcile(deps, input, pending)
    if (pending.length > 0 && (await deps.ledger.resume(anchorId)))
      pending = await settleMined(deps, input, await reconcile(deps, input, pending))
  }
  await submit(deps, input, pending)
  return all.reduce((sum, { row }) => sum + row.count, 0)
}

async function prepare(deps: Deps, anchor: AnchorRow): Promise<Pending[]> {
  const pause = createPause()
  const pending: Pending[] = []
  for (const row of await deps.registrations.openRegistrations(anchor.anchor_id)) {
    const entries = await deps.registrations.entries(row.registration_id)
    const tree = await createMerkleTree(row.key as Hex, registrationLeaves(row, entries), pause)
    const credentialIds = entries.map(({ credential_id }) => credential_id)
    pending.push({ row, root: tree.root, credentialIds, auditHead: auditHeadOf(anchor, tree), moves: 0 })
  }
  return pending
}

function auditHeadOf(
  { audit_seq: seq, audit_hash: hash }: AnchorRow,
  tree: MerkleTree,
): Pending['auditHead'] {
  if (seq === null || hash === null) return undefined
  return { seq, proof: JSON.stringify(tree.proof({ index: headLeafIndex, digest: `0x${hash}` })) }
}

async function submit(deps: Deps, input: Input, pending: readonly Pending[]): Promise<void> {
  if (pending.length === 0) return
  const ops = pending.map(({ row, root }) => ({
    key: row.key as Hex,
    expectedRegistered: row.first,
    count: row.count,
    root,
  }))
  try {
    const reference = input.anchor.anchor_id
    const receipt = await deps.ledger.statusLists.registerBatch(ops, { reference })
    await settle(deps, input, pending, receipt)
  } catch (error) {
    if (!isRevert(error)) throw error
    await submitRefused(deps, input, pending, error)
  }
}

/** The ledger refused at least one of them: finds out which, so that the others go on. */
async function submitRefused(
  deps: Deps,
  input: Input,
  pending: readonly Pending[],
  error: IssuerError,
): Promise<void> {
  const left = await reconcile(deps, input, pending)
  if (left.length === 0) return
  if (isReplaced(error)) throw notYet(error)
  const firsts = new Map(pending.map(({ row }) => [row.registration_id, row.first]))
  const hasMoved = ({ row }: Pending) => row.first !== firsts.get(row.registration_id)
  const moved = left.filter(hasMoved)
  const others = left.filter((each) => !hasMoved(each))
  if (left.length < pending.length || moved.length > 0)
    return both(
      () => submit(deps, input, others),
      () => submitMoved(deps, input, moved),
    )
  const [only] = left
  if (left.length === 1 && only) return refuse(deps, input, only, error)
  const half = Math.ceil(left.length / 2)
  await both(
    () => submit(deps, input, left.slice(0, half)),
    () => submit(deps, input, left.slice(half)),
  )
}

/** Does the second also when the first fails; throws what may be tried again rather than what may not. */
async function both(first: () => Promise<void>, second: () => Promise<void>): Promise<void> {
  const errors: unknown[] = []
  for (const part of [first, second]) await part().catch((error) => errors.push(error))
  const isRetryable = (error: unknown) => error instanceof IssuerError && error.retryable
  if (errors.length > 0) throw errors.find(isRetryable) ?? errors[0]
}

/** Tries those once more whose lists others have written to, and puts those aside that were tried often enough. */
async function submitMoved(deps: Deps, input: Input, moved: readonly Pending[]): Promise<void> {
  const counted = moved.map((each) => ({ ...each, moves: each.moves + 1 }))
  const aside = counted.filter(({ moves }) => moves >= mostMoves)
  if (aside.length > 0) {
    const registrationIds = aside.map(({ row }) => row.registration_id)
    await deps.registrations.putAside(input.anchor.anchor_id, registrationIds, asideUntil(input))
  }
  await submit(
    deps,
    input,
    counted.filter(({ moves }) => moves < mostMoves),
  )
}

/** For as long again as the anchor is old, so that attempts become rarer. */
function asideUntil({ anchor, now }: Input): string {
  const at = now().getTime()
  const age = at - Date.parse(anchor.created_at)
  return new Date(at + Math.min(Math.max(age, shortestAsideMs), longestAsideMs)).toISOString()
}

const notYet = (cause?: unknown) =>
  new IssuerError('CHAIN_UNREACHABLE', {
    detail: 'The chain does not show yet what was written before.',
    cause,
  })

/**
 * Settles what the ledger holds already, and gives the rest, starting where the ledger's counters stand. A counter
 * below the one on record is that of an endpoint that lags, or of a chain that went another way: what is missing there
 * is sent again, or counted down, before anything goes on.
 * @throws CHAIN_UNREACHABLE
 */
async function reconcile(deps: Deps, input: Input, pending: readonly Pending[]): Promise<Pending[]> {
  const left: Pending[] = []
  for (const each of pending) {
    const { row, root } = each
    const key = row.key as Hex
    const registered = (await deps.ledger.statusLists.get(key))?.registered ?? 0
    const found =
      registered > row.first ? await deps.ledger.statusLists.registration(key, row.first) : undefined
    if (found?.root === root) {
      if (found.first !== row.first) await deps.registrations.rebase(row.registration_id, found.first)
      await settle(deps, input, [each], found)
      continue
    }
    if (registered < row.list_registered) throw notYet()
    // such as after a database was restored from a copy, or a registration before it left the chain
    if (registered !== row.first) await deps.registrations.rebase(row.registration_id, registered)
    left.push({ ...each, row: { ...row, first: registered } })
  }
  return left
}

/**
 * Settles what transactions of this anchor have registered elsewhere than it was looked for, and gives the rest: one that
 * the ledger refused, since others had written, may be accepted after a reorganisation without them.
 */
async function settleMined(deps: Deps, input: Input, pending: readonly Pending[]): Promise<Pending[]> {
  // the others were tried at one place only
  const moved = pending.filter(({ row }) => row.first !== row.list_registered)
  if (moved.length === 0) return [...pending]
  const settled = new Set<Pending>()
  const { receipts } = await deps.ledger.outcome(input.anchor.anchor_id)
  for (const { transactionHash } of receipts)
    for (const each of moved) {
      const { row, root } = each
      const made = await deps.ledger.statusLists.registrationInTransaction(row.key as Hex, transactionHash)
      const found = made.find((registration) => registration.root === root)
      if (!found) continue
      await deps.registrations.rebase(row.registration_id, found.first)
      await settle(deps, input, [{ ...each, row: { ...row, first: found.first } }], found)
      settled.add(each)
    }
  return pending.filter((each) => !settled.has(each))
}

async function settle(
  deps: Deps,
  input: Input,
  pending: readonly Pending[],
  { transactionHash, blockNumber }: { transactionHash: Hex; blockNumber: number },
): Promise<void> {
  await deps.registrations.settle(
    input.anchor.anchor_id,
    pending.map(({ row, root, auditHead, credentialIds }) => ({
      registration_id: row.registration_id,
      root,
      transactionHash,
      blockNumber,
      auditHead,
      event: registrationEvent(input, row, {
        type: 'credentials.registered',
        data: { ...told(credentialIds), transactionHash, blockNumber, root },
      }),
    })),
  )
  for (const { credentialIds } of pending)
    input.onSettled(credentialIds, { state: 'registered', transactionHash })
}

async function refuse(deps: Deps, input: Input, pending: Pending, error: IssuerError): Promise<void> {
  const { row, root, credentialIds } = pending
  // a list that others write to, or an issuer who does so with what the ledger asks for, and takes it back
  if (error.facts.error === 'UnexpectedRegistered' || isLost(error))
    return submitMoved(deps, input, [pending])
  // what left the chain for a while is no reason to refuse for ever
  if (await deps.ledger.isUnsettled()) throw notYet(error)
  const issuer = deps.ledger.identityOf(row.issuer_did)
  const refusal = issuer ? await refusalOf(deps, issuer, error) : error
  const reason: ErrorCode = refusal.code
  await deps.registrations.settle(input.anchor.anchor_id, [
    {
      registration_id: row.registration_id,
      root,
      reason,
      event: registrationEvent(input, row, {
        type: 'credentials.refused',
        data: { ...told(credentialIds), reason },
      }),
    },
  ])
  input.onSettled(credentialIds, refusal)
}

/** More credentials of one registration than this are counted and not named. */
const mostNamed = 100

const told = (credentialIds: readonly string[]) => ({
  count: credentialIds.length,
  ...(credentialIds.length <= mostNamed && { credentialIds: [...credentialIds] }),
})

function registrationEvent(
  { now }: Input,
  { registration_id: registrationId, status_list_id: statusListId, ...row }: RegistrationRow,
  { type, data }: { type: EventType; data: JsonObject },
) {
  return eventRow({
    type,
    subject: row.issuer_did,
    data: { registrationId, statusListId, first: row.first, ...data },
    at: now(),
    tenantId: row.tenant_id ?? undefined,
  })
}
