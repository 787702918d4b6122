import type { BuiltInSchema } from './built-in-schema.ts'

/** A degree of a university: IDA's first example. */
export const educationDegree: BuiltInSchema = {
  name: 'education_degree',
  version: '1.0',
  alias: 'education-degree-v1',
  type: 'UniversityDegreeCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'University degree',
    type: 'object',
    properties: {
      degree: {
        type: 'object',
        properties: {
          type: {
            description: 'Level of the degree',
            enum: ['AssociateDegree', 'BachelorDegree', 'MasterDegree', 'DoctoralDegree', 'Diploma'],
          },
          name: { type: 'string', minLength: 1, maxLength: 200 },
          university: { type: 'string', minLength: 1, maxLength: 200 },
          fieldOfStudy: { type: 'string', maxLength: 200 },
          graduationYear: { type: 'integer', minimum: 1900, maximum: 2200 },
          graduationDate: { type: 'string', format: 'date' },
          gpa: { type: 'number', minimum: 0, maximum: 100 },
          honors: { type: 'string', maxLength: 200 },
        },
        required: ['type', 'name', 'university', 'graduationYear'],
        additionalProperties: false,
      },
    },
    required: ['degree'],
    additionalProperties: false,
  },
}
