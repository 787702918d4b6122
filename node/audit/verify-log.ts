import type { Hex } from '../ledger/ledger.ts'
import { type AuditEntry, type AuditHead, chainHash, emptyLog, entryDigest, headLeafIndex } from './entry.ts'
import type { AnchoredHead } from './read-log.ts'

/** A registration that the ledger holds. */
export interface LedgerRegistration {
  listKey: Hex
  root: Hex
  transactionHash: Hex
  /** The account that sent the transaction. */
  sender: Hex
}

/** What the ledger says. */
export interface AuditLedger {
  /** The root that a Merkle path leads to. */
  rootOf(path: { key: Hex; index: bigint; digest: Hex; proof: readonly Hex[] }): Hex
  /** Every registration from a block on, of whatever list. */
  registrationsFrom(blockNumber: number): Promise<readonly LedgerRegistration[]>
}

/** The first thing that is wrong. */
export interface AuditFault {
  /** Place of the first entry that is concerned. */
  seq: number
  kind: 'altered' | 'missing' | 'out of order' | 'not anchored' | 'anchored otherwise' | 'cut off'
  message: string
}

/** What a check of the log found. */
export interface AuditVerdict {
  fault?: AuditFault
  /** Entries that were read, and the last good one. */
  entries: number
  head: AuditHead
  /** Heads found on the ledger, and the place of the newest; 0 without a ledger. */
  anchors: number
  anchoredSeq: number
}

interface Input {
  entries: AsyncIterable<AuditEntry> | Iterable<AuditEntry>
  anchors: readonly AnchoredHead[]
  /** Heads that somebody kept elsewhere. */
  kept?: readonly AuditHead[]
  /** Without it the chain of hashes is checked alone. */
  ledger?: AuditLedger
}

/**
 * Recomputes the chain of hashes and compares it with the heads on the ledger. What was altered, taken out, put in or
 * moved shows at its place, whoever computed hashes anew at the first head after it; what was cut off shows by heads
 * behind the end, or by registrations of the node that no head in the log explains.
 */
export async function verifyLog(input: Input): Promise<AuditVerdict> {
  const found = input.ledger && (await findAnchors(input.ledger, input.anchors))
  const chain = await followChain(input.entries, [...(found?.anchored ?? []), ...(input.kept ?? [])])
  const anchoredSeq = Math.max(0, ...(found?.anchored ?? []).map(({ seq }) => seq))
  const fault = chain.fault ?? found?.fault
  return {
    ...(fault && { fault }),
    entries: chain.entries,
    head: chain.head,
    anchors: found?.anchored.length ?? 0,
    anchoredSeq,
  }
}

/** Which heads the ledger holds, and whether it holds registrations that none of them explains. */
async function findAnchors(
  ledger: AuditLedger,
  anchors: readonly AnchoredHead[],
): Promise<{ anchored: AnchoredHead[]; fault?: AuditFault }> {
  const [first] = anchors
  if (!first) return { anchored: [] }
  const from = anchors.reduce((least, { blockNumber }) => Math.min(least, blockNumber), first.blockNumber)
  const registrations = await ledger.registrationsFrom(from)
  const held = new Map(registrations.map((each) => [nameOf(each), each]))
  const anchored: AnchoredHead[] = []
  const explained = { lists: new Set<string>(), senders: new Set<string>(), transactions: new Set<string>() }
  let missing: AnchoredHead | undefined
  for (const anchor of anchors) {
    const registration = held.get(nameOf({ ...anchor, root: rootOf(ledger, anchor) }))
    if (!registration) missing ??= anchor
    else {
      anchored.push(anchor)
      explained.lists.add(registration.listKey)
      explained.senders.add(registration.sender)
      explained.transactions.add(registration.transactionHash)
    }
  }
  const fault = missing ? notAnchored(missing) : unexplained(registrations, anchored, explained)
  return { anchored, ...(fault && { fault }) }
}

const rootOf = (ledger: AuditLedger, { listKey, hash, proof }: AnchoredHead) =>
  ledger.rootOf({ key: listKey as Hex, index: headLeafIndex, digest: `0x${hash}`, proof: proof as Hex[] })

const nameOf = ({
  listKey,
  root,
  transactionHash,
}: {
  listKey: string
  root: string
  transactionHash: string
}) => `${listKey} ${root} ${transactionHash}`.toLowerCase()

function notAnchored({ seq, transactionHash }: AnchoredHead): AuditFault {
  const message = `The ledger holds no registration in transaction ${transactionHash} that commits to this head at place ${seq}.`
  return { seq, kind: 'not anchored', message }
}

/** Each registration commits to the head of its time: one that shows none means that the log was longer. */
function unexplained(
  registrations: readonly LedgerRegistration[],
  anchored: readonly AnchoredHead[],
  explained: Record<'lists' | 'senders' | 'transactions', ReadonlySet<string>>,
): AuditFault | undefined {
  const own = registrations.find(
    ({ listKey, sender, transactionHash }) =>
      (explained.senders.has(sender) || explained.lists.has(listKey)) &&
      !explained.transactions.has(transactionHash),
  )
  if (!own) return undefined
  const seq = Math.max(0, ...anchored.map((anchor) => anchor.seq)) + 1
  const message = `The ledger holds a registration of this node in transaction ${own.transactionHash} whose head of the log is not here: entries from place ${seq} on may have been cut off, or the log was written on while it was read.`
  return { seq, kind: 'cut off', message }
}

interface Followed {
  entries: number
  head: AuditHead
  fault?: AuditFault
}

async function followChain(entries: Input['entries'], heads: readonly AuditHead[]): Promise<Followed> {
  const known = Map.groupBy(heads, ({ seq }) => seq)
  let head = emptyLog
  let sure = 0
  for await (const entry of entries) {
    const fault = faultOf(entry, head, known, sure)
    if (fault) return { entries: head.seq, head, fault }
    head = { seq: entry.seq, hash: entry.hash }
    if (known.has(entry.seq)) sure = entry.seq
  }
  const behind = heads.find(({ seq }) => seq > head.seq)
  if (!behind) return { entries: head.seq, head }
  const message = `The log ends at place ${head.seq}, but there was an entry at place ${behind.seq}.`
  return { entries: head.seq, head, fault: { seq: head.seq + 1, kind: 'cut off', message } }
}

/** What is wrong with an entry that stands behind a head; `sure` is the place of the last known head before. */
function faultOf(
  entry: AuditEntry,
  before: AuditHead,
  known: ReadonlyMap<number, readonly AuditHead[]>,
  sure: number,
): AuditFault | undefined {
  const seq = before.seq + 1
  if (entry.seq > seq)
    return {
      seq,
      kind: 'missing',
      message: `There is no entry at place ${seq}; the next one stands at ${entry.seq}.`,
    }
  if (entry.seq < seq)
    return { seq, kind: 'out of order', message: `An entry of place ${entry.seq} stands at place ${seq}.` }
  const digest = 'digest' in entry ? entry.digest : entryDigest(seq, entry)
  if (chainHash(before.hash, digest) !== entry.hash)
    return {
      seq,
      kind: 'altered',
      message: `The entry at place ${seq} is not the one that its hash was made of.`,
    }
  if (known.get(seq)?.every(({ hash }) => hash === entry.hash) ?? true) return undefined
  const message = `The head at place ${seq} is known to be another: an entry of the places ${sure + 1} to ${seq} was altered, put in, taken out or moved.`
  return { seq: sure + 1, kind: 'anchored otherwise', message }
}
