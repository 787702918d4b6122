import type { JsonObject } from '../../json.ts'

/**
 * Terms of data model 2.0 that credentials of data model 1.1 use here: with the same IRIs as
 * https://www.w3.org/ns/credentials/v2, whose definitions a 1.1 document cannot load beside its own. `name`, for the
 * issuer, stays unprotected, so that a schema may define its own.
 */
export const credentialTerms: JsonObject = {
  '@context': {
    '@version': 1.1,
    JsonSchema: { '@id': 'https://www.w3.org/2018/credentials#JsonSchema', '@protected': true },
    digestSRI: {
      '@id': 'https://www.w3.org/2018/credentials#digestSRI',
      '@type': 'https://www.w3.org/2018/credentials#sriString',
      '@protected': true,
    },
    name: 'https://schema.org/name',
  },
}
