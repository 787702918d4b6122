import { type ErrorCode, IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { Hex } from '../ledger/ledger.ts'
import { step } from '../observation.ts'
import { type SecuredText, textOf } from '../secured-text.ts'
import type { Database } from '../stores/database.ts'
import { createPause, type Pause } from '../time-slice.ts'
import { checkDelegation } from './check-delegation.ts'
import { checkHolder } from './check-holder.ts'
import { checkTerms } from './check-terms.ts'
import { concurrently } from './concurrently.ts'
import { createConstructor } from './construct.ts'
import { newCredentialId } from './credential-id.ts'
import type { BatchRow, IssuanceTerms, Registration, Subject } from './issuance.ts'
import { recordedCredential } from './issued-credential.ts'
import type { CheckedTerms, PipelineDeps, StatusEntry } from './pipeline.ts'
import { record, type SignedCredential } from './record.ts'
import { rehearse } from './rehearse.ts'
import { signMany } from './sign-many.ts'
import { validateClaims } from './validate-claims.ts'

/** Holders whose DIDs are resolved at the same time. */
const HOLDERS_AT_ONCE = 16

/** One row on its way: it has failed, or goes on to the next step. */
interface BatchItem extends Subject {
  credentialId: string
  /** The holder's DID document, once it is resolved. */
  holder: JsonObject | undefined
  error: IssuerError | undefined
  entry: StatusEntry | undefined
  /** Once it is signed, with its digest. */
  secured: SecuredText | undefined
  digest: Hex
}

/** What became of the rows of a batch, before its registration is known. */
interface RecordedBatch {
  terms: CheckedTerms
  /** One for each subject, in order, with what is known of the registration: that it is `pending`, when left out. */
  results(registration?: Registration): BatchRow[]
  /** One of the credentials that are recorded; undefined when none is. */
  credentialId: string | undefined
}

interface Input extends IssuanceTerms {
  subjects: readonly Subject[]
  /** Whether threads sign, where suite and key store allow it; true when left out. They take memory: see `signMany`. */
  inThreads?: boolean
  /** Written in the transaction of the credentials, with what became of all rows; what it throws undoes them. */
  also?(trx: Database, results: readonly BatchRow[]): Promise<void>
}

/**
 * The steps of `issue` for each of many holders, up to `record`: one allocation, one database transaction, and one
 * registration that is on its way. A row that fails does so alone; what concerns all of them is thrown, with nothing
 * recorded.
 * @throws what `checkTerms`, the allocation, `record` and `also` throw
 */
export async function recordBatch(deps: PipelineDeps, request: Input): Promise<RecordedBatch> {
  const pause = createPause()
  const terms = await step('check terms', () => checkTerms(deps, request))
  const items = request.subjects.map(({ holderDid, claims }): BatchItem => {
    const nothingYet = { holder: undefined, error: undefined, entry: undefined, secured: undefined }
    return { holderDid, claims, credentialId: newCredentialId(), ...nothingYet, digest: '0x' }
  })
  await step('check holders', () => checkHolders(deps, items))
  await each(items, pause, (item) => {
    validateClaims(terms.schema, item.claims)
    return checkDelegation(deps, terms, item)
  })
  if (request.dryRun) {
    const rehearsed = await rehearseAll(deps, terms, items, pause)
    const results = () => rehearsed
    await writeAlso(deps, request, { results, pause })
    return { terms, results, credentialId: undefined }
  }
  await step('sign', () => signAll(deps, terms, items, { pause, inThreads: request.inThreads ?? true }))
  const results = (registration?: Registration) => resultsOf(terms, items, registration)
  const credentials = items.filter(isSigned)
  const also = request.also && ((trx: Database) => request.also?.(trx, results()) ?? Promise.resolve())
  if (credentials.length > 0) await record(deps, terms, { credentials, pause, ...(also && { also }) })
  else await writeAlso(deps, request, { results, pause })
  return { terms, results, credentialId: credentials[0]?.credentialId }
}

/** Where no credential is recorded, what else is to be written has a transaction of its own. */
async function writeAlso(
  deps: PipelineDeps,
  { also }: Input,
  { results, pause }: { results: () => readonly BatchRow[]; pause: Pause },
): Promise<void> {
  if (also) await deps.credentials.insert({ rows: [], pause, also: (trx) => also(trx, results()) })
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
  signing: { pause: Pause; inThreads: boolean },
): Promise<void> {
  const good = items.filter(({ error }) => error === undefined)
  const count = terms.purposes.length > 0 ? good.length : 0
  const entries: readonly StatusEntry[] = await deps.allocateStatus({ issuer: terms.issuer, count })
  for (const [position, item] of good.entries()) item.entry = entries[position]
  await signMany<BatchItem>(terms, {
    ...{ items: good, created: deps.now(), ...signing },
    document: createConstructor(deps, terms),
    signed: (item, { secured, digest }) => {
      item.secured = secured
      item.digest = digest
    },
    failed: failRow,
  })
}

type RowStep = (item: BatchItem) => Promise<void> | void

/** @throws the error, when it is not of the row alone */
function failRow(item: BatchItem, error: unknown): void {
  if (!isOfRow(error)) throw error
  item.error = error
}

/** Does a step for every row that has not failed, one after the other; a row for which it throws has failed. */
async function each(items: readonly BatchItem[], pause: Pause, step: RowStep): Promise<void> {
  for (const item of items) {
    if (item.error) continue
    try {
      // most steps of most rows are done by now: a promise for each would take 2 KB
      const going = step(item)
      if (going) await going
    } catch (error) {
      failRow(item, error)
    }
    const turn = pause()
    if (turn) await turn
  }
}

async function rehearseAll(
  deps: PipelineDeps,
  terms: CheckedTerms,
  items: readonly BatchItem[],
  pause: Pause,
): Promise<BatchRow[]> {
  const rehearsed = new Map<BatchItem, BatchRow>()
  await each(items, pause, async (item) => {
    const { holderDid } = item
    const { credential, ...others } = await rehearse(deps, terms, item)
    rehearsed.set(item, { status: 'issued', holderDid, ...others, secured: textOf(credential) })
  })
  return items.map((item) => rehearsed.get(item) ?? failedRow(item))
}

const isSigned = (item: BatchItem): item is BatchItem & SignedCredential => item.secured !== undefined

function resultsOf(
  terms: CheckedTerms,
  items: readonly BatchItem[],
  registration: Registration = {
    state: terms.purposes.length > 0 ? 'pending' : 'none',
    transactionHash: null,
  },
): BatchRow[] {
  return items.map((item): BatchRow => {
    if (!isSigned(item)) return failedRow(item)
    const { holderDid } = item
    return { status: 'issued', holderDid, ...recordedCredential(terms, item, registration) }
  })
}

function failedRow({ holderDid, error }: BatchItem): BatchRow {
  const { code, message: detail, violations } = error ?? new IssuerError('INTERNAL_ERROR')
  return { status: 'failed', holderDid, error: { code, detail, violations } }
}
