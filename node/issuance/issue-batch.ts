import { randomUUID } from 'node:crypto'
import { type ErrorCode, IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { createPause, type Pause } from '../time-slice.ts'
import { anchorWait } from './anchor-wait.ts'
import { checkDelegation } from './check-delegation.ts'
import { checkHolder } from './check-holder.ts'
import { checkTerms } from './check-terms.ts'
import { concurrently } from './concurrently.ts'
import { construct } from './construct.ts'
import type { BatchOutcome, BatchRow, IssuanceTerms, Registration, Subject } from './issuance.ts'
import { issuedCredential } from './issued-credential.ts'
import type { CheckedTerms, PipelineDeps, StatusEntry } from './pipeline.ts'
import { record, type SignedCredential } from './record.ts'
import { rehearse } from './rehearse.ts'
import { sign } from './sign.ts'
import { validateClaims } from './validate-claims.ts'

/** Holders whose DIDs are resolved at the same time. */
const HOLDERS_AT_ONCE = 16

/** One row on its way: it has failed, or goes on to the next step. */
interface BatchItem extends Subject {
  credentialId: string
  /** The holder's DID document, once it is resolved. */
  holder?: JsonObject
  error?: IssuerError
  signed?: SignedCredential
}

/**
 * Issues credentials to many holders: the steps of `issue` for each row, one allocation, one database transaction,
 * one registration. A row that fails does so alone; what concerns all of them is thrown.
 * @throws what `checkTerms`, the allocation, `record` and the registration throw
 */
export async function issueBatch(
  deps: PipelineDeps,
  request: IssuanceTerms & { subjects: readonly Subject[] },
): Promise<BatchOutcome> {
  const pause = createPause()
  const terms = await checkTerms(deps, request)
  const items = request.subjects.map(({ holderDid, claims }): BatchItem => {
    return { holderDid, claims, credentialId: `urn:uuid:${randomUUID()}` }
  })
  await checkHolders(deps, items)
  await each(items, pause, async (item) => {
    validateClaims(terms.schema, item.claims)
    await checkDelegation(deps, terms, item)
  })
  if (request.dryRun) return rehearseAll(deps, terms, items, pause)

  const recorded = deps.anchor.expect()
  try {
    await signAll(deps, terms, items, pause)
    const credentials = items.flatMap(({ signed }) => signed ?? [])
    if (credentials.length > 0) await record(deps, terms, { credentials, pause })
    recorded()
    const [first] = credentials
    const registration = first ? await anchorWait(deps, terms, first) : none
    return outcomeOf(terms, items, registration)
  } finally {
    recorded()
  }
}

/** Whether a failure is the row's own, and not one of what all rows stand on. */
function isOfRow(error: unknown): error is IssuerError {
  return error instanceof IssuerError && !foundations.has(error.code)
}

const foundations: ReadonlySet<ErrorCode> = new Set([
  'CHAIN_UNREACHABLE',
  'DATABASE_UNAVAILABLE',
  'KEY_STORE_UNAVAILABLE',
])

const none: Registration = { state: 'none', transactionHash: null }

/** Checks each holder once, whatever the number of rows. */
async function checkHolders(deps: PipelineDeps, items: readonly BatchItem[]): Promise<void> {
  const byHolder = Map.groupBy(items, ({ holderDid }) => holderDid)
  await concurrently(byHolder, HOLDERS_AT_ONCE, async ([holderDid, rows]) => {
    try {
      const holder = await checkHolder(deps, holderDid)
      for (const row of rows) row.holder = holder
    } catch (error) {
      if (!isOfRow(error)) throw error
      for (const row of rows) row.error = error
    }
  })
}

async function signAll(
  deps: PipelineDeps,
  terms: CheckedTerms,
  items: readonly BatchItem[],
  pause: Pause,
): Promise<void> {
  const good = items.filter(({ error }) => error === undefined)
  const count = terms.purposes.length > 0 ? good.length : 0
  const entries: readonly StatusEntry[] = await deps.allocateStatus({ issuer: terms.issuer, count })
  const entryOf = new Map(good.map((item, position) => [item, entries[position]]))
  const created = deps.now()
  await each(good, pause, async (item) => {
    const { holderDid, credentialId } = item
    const entry = entryOf.get(item)
    const document = construct(deps, terms, { ...item, entry })
    item.signed = { holderDid, credentialId, entry, ...(await sign(terms, { document, created })) }
  })
}

/** Does a step for every row that has not failed; a row for which it throws has failed. */
async function each(
  items: readonly BatchItem[],
  pause: Pause,
  step: (item: BatchItem) => Promise<void>,
): Promise<void> {
  for (const item of items) {
    if (item.error) continue
    try {
      await step(item)
    } catch (error) {
      if (!isOfRow(error)) throw error
      item.error = error
    }
    await pause()
  }
}

async function rehearseAll(
  deps: PipelineDeps,
  terms: CheckedTerms,
  items: readonly BatchItem[],
  pause: Pause,
): Promise<BatchOutcome> {
  const rehearsed = new Map<BatchItem, BatchRow>()
  await each(items, pause, async (item) => {
    const { holderDid } = item
    rehearsed.set(item, { status: 'issued', holderDid, ...(await rehearse(deps, terms, item)) })
  })
  return summary(
    items.map((item) => rehearsed.get(item) ?? failedRow(item)),
    none,
  )
}

function outcomeOf(
  terms: CheckedTerms,
  items: readonly BatchItem[],
  registration: Registration,
): BatchOutcome {
  const results = items.map((item): BatchRow => {
    const { signed, holderDid } = item
    if (!signed) return failedRow(item)
    return { status: 'issued', holderDid, ...issuedCredential(terms, signed, registration) }
  })
  return summary(results, registration)
}

function summary(results: BatchRow[], registration: Registration): BatchOutcome {
  const issued = results.filter(({ status }) => status === 'issued').length
  return { results, issued, failed: results.length - issued, registration }
}

function failedRow({ holderDid, error }: BatchItem): BatchRow {
  const { code, message: detail, violations } = error ?? new IssuerError('INTERNAL_ERROR')
  return { status: 'failed', holderDid, error: { code, detail, violations } }
}
