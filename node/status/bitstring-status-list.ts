import type { JsonObject } from '../json.ts'
import { listSubject, packBits, readBits, wholeSeconds } from './bitstring.ts'
import { statusListIdOf } from './list-url.ts'
import { malformedStatus } from './malformed-status.ts'
import type { ListEncoding, StatusEncoding } from './status-list.ts'
import { parseIndexedEntry, parseUrl } from './status-list-entry.ts'

const credentialsV2 = 'https://www.w3.org/ns/credentials/v2'
const statusContext = 'https://www.w3.org/ns/credentials/status/v1'
const types = { credential: 'BitstringStatusListCredential', subject: 'BitstringStatusList' }

const list: ListEncoding = {
  segment: '',
  kind: { credential: '2.0' },
  mediaTypes: ['application/vc', 'application/vc+jwt', 'application/vc+cose'],
  reads: (purpose) => [purpose],
  recognises: ({ type }) => [type].flat().includes(types.credential),

  encode: async ({ url, issuer, purpose, bits, validFrom, validUntil, ttlMilliseconds }) => ({
    '@context': [credentialsV2],
    id: url,
    type: ['VerifiableCredential', types.credential],
    issuer,
    validFrom: wholeSeconds(validFrom),
    validUntil: wholeSeconds(validUntil),
    credentialSubject: {
      id: `${url}#list`,
      type: types.subject,
      statusPurpose: purpose,
      ttl: ttlMilliseconds,
      // multibase, base64url without padding
      encodedList: `u${await packBits(bits[purpose] as Uint8Array)}`,
    },
  }),

  async decode(document) {
    const subject = listSubject(document, types)
    const { encodedList: encoded, ttl } = subject
    if (typeof encoded !== 'string' || !/^u[\w-]+$/.test(encoded))
      throw malformedStatus('list has no encodedList')
    const decoded = await readBits(subject, encoded.slice(1))
    return typeof ttl === 'number' && ttl >= 0 ? { ...decoded, ttlMilliseconds: ttl } : decoded
  },
}

/** Bitstring Status List v1.0 (https://www.w3.org/TR/vc-bitstring-status-list/). */
export const bitstringStatusList: StatusEncoding = {
  name: 'BitstringStatusListEntry',
  place: 'entry',
  dataModels: ['2.0', '1.1'],

  // the context of data model 2.0 defines the terms itself
  contexts: (dataModel) => (dataModel === '1.1' ? [statusContext] : []),

  entries: ({ index, purposes, lists, urlOf }) =>
    purposes.map((purpose) => ({
      id: `${lists[purpose]}#${index}`,
      type: 'BitstringStatusListEntry',
      statusPurpose: purpose,
      statusListIndex: String(index),
      statusListCredential: urlOf(lists[purpose]),
    })),

  parse(entry: JsonObject) {
    const parsed = parseIndexedEntry(entry, 'BitstringStatusListEntry')
    if (!parsed || 'unsupported' in parsed) return parsed
    const { purpose, index } = parsed
    const url = parseUrl(entry.statusListCredential, 'statusListCredential')
    // the id is optional in the specification; where it names a list of the ledger, that is the one
    const named = typeof entry.id === 'string' ? entry.id.split('#')[0] : undefined
    const id = named?.startsWith('did:') ? named : statusListIdOf(url, list.segment)
    return { index, purposes: [purpose], url, ...(id !== undefined && { lists: { [purpose]: id } }) }
  },

  list,
}
