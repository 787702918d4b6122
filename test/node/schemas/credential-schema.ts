import assert from 'node:assert/strict'
import { Ajv2020 } from 'ajv/dist/2020.js'
import type { JsonObject } from '../../../node/json.ts'
import { builtInSchemas } from '../../../node/schemas/built-in/index.ts'
import { wrapClaimsSchema } from '../../../node/schemas/credential-schema.ts'
import { sriDigest } from '../../../node/schemas/digest.ts'
import { schemaId } from './credential-quads.ts'

/** Plain Ajv, as a verifier elsewhere would use it. */
function validator(jsonSchema: JsonObject) {
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  const validate = ajv.compile(wrapClaimsSchema(schemaId, jsonSchema).document)
  return (credentialSubject: JsonObject) => validate({ type: ['VerifiableCredential'], credentialSubject })
}

const id = 'did:key:z6Mk'

describe('wrapClaimsSchema', () => {
  it('names the schema with the digest of what is served', () => {
    const { document, bytes, reference } = wrapClaimsSchema(schemaId, { properties: { a: true } })
    assert.deepEqual(reference, { id: schemaId, type: 'JsonSchema', digestSRI: sriDigest(bytes) })
    assert.deepEqual(JSON.parse(new TextDecoder().decode(bytes)), document)
    assert.equal(document.$id, schemaId)
  })

  it('validates the subject with its id beside claims that admit no others', () => {
    const validate = validator(builtInSchemas[0].jsonSchema)
    const degree = { type: 'Diploma', name: 'Law', university: 'MIT', graduationYear: 2025 }
    assert.ok(validate({ id, degree }))
    assert.ok(!validate({ id, degree, more: 1 }))
    assert.ok(!validate({ id, degree: { ...degree, id } }))
    assert.ok(!validate({ id }))
  })

  it('keeps local references, and admits the id in whatever closes the claims', () => {
    const validate = validator({
      $id: 'https://example.org/own-id',
      allOf: [{ $ref: '#/$defs/closed' }],
      maxProperties: 1,
      propertyNames: { pattern: '^a' },
      $defs: {
        closed: { properties: { a: { $ref: '#/$defs/day' } }, unevaluatedProperties: false },
        day: { enum: ['Monday', 'Tuesday'] },
      },
    })
    assert.ok(validate({ id, a: 'Monday' }))
    assert.ok(!validate({ id, a: 'Sunday' }))
    assert.ok(!validate({ id, a: 'Monday', ab: 1 }))
  })
})
