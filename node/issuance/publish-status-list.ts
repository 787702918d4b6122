import { createHash } from 'node:crypto'
import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { Hex, Ledger, StatusPurpose } from '../ledger/ledger.ts'
import type { ListEncoding } from '../status/status-list.ts'
import type { StatusListRow, StatusListStore } from '../stores/status-lists.ts'
import type { DocumentLoader } from '../suites/suite.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import { type ListOffer, listOffers } from './list-offers.ts'
import type { PipelineDeps } from './pipeline.ts'

/** A published status list; the entity tag is strong (RFC 9110, 8.8.1): other bytes, another tag. */
export interface PublishedStatusList {
  body: Uint8Array
  mediaType: string
  etag: string
  maxAgeSeconds: number
}

/** Which list, in which encoding, and which of the media types that it can be had in. */
export interface StatusListRequest {
  statusListId: string
  segment: ListEncoding['segment']
  prefer(offered: readonly string[]): string
}

type Parts =
  | 'issuers'
  | 'keys'
  | 'suites'
  | 'formats'
  | 'claimsTokens'
  | 'statusEncodings'
  | 'statusListUrl'
  | 'now'

interface Deps extends Pick<PipelineDeps, Parts> {
  ledger: Pick<Ledger, 'statusLists'>
  facts: Pick<LedgerFacts, 'list' | 'isPassing'>
  statusLists: Pick<StatusListStore, 'get' | 'listsOf'>
  documentLoader: DocumentLoader
  /** Where the addresses of all lists of an issuer are told. */
  aggregationUrl(issuerDid: string): string
  /** How long others may keep a list. */
  maxAgeSeconds: number
}

interface Made {
  /** What it was made from: versions on the ledger and the key. */
  state: string
  renewAt: number
  list: Promise<Omit<PublishedStatusList, 'mediaType'>>
}

/** Signed lists that are kept: about 22 KiB each when full, twice that for two bits. */
const LISTS = 256
/** A list is valid for a day, so that an older one cannot be shown for ever, and signed again after half of it. */
const VALIDITY_MS = 86_400_000

/**
 * Publishes the lists of this node's issuers in every encoding over the words of the ledger. A list is signed once for
 * each version on the ledger and key of the issuer, however many ask for it at a time: with 131,072 entries in 25 ms,
 * most of which is reading the words, where one that is kept takes 2 ms over HTTP. What this process changes by several
 * transactions is published when the last is mined.
 * @throws STATUS_LIST_NOT_FOUND, ASSERTION_KEY_MISSING, CHAIN_UNREACHABLE
 */
export function createStatusListPublisher(
  deps: Deps,
): (request: StatusListRequest) => Promise<PublishedStatusList> {
  const published = new BoundedCache<string, Made>(LISTS)

  return async ({ statusListId, segment, prefer }) => {
    const { list, row, sources, versions, isPassing } = await findList(deps, statusListId, segment)
    const offers = await listOffers(deps, row.issuer_did, list)
    const mediaType = prefer(offers.flatMap((offer) => offer.mediaTypes))
    const offer = (offers.find(({ mediaTypes }) => mediaTypes.includes(mediaType)) ?? offers[0]) as ListOffer
    const name = [statusListId, segment, offer.mediaTypes[0]].join(' ')
    const state = [...versions, offer.verificationMethod].join(' ')
    const now = deps.now().getTime()
    const known = published.get(name)
    if (known && (isPassing || known.state === state) && known.renewAt > now)
      return { ...(await known.list), mediaType }
    const made = { state, renewAt: now + VALIDITY_MS / 2, list: make(deps, { list, row, sources, offer }) }
    published.set(name, made)
    made.list.catch(() => published.get(name) === made && published.delete(name))
    return { ...(await made.list), mediaType }
  }
}

/** The list, the rows of all lists it is made from, and their versions on the ledger. */
async function findList(deps: Deps, statusListId: string, segment: string) {
  const list = deps.statusEncodings.find((encoding) => encoding.list?.segment === segment)?.list
  const row = await deps.statusLists.get(statusListId)
  const pair = row && (await deps.statusLists.listsOf(row.pair_id))
  const sources = row && pair && list ? list.reads(row.purpose).map((purpose) => pair[purpose]) : []
  const states = await Promise.all(sources.map(({ key }) => deps.facts.list(key as Hex)))
  const versions = states.flatMap((state) => (state ? [state.version] : []))
  const isPassing = states.some((state) => state && deps.facts.isPassing(state.key, state.version))
  if (!row || !list || versions.length < sources.length || sources.length === 0) {
    throw new IssuerError('STATUS_LIST_NOT_FOUND', { facts: { statusListId } })
  }
  return { list, row, sources, versions, isPassing }
}

async function make(
  deps: Deps,
  input: { list: ListEncoding; row: StatusListRow; sources: readonly StatusListRow[]; offer: ListOffer },
): Promise<Omit<PublishedStatusList, 'mediaType'>> {
  const { list, row, sources, offer } = input
  const bits: Partial<Record<StatusPurpose, Uint8Array>> = {}
  await Promise.all(
    sources.map(async ({ purpose, key }) => {
      bits[purpose] = (await deps.ledger.statusLists.bitstring(key as Hex)).bits
    }),
  )
  const created = deps.now()
  const base = deps.statusListUrl(row.status_list_id)
  const unsigned = await list.encode({
    url: list.segment === '' ? base : `${base}/${list.segment}`,
    issuer: row.issuer_did,
    purpose: row.purpose,
    bits,
    validFrom: created,
    validUntil: new Date(created.getTime() + VALIDITY_MS),
    ttlMilliseconds: deps.maxAgeSeconds * 1000,
    aggregationUrl: deps.aggregationUrl(row.issuer_did),
  })
  const body = await offer.sign(unsigned, { created, documentLoader: deps.documentLoader })
  const etag = `"${createHash('sha256').update(body).digest('base64url')}"`
  return { body, etag, maxAgeSeconds: deps.maxAgeSeconds }
}
