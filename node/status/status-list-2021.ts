import { listSubject, packBits, readBits, wholeSeconds } from './bitstring.ts'
import { listUrl, statusListIdOf } from './list-url.ts'
import { malformedStatus } from './malformed-status.ts'
import type { ListEncoding, StatusEncoding } from './status-list.ts'
import { parseIndexedEntry, parseUrl } from './status-list-entry.ts'

const credentialsV1 = 'https://www.w3.org/2018/credentials/v1'
const statusContext = 'https://w3id.org/vc/status-list/2021/v1'
const types = { credential: 'StatusList2021Credential', subject: 'StatusList2021' }

const list: ListEncoding = {
  segment: '2021',
  kind: { credential: '1.1' },
  mediaTypes: ['application/vc', 'application/jwt'],
  reads: (purpose) => [purpose],
  recognises: ({ type }) => [type].flat().includes(types.credential),

  encode: async ({ url, issuer, purpose, bits, validFrom, validUntil }) => ({
    '@context': [credentialsV1, statusContext],
    id: url,
    type: ['VerifiableCredential', types.credential],
    issuer,
    issuanceDate: wholeSeconds(validFrom),
    expirationDate: wholeSeconds(validUntil),
    credentialSubject: {
      id: `${url}#list`,
      type: types.subject,
      statusPurpose: purpose,
      encodedList: await packBits(bits[purpose] as Uint8Array),
    },
  }),

  async decode(document) {
    const subject = listSubject(document, types)
    const { encodedList: encoded } = subject
    // The specification says base-64; its libraries write base64url. Node reads both.
    if (typeof encoded !== 'string' || !/^[\w+/-]+={0,2}$/.test(encoded)) {
      throw malformedStatus('list has no encodedList')
    }
    return readBits(subject, encoded)
  },
}

/** StatusList2021 (https://www.w3.org/TR/2023/WD-vc-status-list-20230427/), for verifiers of data model 1.1. */
export const statusList2021: StatusEncoding = {
  name: 'StatusList2021Entry',
  place: 'entry',
  dataModels: ['1.1'],
  contexts: () => [statusContext],

  entries: ({ index, purposes, lists, urlOf }) =>
    purposes.map((purpose) => {
      const url = listUrl(urlOf(lists[purpose]), list.segment)
      return {
        id: `${url}#${index}`,
        type: 'StatusList2021Entry',
        statusPurpose: purpose,
        statusListIndex: String(index),
        statusListCredential: url,
      }
    }),

  parse(entry) {
    const parsed = parseIndexedEntry(entry, 'StatusList2021Entry')
    if (!parsed || 'unsupported' in parsed) return parsed
    const { purpose, index } = parsed
    const url = parseUrl(entry.statusListCredential, 'statusListCredential')
    const id = statusListIdOf(url, list.segment)
    return { index, purposes: [purpose], url, ...(id !== undefined && { lists: { [purpose]: id } }) }
  },

  list,
}
