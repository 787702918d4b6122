import type { JsonObject } from '../../json.ts'

/**
 * Terms of status entries that name a list of the registry by its DID URL. The members that entries of Bitstring
 * Status List have, too, mean the same: they have the IRIs of https://www.w3.org/ns/credentials/status/v1.
 */
export const registryStatusTerms: JsonObject = {
  '@context': {
    '@version': 1.1,
    '@protected': true,
    StatusListRegistryEntry: {
      '@id': 'urn:uuid:98bdfd9c-53d1-41c6-b826-fc46de389759#StatusListRegistryEntry',
      '@context': {
        '@protected': true,
        id: '@id',
        type: '@type',
        statusPurpose: 'https://www.w3.org/ns/credentials/status#statusPurpose',
        statusListIndex: 'https://www.w3.org/ns/credentials/status#statusListIndex',
        statusList: {
          '@id': 'urn:uuid:98bdfd9c-53d1-41c6-b826-fc46de389759#statusList',
          '@type': '@id',
        },
      },
    },
  },
}
