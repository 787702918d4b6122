import type { BuiltInSchema } from './built-in-schema.ts'

/** One vaccination of a person. */
export const vaccinationRecord: BuiltInSchema = {
  name: 'vaccination_record',
  version: '1.0',
  alias: 'vaccination-record-v1',
  type: 'VaccinationRecordCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Vaccination record',
    type: 'object',
    properties: {
      recipient: {
        type: 'object',
        properties: {
          fullName: { type: 'string', minLength: 1, maxLength: 200 },
          dateOfBirth: { type: 'string', format: 'date' },
        },
        required: ['fullName', 'dateOfBirth'],
        additionalProperties: false,
      },
      disease: { type: 'string', minLength: 1, maxLength: 200 },
      vaccine: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1, maxLength: 200 },
          manufacturer: { type: 'string', maxLength: 200 },
          atcCode: {
            type: 'string',
            pattern: '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$',
            description: 'WHO ATC code',
          },
          batchNumber: { type: 'string', maxLength: 100 },
        },
        required: ['name'],
        additionalProperties: false,
      },
      doseNumber: { type: 'integer', minimum: 1, maximum: 100 },
      totalDoses: { type: 'integer', minimum: 1, maximum: 100 },
      vaccinationDate: { type: 'string', format: 'date' },
      administeringCentre: { type: 'string', maxLength: 200 },
      country: { type: 'string', pattern: '^[A-Z]{2}$', description: 'ISO 3166-1 alpha-2' },
      nextVaccinationDate: { type: 'string', format: 'date' },
    },
    required: ['disease', 'vaccine', 'doseNumber', 'vaccinationDate'],
    additionalProperties: false,
  },
}
