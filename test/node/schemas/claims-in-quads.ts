import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { JsonObject } from '../../../node/json.ts'
import { deriveContext } from '../../../node/schemas/derive-context.ts'
import { jcsBytes, sriDigest } from '../../../node/schemas/digest.ts'
import { openSchema } from '../../../node/schemas/open-schema.ts'
import { serializeSchemaDocument } from '../../../node/schemas/schema-document.ts'
import { credentialQuads, dataModels, schemaId } from './credential-quads.ts'
import { derivable, schemaCases } from './schema-cases.ts'

function open(jsonSchema: JsonObject) {
  const { document } = deriveContext({ schemaId, type: 'TestCredential', jsonSchema })
  const contexts = [{ url: 'urn:derived', digest: sriDigest(jcsBytes(document)) }]
  const content = serializeSchemaDocument({ type: 'TestCredential', contexts, jsonSchema })
  return openSchema({ schemaId, content, digest: sriDigest(content) })
}

describe('claims in canonical N-Quads', () => {
  for (const dataModel of dataModels) {
    it(`are all there, and no two claims look alike, in data model ${dataModel}`, async () => {
      let compared = 0
      await fc.assert(
        fc.asyncProperty(schemaCases, async ({ jsonSchema, one, other }) => {
          fc.pre(derivable(jsonSchema))
          const schema = open(jsonSchema)
          const claims = [one, other].map((value) => JSON.parse(JSON.stringify(value)) as JsonObject)
          for (const each of claims) fc.pre(schema.validateClaims(each).length === 0)
          const quads = await Promise.all(
            claims.map((each) => credentialQuads({ jsonSchema, claims: each, dataModel })),
          )
          const same =
            Buffer.compare(jcsBytes(claims[0] as JsonObject), jcsBytes(claims[1] as JsonObject)) === 0
          assert.equal(quads[0] === quads[1], same)
          if (!same) compared += 1
        }),
        { numRuns: 150 },
      )
      assert.ok(compared > 60, `only ${compared} pairs were compared`)
    })
  }
})
