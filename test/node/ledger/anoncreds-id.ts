import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  anonCredsSchemaId,
  credentialDefinitionId,
  parseAnonCredsSchemaId,
  parseCredentialDefinitionId,
} from '../../../node/ledger/anoncreds-id.ts'
import { isResourcePart } from '../../../node/ledger/resource-id.ts'

const did = 'did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906'
const other = 'did:ethr:0x1111111111111111111111111111111111111111'
const part = fc.string({ unit: 'grapheme-ascii', minLength: 1, maxLength: 30 }).filter(isResourcePart)

describe('ids of AnonCreds resources', () => {
  it('are those of the Indy family', () => {
    const schema = { issuerDid: did, name: 'a degree', version: '1.0' }
    assert.equal(anonCredsSchemaId(did, 'a degree', '1.0'), `${did}/anoncreds/v0/SCHEMA/a%20degree/1.0`)
    assert.equal(
      credentialDefinitionId(other, schema, 'first'),
      `${other}/anoncreds/v0/CLAIM_DEF/${did}:a%20degree:1.0/first`,
    )
  })

  it('lead back to the parts that they were made of, and are URIs', () => {
    fc.assert(
      fc.property(part, part, part, (name, version, tag) => {
        const id = credentialDefinitionId(other, { issuerDid: did, name, version }, tag)
        assert.ok(URL.canParse(id))
        const parsed = parseCredentialDefinitionId(id)
        assert.deepEqual([parsed?.issuerDid, parsed?.tag], [other, tag])
        assert.deepEqual(parsed?.schema, parseAnonCredsSchemaId(anonCredsSchemaId(did, name, version)))
        assert.deepEqual([parsed?.schema.name, parsed?.schema.version], [name, version])
      }),
    )
  })

  it('have one form each', () => {
    for (const id of [
      `${did}/anoncreds/v0/SCHEMA/a/..`,
      `${did}/anoncreds/v0/SCHEMA/a`,
      `${did}/anoncreds/v0/SCHEMA/a/1/2`,
      `${did}/anoncreds/v0/SCHEMA/%61/1`,
      `${did}/anoncreds/v1/SCHEMA/a/1`,
      `${did.toUpperCase()}/anoncreds/v0/SCHEMA/a/1`,
      `did:web:example.com/anoncreds/v0/SCHEMA/a/1`,
      `${did}/schema/a/1`,
    ])
      assert.equal(parseAnonCredsSchemaId(id), undefined, id)
    for (const id of [
      `${did}/anoncreds/v0/CLAIM_DEF/${other}:a:1/`,
      `${did}/anoncreds/v0/CLAIM_DEF/${other}:a/t`,
      `${did}/anoncreds/v0/CLAIM_DEF/12/t`,
      `${did}/anoncreds/v0/CLAIM_DEF/${other}:a:1/t/u`,
    ])
      assert.equal(parseCredentialDefinitionId(id), undefined, id)
  })
})
