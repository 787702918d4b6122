import { createHash } from 'node:crypto'
import { BoundedCache } from '../bounded-cache.ts'
import { IssuerError } from '../errors.ts'
import type { Format } from '../formats/format.ts'
import type { Hex, Ledger } from '../ledger/ledger.ts'
import type { StatusListRow, StatusListStore } from '../stores/status-lists.ts'
import type { AssertionKey, DocumentLoader, Secured, Suite } from '../suites/suite.ts'
import type { LedgerFacts } from './ledger-facts.ts'
import type { PipelineDeps } from './pipeline.ts'

/** A published status list; the entity tag is strong (RFC 9110, 8.8.1): other bytes, another tag. */
export interface PublishedStatusList {
  credential: Secured
  /** Of the format that secures it. */
  mediaType: string
  etag: string
  maxAgeSeconds: number
}

interface Deps
  extends Pick<
    PipelineDeps,
    'issuers' | 'keys' | 'suites' | 'formats' | 'statusEncoding' | 'statusListUrl' | 'now'
  > {
  ledger: Pick<Ledger, 'statusLists'>
  facts: Pick<LedgerFacts, 'list'>
  statusLists: Pick<StatusListStore, 'get'>
  documentLoader: DocumentLoader
  /** How long others may keep a list. */
  maxAgeSeconds: number
}

const LISTS = 64

interface ListSigner {
  suite: Suite
  key: AssertionKey
}

interface MadeList {
  version: number
  verificationMethod: string
  list: Promise<PublishedStatusList>
}

/**
 * Publishes the lists of this node's issuers as signed credentials over the words of the ledger, signed again when
 * the version on the ledger or the issuer's key has changed.
 * @throws STATUS_LIST_NOT_FOUND, ASSERTION_KEY_MISSING, CHAIN_UNREACHABLE
 */
export function createStatusListPublisher(
  deps: Deps,
): (statusListId: string) => Promise<PublishedStatusList> {
  const published = new BoundedCache<string, MadeList>(LISTS)

  return async (statusListId) => {
    const row = await deps.statusLists.get(statusListId)
    const state = row && (await deps.facts.list(row.key as Hex))
    if (!row || !state) throw new IssuerError('STATUS_LIST_NOT_FOUND', { facts: { statusListId } })
    const { version } = state
    const signer = await signerOf(deps, row.issuer_did)
    const { verificationMethod } = signer.key
    const known = published.get(statusListId)
    if (known?.version === version && known.verificationMethod === verificationMethod) return known.list
    const made = { version, verificationMethod, list: publish(deps, row, signer) }
    published.set(statusListId, made)
    made.list.catch(() => published.get(statusListId) === made && published.delete(statusListId))
    return made.list
  }
}

async function publish(
  deps: Deps,
  row: StatusListRow,
  { suite, key }: ListSigner,
): Promise<PublishedStatusList> {
  const { bits } = await deps.ledger.statusLists.bitstring(row.key as Hex)
  const now = deps.now()
  const list = await deps.statusEncoding.list({
    url: deps.statusListUrl(row.status_list_id),
    issuer: row.issuer_did,
    purpose: row.purpose,
    bits,
    validFrom: now,
    ttlMilliseconds: deps.maxAgeSeconds * 1000,
  })
  const contexts = [list['@context'] ?? []].flat()
  const document = { ...list, '@context': [...new Set([...contexts, ...suite.contexts('2.0')])] }
  const credential = await suite.secure(document, { key, created: now, documentLoader: deps.documentLoader })
  const bytes = typeof credential === 'string' ? credential : JSON.stringify(credential)
  const etag = `"${createHash('sha256').update(bytes).digest('base64url')}"`
  const { mediaType } = deps.formats.find(({ name }) => name === suite.format) as Format
  return { credential, mediaType, etag, maxAgeSeconds: deps.maxAgeSeconds }
}

/**
 * The first suite for data model 2.0, which the list is written in, that a key of the issuer can sign with. What is
 * meant for deriving is no proof for verifiers.
 */
async function signerOf(deps: Deps, did: string): Promise<ListSigner> {
  const record = await deps.issuers.get(did)
  for (const suite of deps.suites) {
    if (!suite.dataModels.includes('2.0') || suite.derive) continue
    const key = record?.keys.findLast(({ type }) => suite.keyTypes.includes(type))
    if (!key) continue
    const signer = await deps.keys.requireSigner(key.keyRef)
    return { suite, key: { verificationMethod: key.verificationMethod, signer } }
  }
  throw new IssuerError('ASSERTION_KEY_MISSING', { facts: { did } })
}
