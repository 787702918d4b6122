import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import { parseStatusListId, statusListId } from '../ledger/resource-id.ts'
import { listUrl, statusListIdOf } from './list-url.ts'
import { malformedStatus } from './malformed-status.ts'
import type { DecodedList, ListEncoding, StatusEncoding } from './status-list.ts'
import { parseUrl } from './status-list-entry.ts'

// two bits for each of the 16,776,960 entries of the largest list on the ledger
const MAX_LIST_BYTES = 2 ** 22
const MAX_INDEX = 0xffff_ffff
const values: Readonly<Record<StatusPurpose, number>> = { revocation: 1, suspension: 2 }
const bitsPerStatus = [1, 2, 4, 8]

// on threads of the pool, as GZIP in bitstring.ts: 31 ms for 131,072 entries, 2.5 s for the largest list
const pack = promisify(deflate)
const unpack = promisify(inflate)

/**
 * For each byte of a bitstring (eight entries, the first one in the most significant bit), two bytes with an entry in
 * every second bit, the first one in the least significant; little-endian. 131,072 entries take 0.2 ms so.
 */
const spread = Uint16Array.from({ length: 256 }, (_, byte) => {
  let word = 0
  for (let entry = 0; entry < 8; entry++) word |= ((byte >> (7 - entry)) & 1) << (2 * entry)
  return word
})

/** VALID 0, INVALID 1, SUSPENDED 2; what is revoked stays INVALID, also while it is suspended. */
function combine(revocation: Uint8Array, suspension: Uint8Array): Uint8Array {
  const combined = Buffer.allocUnsafe(revocation.length * 2)
  for (const [position, revoked] of revocation.entries()) {
    const suspended = (suspension[position] ?? 0) & ~revoked
    combined.writeUInt16LE((spread[revoked] as number) | ((spread[suspended] as number) << 1), position * 2)
  }
  return combined
}

function reader(bytes: Uint8Array, bits: number): DecodedList {
  const perByte = 8 / bits
  const valueAt = (index: number) =>
    ((bytes[Math.floor(index / perByte)] as number) >>> ((index % perByte) * bits)) & (2 ** bits - 1)
  return {
    purposes: ['revocation', 'suspension'],
    size: bytes.length * perByte,
    isSet: (index, purpose) => {
      const value = valueAt(index)
      return value > 2 ? undefined : value === values[purpose]
    },
  }
}

async function unpackList(lst: string): Promise<Uint8Array> {
  try {
    return await unpack(Buffer.from(lst, 'base64url'), { maxOutputLength: MAX_LIST_BYTES })
  } catch (cause) {
    throw malformedStatus('list cannot be unpacked', cause)
  }
}

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000)

const list: ListEncoding = {
  segment: 'token',
  kind: 'token',
  mediaTypes: ['application/statuslist+jwt', 'application/statuslist+cwt'],
  reads: () => ['revocation', 'suspension'],
  recognises: () => false,

  // Claims of a JWT; a CWT has the same under its labels.
  async encode({ url, issuer, bits, validFrom, validUntil, ttlMilliseconds, aggregationUrl }) {
    const { revocation, suspension } = bits as Record<StatusPurpose, Uint8Array>
    const lst = await pack(combine(revocation, suspension), { level: 9 })
    return {
      iss: issuer,
      sub: url,
      iat: seconds(validFrom),
      exp: seconds(validUntil),
      ttl: Math.floor(ttlMilliseconds / 1000),
      status_list: { bits: 2, lst: lst.toString('base64url'), aggregation_uri: aggregationUrl },
    }
  },

  async decode({ status_list: found, ttl }) {
    const { bits, lst } = (found ?? {}) as JsonObject
    if (typeof bits !== 'number' || !bitsPerStatus.includes(bits))
      throw malformedStatus('list has no usable bits')
    if (typeof lst !== 'string' || !/^[\w-]+$/.test(lst)) throw malformedStatus('list has no lst')
    const decoded = reader(await unpackList(lst), bits)
    return typeof ttl === 'number' && ttl >= 0 ? { ...decoded, ttlMilliseconds: ttl * 1000 } : decoded
  },
}

/** The lists of the pair that an address names; both have one issuer and one number. */
function pairOf(url: string): Record<StatusPurpose, string> | undefined {
  const name = parseStatusListId(statusListIdOf(url, list.segment) ?? '')
  if (!name) return undefined
  const { issuerDid, number } = name
  return {
    revocation: statusListId(issuerDid, 'revocation', number),
    suspension: statusListId(issuerDid, 'suspension', number),
  }
}

/** IETF Token Status List (draft-ietf-oauth-status-list): two bits from the two lists of a pair, which share indices. */
export const tokenStatusList: StatusEncoding = {
  name: 'TokenStatusList',
  place: 'claim',
  dataModels: ['2.0', '1.1', 'sd-jwt-vc'],
  contexts: () => [],

  // The pair is published under both ids; credentials name it by that of its revocation list.
  entries: ({ index, lists, urlOf }) => [
    { status_list: { idx: index, uri: listUrl(urlOf(lists.revocation), list.segment) } },
  ],

  parse(claim) {
    const { status_list: reference } = claim
    if (reference === undefined) return undefined
    const { idx, uri } = (reference ?? {}) as JsonObject
    if (typeof idx !== 'number' || !Number.isInteger(idx) || idx < 0 || idx > MAX_INDEX) {
      throw malformedStatus('claim has no usable idx')
    }
    const url = parseUrl(uri, 'uri')
    const lists = pairOf(url)
    return { index: idx, purposes: ['revocation', 'suspension'], url, ...(lists && { lists }) }
  },

  list,
}
