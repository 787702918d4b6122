import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { DecodedList, ListEncoding } from '../status/status-list.ts'
import { openPublishedList, type PublishedListDeps, type Refusal } from './open-published-list.ts'

/** A list where it is published: of which issuer it must be, and how it is read. */
export interface PublishedListInput {
  url: string
  issuer: string
  list: ListEncoding
}

/** Reads lists that are published somewhere; a refusal tells why one is not believed. */
export type PublishedLists = (input: PublishedListInput) => Promise<DecodedList | Refusal>

interface Deps extends PublishedListDeps {
  /** Gets a document from a public address. @throws STATUS_LIST_UNREACHABLE */
  fetch(url: string, accept: string): Promise<Uint8Array>
}

// an unpacked list has at most 4 MiB
const LISTS = 32
/** How long a list is kept that tells no time, and the longest time: a revocation must be seen before long. */
const DEFAULT_TTL_MS = 60_000
const MAX_TTL_MS = 300_000

/** Makes a reader that keeps a list as long as it tells, within limits; simultaneous questions for one share an answer. */
export function createPublishedLists(deps: Deps): PublishedLists {
  const known = new BoundedCache<string, { until: number; answer: Promise<DecodedList | Refusal> }>(LISTS)

  return (input) => {
    const key = JSON.stringify([input.issuer, input.list.segment, input.url])
    const kept = known.get(key)
    if (kept && kept.until > deps.now().getTime()) return kept.answer
    const made = { until: Number.POSITIVE_INFINITY, answer: read(deps, input) }
    known.set(key, made)
    const settle = (answer: Awaited<typeof made.answer> | undefined) => {
      made.until = answer && !('status' in answer) ? keptUntil(answer, deps.now().getTime()) : 0
    }
    made.answer.then(settle, () => settle(undefined))
    return made.answer
  }
}

function keptUntil({ ttlMilliseconds = DEFAULT_TTL_MS, validUntil }: DecodedList, now: number): number {
  return Math.min(
    now + Math.min(ttlMilliseconds, MAX_TTL_MS),
    validUntil?.getTime() ?? Number.POSITIVE_INFINITY,
  )
}

async function read(deps: Deps, input: PublishedListInput): Promise<DecodedList | Refusal> {
  try {
    const bytes = await deps.fetch(input.url, input.list.mediaTypes.join(', '))
    const opened = await openPublishedList(deps, input, bytes)
    if ('status' in opened) return opened
    const { document, validUntil } = opened
    return { ...(await input.list.decode(document)), ...(validUntil && { validUntil }) }
  } catch (error) {
    if (!(error instanceof IssuerError)) throw error
    return { status: 'unknown', reason: `The status list cannot be read: ${error.message}` }
  }
}
