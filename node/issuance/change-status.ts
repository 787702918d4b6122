import { randomUUID } from 'node:crypto'
import { IssuerError } from '../errors.ts'
import type { Job } from '../jobs/queue.ts'
import type { Ledger } from '../ledger/ledger.ts'
import { type Act, onBehalfOf, presentAct, type RequestContext, requestContext } from '../request-context.ts'
import type { CredentialRow, CredentialStore } from '../stores/credentials.ts'
import type { StatusChangeRow, StatusChangeStore } from '../stores/status-changes.ts'
import type { StatusListStore } from '../stores/status-lists.ts'
import type { StatusChange, StatusChangeOutcome } from './issuance.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { redoStatusChanges } from './redo-status-changes.ts'
import { isLost, isRevert, refusalOf } from './refusal.ts'
import { type RefusedChange, selectCredentials, selectEntries } from './select-credentials.ts'
import { settleStatusChanges } from './settle-status-changes.ts'
import { actionRules } from './status-action.ts'
import { statusChanged } from './status-event.ts'
import { createTurns } from './turns-of-requests.ts'
import { writeStatus } from './write-status.ts'

interface Deps {
  ledger: Pick<Ledger, 'statusLists' | 'dids' | 'relayer' | 'identityOf' | 'receipt' | 'outcome'>
  facts: Pick<LedgerFacts, 'forget' | 'passThrough'>
  credentials: Pick<CredentialStore, 'getMany'>
  statusChanges: StatusChangeStore
  statusLists: Pick<StatusListStore, 'get'>
  now(): Date
}

/** Changes the status of credentials. */
export interface StatusChanger {
  /**
   * One or many credentials, all or none, or with `partial` each for itself, in as few transactions as gas allows. The
   * ledger is written first, then the database, so that a repetition after a lost answer finds what was done.
   * @throws CREDENTIAL_NOT_FOUND, NOT_ISSUER_OF_CREDENTIAL, CREDENTIAL_NOT_REVOCABLE, ALREADY_REVOKED,
   * ALREADY_SUSPENDED, NOT_SUSPENDED, ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, CHAIN_UNREACHABLE;
   * RATE_LIMIT_EXCEEDED while too many changes of the tenant wait, before anything is written
   */
  change(change: StatusChange): Promise<StatusChangeOutcome>
  /** Settles changes whose outcome was never learnt, and makes those again that left the chain. */
  readonly job: Job
}

/** What a request writes down with its intents: their ids. */
interface ChangeOutcome {
  changes: string[]
}

interface Request extends StatusChange {
  act: Act<ChangeOutcome> | undefined
  /** On whose behalf: several requests share the work. */
  context: RequestContext
  /** Those of its credentials that are its tenant's and its caller's to change. */
  wanted: readonly string[]
  /** Those of a partial change that cannot be changed. */
  refused: readonly RefusedChange[]
  /** What an attempt before has made of it. */
  before: readonly StatusChangeRow[]
  resolve(outcome: StatusChangeOutcome): void
  reject(error: unknown): void
}

/** A request after its checks: what it asks of the ledger. */
interface Planned {
  request: Request
  rows: readonly CredentialRow[]
  entries: readonly { statusListId: string; index: number }[]
  /** Ids of changes that were found made. */
  done: readonly string[]
}

export const STATUS_JOB = 'status-changes'
/** Requests share a transaction up to so many entries: about 340 words written for the first time fit into one. */
const SHARED_ENTRIES = 300
/**
 * So many requests of a tenant wait in a process. They share transactions unless they repeat a credential, so this is
 * much more than one waits for in earnest, and little memory.
 */
const MOST_WAITING = 1_000
/** A change younger than this may still be under way in another node. */
const SETTLE_AFTER_MS = 60_000

/**
 * Makes the group commit of status changes: while a transaction is in flight, requests wait for the next one and
 * share it. Tenants take turns.
 */
export function createStatusChanger(deps: Deps): StatusChanger {
  const turns = createTurns<Request>({ most: SHARED_ENTRIES, mostWaiting: MOST_WAITING })
  let working = false

  async function work(): Promise<void> {
    working = true
    for (let group = turns.next(); group.length > 0; group = turns.next()) {
      try {
        await processGroup(deps, group)
      } catch (error) {
        for (const request of group) request.reject(error)
      }
    }
    working = false
  }

  return {
    async change(change) {
      const credentialIds = [...new Set(change.credentialIds)]
      // what never changes need not wait for the transaction in flight
      const { tenantId } = requestContext()
      const { refused } = await selectCredentials(deps, { ...change, credentialIds }, tenantId)
      const act = presentAct<ChangeOutcome>('change status')
      const before = await recall(deps, act?.outcome)
      if (before.length > 0 && before.length === credentialIds.length) {
        return outcomeOf({ ...change, credentialIds, refused }, hashesOf(before))
      }
      const unfit = new Set(refused.map(({ credentialId }) => credentialId))
      const wanted = credentialIds.filter((id) => !unfit.has(id))
      return new Promise((resolve, reject) => {
        turns.add({
          ...change,
          ...{ credentialIds, wanted, refused, act, before, resolve, reject },
          context: requestContext(),
        })
        if (!working) void work()
      })
    },
    job: {
      name: STATUS_JOB,
      exclusive: true,
      run: async () => {
        const before = new Date(deps.now().getTime() - SETTLE_AFTER_MS).toISOString()
        const { made } = await settleStatusChanges(deps, await deps.statusChanges.listOpen({ before }))
        return made.length + (await redoStatusChanges(deps))
      },
    },
  }
}

async function processGroup(deps: Deps, group: readonly Request[]): Promise<void> {
  const planned: Planned[] = []
  for (const request of group) {
    try {
      const plan = await planRequest(deps, request)
      if (plan) planned.push(plan)
    } catch (error) {
      request.reject(error)
    }
  }
  const parts = [planned]
  // parts of what was refused go last: those of others are sent before it is found out which of them is at fault
  for (const part of parts) {
    try {
      await send(deps, part)
    } catch (error) {
      parts.push(...(await afterRefusal(deps, part, error)))
    }
  }
}

/** Answers those requests that caused a failure, as far as it can be told, and gives the others, to be sent again. */
async function afterRefusal(deps: Deps, planned: Planned[], error: unknown): Promise<Planned[][]> {
  const left = isRevert(error) ? await rejectRefused(deps, planned, error) : planned
  if (left.length < planned.length) return [left]
  if (isOfOne(error) && left.length > 1) return halvesOf(left)
  for (const { request } of left) request.reject(error)
  return []
}

/** Answers the requests of issuers for whom the ledger takes nothing from this node; gives those of the others. */
async function rejectRefused(deps: Deps, planned: Planned[], error: IssuerError): Promise<Planned[]> {
  const refusals = new Map<string, IssuerError>()
  await Promise.all(
    [...new Set(planned.flatMap(issuersOf))].map(async (did) => {
      const issuer = deps.ledger.identityOf(did)
      const refusal = issuer ? await refusalOf(deps, issuer, error) : error
      if (refusal !== error) refusals.set(did, refusal)
    }),
  )
  return planned.filter((plan) => {
    const refused = issuersOf(plan).find((did) => refusals.has(did))
    if (refused !== undefined) plan.request.reject(refusals.get(refused))
    return refused === undefined
  })
}

/** Two parts of several requests: tenants are kept together, or else issuers, so that most are in parts without fault. */
function halvesOf(planned: readonly Planned[]): Planned[][] {
  const tenants = Map.groupBy(planned, ({ request }) => request.context.tenantId)
  const issuers = Map.groupBy(planned, (plan) => issuersOf(plan)[0])
  const kept =
    [tenants, issuers].find(({ size }) => size > 1) ?? Map.groupBy(planned, ({ request }) => request)
  const groups = [...kept.values()]
  const middle = Math.ceil(groups.length / 2)
  return [groups.slice(0, middle).flat(), groups.slice(middle).flat()]
}

const issuersOf = ({ rows }: Planned): string[] => [...new Set(rows.map((row) => row.issuer_did))]

/** Whether one of several requests fails and not all: the ledger refuses it, or somebody else does it by now. */
const isOfOne = (error: unknown): boolean =>
  isRevert(error) || (error instanceof IssuerError && error.code === 'IDEMPOTENCY_KEY_IN_USE')

/** Checks a request against the records; undefined when the ledger turns out to have done it already. */
async function planRequest(deps: Deps, request: Request): Promise<Planned | undefined> {
  const { action, partial = false, wanted: credentialIds } = request
  const open = await deps.statusChanges.listOpen({ credentialIds })
  const { made, undecided } = await settleStatusChanges(deps, open)
  if (undecided.length > 0)
    throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'An earlier change of status is not mined yet.' })
  const done = [...request.before, ...made.filter((change) => change.action === action)]
  const doneByNow = new Set(done.map((change) => change.credential_id))
  const found = await selectCredentials(deps, { credentialIds, partial })
  const left = found.rows.filter((row) => !doneByNow.has(row.credential_id))
  const { rows, entries, refused } = selectEntries(action, left, partial)
  request.refused = [...request.refused, ...found.refused, ...refused]
  const changes = done.map(({ id }) => id)
  if (rows.length > 0) return { request, rows, entries, done: changes }
  await request.act?.note({ changes })
  request.resolve(outcomeOf(request, hashesOf(done)))
  return undefined
}

/** Writes the intents, the ledger, then the outcome. */
async function send(deps: Deps, planned: readonly Planned[]): Promise<void> {
  if (planned.length === 0) return
  const batch = randomUUID()
  const intents = await openIntents(deps, planned, batch)
  const changes = planned.flatMap(({ request, entries }) =>
    entries.map((entry) => ({ ...entry, value: actionRules[request.action].value })),
  )
  try {
    const hashes = await writeStatus(deps, { changes, reference: batch })
    let written = 0
    for (const [position, { request }] of planned.entries()) {
      const hashOf = () => hashes[written++] ?? null
      const made = (intents[position] ?? []).map((row) => ({ ...row, transaction_hash: hashOf() }))
      await close(deps, request, made)
    }
  } catch (error) {
    if (!isRevert(error)) {
      await abandonUnsent(deps, batch, intents.flat())
      throw error
    }
    // of a change that had to be split, the first part may be on the ledger
    const credentialIds = planned.flatMap(({ rows }) => rows.map((row) => row.credential_id))
    await settleStatusChanges(deps, await deps.statusChanges.listOpen({ credentialIds }))
    throw isLost(error) ? new IssuerError('CHAIN_UNREACHABLE', { cause: error }) : error
  }
}

/** What was never signed can be asked for again at once. */
async function abandonUnsent(
  { ledger, statusChanges }: Deps,
  batch: string,
  intents: readonly { id: string }[],
): Promise<void> {
  const { pending, receipts } = await ledger.outcome(batch).catch(() => ({ pending: true, receipts: [] }))
  if (!pending && receipts.length === 0) await statusChanges.failed(intents.map(({ id }) => id))
}

/** Writes down what a request made, and answers it. */
async function close(
  deps: Deps,
  request: Request,
  made: readonly Pick<StatusChangeRow, 'id' | 'credential_id' | 'transaction_hash'>[],
): Promise<void> {
  const hashes = hashesOf(made)
  const { status } = actionRules[request.action]
  const event = statusChanged(deps, request.action, hashes)
  await onBehalfOf(request.context, () => deps.statusChanges.made(made, status, event))
  request.resolve(outcomeOf(request, hashes))
}

/** Writes down what is about to be sent, for each request. */
async function openIntents(deps: Deps, planned: readonly Planned[], batch: string) {
  const at = deps.now().toISOString()
  const intents = planned.map(({ request, rows }) =>
    rows.map((row) => ({
      id: randomUUID(),
      credential_id: row.credential_id,
      action: request.action,
      reason: request.reason ?? null,
      batch,
      state: 'open' as const,
      at,
    })),
  )
  await deps.statusChanges.open(intents.flat(), async (trx) => {
    for (const [position, { request, done }] of planned.entries()) {
      const changes = [...done, ...(intents[position] ?? []).map(({ id }) => id)]
      await request.act?.note({ changes }, trx)
    }
  })
  return intents
}

/** Changes of an attempt before that were made; what it left open is settled first. @throws CHAIN_UNREACHABLE */
async function recall(deps: Deps, outcome: ChangeOutcome | undefined): Promise<StatusChangeRow[]> {
  if (!outcome) return []
  const found = await deps.statusChanges.getMany(outcome.changes)
  const open = await deps.statusChanges.listOpen({
    credentialIds: found.flatMap(({ state, credential_id }) => (state === 'open' ? [credential_id] : [])),
  })
  const { undecided } = await settleStatusChanges(deps, open)
  if (undecided.length > 0)
    throw new IssuerError('CHAIN_UNREACHABLE', { detail: 'An earlier change of status is not mined yet.' })
  return (await deps.statusChanges.getMany(outcome.changes)).filter(({ state }) => state === 'done')
}

const hashesOf = (changes: readonly Pick<StatusChangeRow, 'transaction_hash'>[]): string[] => [
  ...new Set(changes.map(({ transaction_hash }) => transaction_hash ?? '')),
]

function outcomeOf(
  { action, credentialIds, refused }: Pick<Request, 'action' | 'credentialIds' | 'refused'>,
  hashes: readonly string[],
): StatusChangeOutcome {
  const errors = new Map(refused.map(({ credentialId, error }) => [credentialId, error]))
  return {
    credentialIds: credentialIds.filter((id) => !errors.has(id)),
    status: actionRules[action].status,
    transactionHash: hashes[0] ?? '',
    transactionHashes: hashes,
    refused,
  }
}
