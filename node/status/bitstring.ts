import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'
import type { JsonObject } from '../json.ts'
import type { StatusPurpose } from '../ledger/ledger.ts'
import { malformedStatus } from './malformed-status.ts'
import type { DecodedList } from './status-list.ts'
import { isStatusPurpose } from './status-list-entry.ts'

// a list of the largest capacity on the ledger, 16,776,960 entries, has 2,097,120 bytes
const MAX_LIST_BYTES = 2 ** 21
// Bitstring Status List v1.0, 3.3 and 4.1: 131,072 entries at least, for privacy in the herd
const MIN_ENTRIES = 131_072

// On threads of the pool. With one bit in a hundred set, packing 131,072 entries takes 13 ms and unpacking 1 ms; the
// largest list 1.2 s and 12 ms, of which the event loop is held for at most 10 ms (base64 of what is packed).
const pack = promisify(gzip)
const unpack = promisify(gunzip)

/** A bitstring as GZIP (RFC 1952) in base64url without padding. */
export async function packBits(bits: Uint8Array): Promise<string> {
  return (await pack(bits, { level: 9 })).toString('base64url')
}

/**
 * A list of one bit an entry, the most significant bit first, from the subject of its credential and its base64url.
 * @throws MALFORMED_REQUEST
 */
export async function readBits(subject: JsonObject, encoded: string): Promise<DecodedList> {
  const purposes = [subject.statusPurpose ?? []].flat().filter(isStatusPurpose)
  if (purposes.length === 0) throw malformedStatus('list has no statusPurpose that is read here')
  const bits = await unpackBits(encoded)
  if (bits.length * 8 < MIN_ENTRIES) throw malformedStatus(`list has fewer than ${MIN_ENTRIES} entries`)
  return {
    purposes,
    size: bits.length * 8,
    isSet: (index, purpose: StatusPurpose) =>
      purposes.includes(purpose)
        ? (((bits[index >>> 3] as number) >>> (7 - (index & 7))) & 1) === 1
        : undefined,
  }
}

async function unpackBits(encoded: string): Promise<Uint8Array> {
  try {
    return await unpack(Buffer.from(encoded, 'base64url'), { maxOutputLength: MAX_LIST_BYTES })
  } catch (cause) {
    throw malformedStatus('list cannot be unpacked', cause)
  }
}

/** The subject of a list credential, of the type its encoding demands. @throws MALFORMED_REQUEST */
export function listSubject(list: JsonObject, types: { credential: string; subject: string }): JsonObject {
  const { credentialSubject: subject } = list
  const hasType = (value: JsonObject, type: string) => [value.type ?? []].flat().includes(type)
  if (!hasType(list, types.credential)) throw malformedStatus(`list is no ${types.credential}`)
  if (typeof subject !== 'object' || subject === null || !hasType(subject as JsonObject, types.subject)) {
    throw malformedStatus(`list has no subject of the type ${types.subject}`)
  }
  return subject as JsonObject
}

/** ISO 8601 in UTC, without a fraction of a second. */
export function wholeSeconds(date: Date): string {
  return date.toISOString().replace(/\.\d+Z$/, 'Z')
}
