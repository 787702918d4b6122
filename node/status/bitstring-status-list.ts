import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import { IssuerError } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import type { StatusEncoding, StatusListEntry } from './status-list.ts'

// a list of the largest capacity on the ledger, 16,776,960 entries, has 2,097,120 bytes
const MAX_LIST_BYTES = 2 ** 21
const MAX_INDEX = 0xffff_ffff
const credentialsV2 = 'https://www.w3.org/ns/credentials/v2'
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'

const deflate = promisify(gzip)
const inflate = promisify(gunzip)

/** Bitstring Status List v1.0 (https://www.w3.org/TR/vc-bitstring-status-list/). */
export const bitstringStatusList: StatusEncoding = {
  name: 'BitstringStatusListEntry',

  // the context of data model 2.0 defines the terms itself
  contexts: (dataModel) => (dataModel === '1.1' ? [statusContext] : []),

  entry: ({ statusListId, statusListUrl, purpose, index }) => ({
    id: `${statusListId}#${index}`,
    type: 'BitstringStatusListEntry',
    statusPurpose: purpose,
    statusListIndex: String(index),
    statusListCredential: statusListUrl,
  }),

  parseEntry,

  async list({ url, issuer, purpose, bits, validFrom, validUntil, ttlMilliseconds }) {
    const packed = await deflate(bits, { level: 9 })
    return {
      '@context': [credentialsV2],
      id: url,
      type: ['VerifiableCredential', 'BitstringStatusListCredential'],
      issuer,
      validFrom: withoutFraction(validFrom),
      ...(validUntil && { validUntil: withoutFraction(validUntil) }),
      credentialSubject: {
        id: `${url}#list`,
        type: 'BitstringStatusList',
        statusPurpose: purpose,
        ttl: ttlMilliseconds,
        encodedList: `u${packed.toString('base64url')}`,
      },
    }
  },

  async decode(list) {
    const subject = list.credentialSubject as JsonObject | undefined
    const purpose = subject?.statusPurpose
    const encoded = subject?.encodedList
    if (purpose !== 'revocation' && purpose !== 'suspension') throw malformed('has no known statusPurpose')
    if (typeof encoded !== 'string' || !/^u[\w-]+$/.test(encoded)) throw malformed('has no encodedList')
    try {
      const bits = await inflate(Buffer.from(encoded.slice(1), 'base64url'), {
        maxOutputLength: MAX_LIST_BYTES,
      })
      return { purpose, bits }
    } catch (cause) {
      throw malformed('cannot be unpacked', cause)
    }
  },
}

function parseEntry(entry: JsonObject): StatusListEntry | undefined {
  if (![entry.type].flat().includes('BitstringStatusListEntry')) return undefined
  const { id, statusPurpose: purpose, statusListCredential: statusListUrl } = entry
  const index = parseIndex(entry.statusListIndex)
  if (purpose !== 'revocation' && purpose !== 'suspension')
    throw malformed('entry has no known statusPurpose')
  if (typeof statusListUrl !== 'string') throw malformed('entry has no statusListCredential')
  // the id is optional in the specification; without it the entry names no list of the ledger
  const statusListId = typeof id === 'string' ? (id.split('#')[0] as string) : statusListUrl
  return { statusListId, statusListUrl, purpose, index }
}

function parseIndex(index: unknown): number {
  const digits = typeof index === 'string' && /^(0|[1-9][0-9]{0,9})$/.test(index)
  if (!digits || Number(index) > MAX_INDEX) throw malformed('entry has no usable statusListIndex')
  return Number(index)
}

function withoutFraction(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}

function malformed(what: string, cause?: unknown): IssuerError {
  return new IssuerError('MALFORMED_REQUEST', { detail: `The status list ${what}.`, cause })
}
