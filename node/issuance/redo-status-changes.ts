import { randomUUID } from 'node:crypto'
import type { IssuerError } from '../errors.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { OpenStatusChange, StatusChangeStore } from '../stores/status-changes.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { isRevert } from './refusal.ts'
import { actionRules, entryFor } from './status-action.ts'
import { readStatusBits } from './status-bits.ts'
import { type BitChange, writeStatus } from './write-status.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'outcome' | 'dids' | 'identityOf'>
  facts: Pick<LedgerFacts, 'forget' | 'passThrough'>
  statusChanges: Pick<StatusChangeStore, 'listLost' | 'issuersOfLost' | 'remade' | 'giveUp' | 'rebatch'>
  statusLists: Pick<StatusListStore, 'get'>
}

/** Whether a change is still what the records say; a later one of the same credential has taken its place otherwise. */
const isWanted = ({ action, status }: OpenStatusChange) =>
  action === 'revoke' || status === actionRules[action].status

/**
 * Makes changes of status again that a reorganisation took off the ledger, after somebody was told that they are made;
 * gives their number. An issuer whom the ledger refuses by now holds up nobody else; those of one that is deactivated
 * are given up.
 * @throws CHAIN_UNREACHABLE, RELAYER_UNFUNDED, FEE_CAP_REACHED; TRANSACTION_REVERTED, when those of all others are made
 */
export async function redoStatusChanges(deps: Deps): Promise<number> {
  const lost = await deps.statusChanges.listLost()
  if (lost.length === 0) return 0
  if ((await unlessRefused(redo(deps, lost))) === undefined) return lost.length
  let refusal: IssuerError | undefined
  for (const issuer of await deps.statusChanges.issuersOfLost()) {
    // read again, as the ones before took their time
    const own = await deps.statusChanges.listLost(issuer)
    const refused = await unlessRefused(redo(deps, own))
    if (refused === undefined) continue
    if (await isGone(deps, issuer)) await deps.statusChanges.giveUp(own.map(({ id }) => id))
    else refusal ??= refused
  }
  if (refusal) throw refusal
  return lost.length
}

/** Whether an issuer is deactivated, for ever: nobody writes its lists any more, and nothing that it has signed holds. */
async function isGone({ ledger }: Deps, issuerDid: string): Promise<boolean> {
  const identity = ledger.identityOf(issuerDid)
  return identity !== undefined && !(await ledger.dids.isActive(identity))
}

/** Gives why the ledger refused it. */
async function unlessRefused(done: Promise<void>): Promise<IssuerError | undefined> {
  try {
    await done
    return undefined
  } catch (error) {
    if (isRevert(error)) return error
    throw error
  }
}

async function redo(deps: Deps, lost: readonly OpenStatusChange[]): Promise<void> {
  const wanted = lost.filter(isWanted)
  const places: BitChange[] = wanted.map((change) => ({
    ...(entryFor(change.action, change) ?? { statusListId: '', index: 0 }),
    value: actionRules[change.action].value,
  }))
  const bits = await readStatusBits(deps, places)
  const missing = [...places.keys()].filter((n) => bits[n] !== places[n]?.value)
  const reference = randomUUID()
  await deps.statusChanges.rebatch(
    missing.map((n) => wanted[n]?.id as string),
    reference,
  )
  const changes = missing.map((n) => places[n] as BitChange)
  const hashes = await writeStatus(deps, { changes, reference })
  const hashOf = new Map(missing.map((n, position) => [wanted[n]?.id, hashes[position]]))
  const done = lost.map((change) => ({
    ...change,
    transaction_hash: hashOf.get(change.id) ?? change.transaction_hash,
  }))
  await deps.statusChanges.remade(done)
}
