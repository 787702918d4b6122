import type { BuiltInSchema } from './built-in-schema.ts'

/** That a person lives at an address, and by what that was seen. */
export const addressProof: BuiltInSchema = {
  name: 'address_proof',
  version: '1.0',
  alias: 'address-proof-v1',
  type: 'AddressProofCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Proof of address',
    type: 'object',
    properties: {
      fullName: { type: 'string', minLength: 1, maxLength: 200 },
      address: {
        type: 'object',
        properties: {
          streetAddress: { type: 'string', minLength: 1, maxLength: 200 },
          addressLocality: { type: 'string', minLength: 1, maxLength: 200 },
          addressRegion: { type: 'string', maxLength: 200 },
          postalCode: { type: 'string', maxLength: 20 },
          addressCountry: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' },
        },
        required: ['streetAddress', 'addressLocality', 'addressCountry'],
        additionalProperties: false,
      },
      documentType: {
        enum: ['utility-bill', 'bank-statement', 'tax-notice', 'tenancy-agreement', 'registry'],
      },
      documentDate: { type: 'string', format: 'date' },
      residentSince: { type: 'string', format: 'date' },
      verifiedAt: { type: 'string', format: 'date-time' },
    },
    required: ['address', 'verifiedAt'],
    additionalProperties: false,
  },
}
