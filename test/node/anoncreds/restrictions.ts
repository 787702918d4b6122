import assert from 'node:assert/strict'
import { isRestrictions, satisfies } from '../../../node/anoncreds/restrictions.ts'

const facts = {
  schemaId: 'schema',
  schemaIssuerId: 'author',
  schemaName: 'person',
  schemaVersion: '1.0',
  issuerId: 'issuer',
  credentialDefinitionId: 'definition',
  revealed: new Map([['city', 'London']]),
  attributes: new Set(['city', 'height']),
}

describe('restrictions of AnonCreds requests', () => {
  const allowed = [
    undefined,
    null,
    [],
    {},
    { schema_id: 'schema', issuer_did: 'issuer' },
    [{ schema_id: 'x' }, { cred_def_id: 'definition' }],
    { $or: [{ issuer_id: 'x' }, { schema_issuer_did: 'author' }] },
    { $and: [{ schema_name: 'person' }, { schema_version: '1.0' }] },
    { $not: { issuer_id: 'x' } },
    { issuer_id: { $in: ['x', 'issuer'] } },
    { issuer_id: { $neq: 'x' } },
    { 'attr::City::value': 'London' },
    { 'attr::height::marker': '1' },
    { $or: [{ 'attr::height::value': '1' }, { schema_id: 'schema' }] },
  ]
  const forbidden = [
    { schema_id: 'x' },
    [{ schema_id: 'schema', issuer_id: 'x' }, { cred_def_id: 'x' }],
    { $or: [] },
    { $not: { issuer_id: 'issuer' } },
    { issuer_id: { $in: ['x'] } },
    { issuer_id: { $neq: 'issuer' } },
    { 'attr::city::value': 'Paris' },
    { 'attr::weight::marker': '1' },
    // what is not revealed is neither this value nor another
    { 'attr::height::value': '168' },
    { $not: { 'attr::height::value': '168' } },
    { $not: { $and: [{ 'attr::height::value': '168' }, { schema_id: 'schema' }] } },
    { 'attr::height::value': { $neq: '168' } },
  ]
  const unknown = [
    'schema',
    5,
    { schema: 'x' },
    { $nor: [] },
    { schema_id: 5 },
    { schema_id: { $like: 'x' } },
    { schema_id: { $neq: 'x', $in: [] } },
    { $or: {} },
    { $not: [] },
    { constructor: 'x' },
    { attr: 'x' },
    [{ schema_id: 'schema' }, { other: 'x' }],
    Array.from({ length: 65 }, () => ({ schema_id: 'schema' })),
    JSON.parse(`${'{"$not":'.repeat(20)}{}${'}'.repeat(20)}`),
  ]
  for (const restrictions of allowed) {
    it(`allow ${JSON.stringify(restrictions)}`, () => {
      assert.ok(isRestrictions(restrictions))
      assert.ok(satisfies(restrictions, facts))
    })
  }
  for (const restrictions of forbidden) {
    it(`forbid ${JSON.stringify(restrictions)}`, () => {
      assert.ok(isRestrictions(restrictions))
      assert.ok(!satisfies(restrictions as never, facts))
    })
  }
  it('are refused when nobody would know what they mean', () => {
    for (const restrictions of unknown) assert.ok(!isRestrictions(restrictions), JSON.stringify(restrictions))
  })
})
