import type { BuiltInSchema } from './built-in-schema.ts'

/** That a person's identity has been checked, and how. */
export const kycVerification: BuiltInSchema = {
  name: 'kyc_verification',
  version: '1.0',
  alias: 'kyc-verification-v1',
  type: 'KycVerificationCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'KYC verification',
    type: 'object',
    properties: {
      fullName: { type: 'string', minLength: 1, maxLength: 200 },
      dateOfBirth: { type: 'string', format: 'date' },
      nationality: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' },
      countryOfResidence: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' },
      verificationLevel: { enum: ['basic', 'standard', 'enhanced'] },
      verificationMethodUsed: { enum: ['document', 'video', 'in-person', 'electronic-id', 'database'] },
      documentType: { enum: ['passport', 'national-id', 'driving-licence', 'residence-permit'] },
      verifiedAt: { type: 'string', format: 'date-time' },
      sanctionsScreened: { type: 'boolean' },
      politicallyExposed: { type: 'boolean' },
    },
    required: ['verificationLevel', 'verifiedAt'],
    additionalProperties: false,
  },
}
