import type { JsonObject } from '../../../node/json.ts'

/** A small schema of claims, and claims that fit. */
export const degreeSchema = {
  name: 'degree',
  type: 'DegreeCredential',
  jsonSchema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    properties: {
      degree: {
        type: 'object',
        properties: {
          name: { type: 'string', minLength: 1 },
          graduationYear: { type: 'integer' },
          gpa: { type: 'number' },
          honours: { type: 'array', items: { type: 'string' } },
        },
        required: ['name', 'graduationYear'],
        additionalProperties: false,
      },
    },
    required: ['degree'],
    additionalProperties: false,
  },
}

export const degreeClaims: JsonObject = {
  degree: { name: 'Bachelor of Science', graduationYear: 2025, gpa: 3.8, honours: ['first', 'second'] },
}
