import assert from 'node:assert/strict'
import { scopes } from '../../../../node/access/caller.ts'
import type { Answer, TestNode } from '../../../node.ts'

export const degreeSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  type: 'object',
  required: ['degree'],
  additionalProperties: false,
  properties: {
    degree: {
      type: 'object',
      required: ['type', 'name'],
      additionalProperties: false,
      properties: {
        type: { type: 'string', enum: ['BachelorDegree', 'MasterDegree'] },
        name: { type: 'string', minLength: 1 },
        university: { type: 'string' },
        graduationYear: { type: 'integer', minimum: 1900, maximum: 2100 },
        gpa: { type: 'number' },
      },
    },
  },
}

export const bachelor = {
  degree: {
    type: 'BachelorDegree',
    name: 'Bachelor of Science in Computer Science',
    university: 'MIT',
    graduationYear: 2025,
    gpa: 3.8,
  },
}

export const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

/** `/api/v1/…` with every part percent-encoded. */
export const at = (...parts: readonly string[]) => `/api/v1/${parts.map(encodeURIComponent).join('/')}`

/** An answer that must have this status. */
export function expect(status: number, answer: Answer): Answer {
  assert.equal(answer.status, status, JSON.stringify(answer.body))
  return answer
}

/** An answer that must be a problem document with this status and code. */
export function expectProblem(status: number, code: string, answer: Answer): Answer {
  assert.deepEqual([answer.status, answer.body.code], [status, code], JSON.stringify(answer.body))
  assert.equal(answer.headers.get('content-type'), 'application/problem+json')
  return answer
}

/** Makes a did:ethr issuer and gives its DID. */
export async function makeIssuer(
  node: Pick<TestNode, 'call'>,
  keys = ['Ed25519'],
  name = 'MIT',
): Promise<string> {
  const answer = await node.call('POST', '/api/v1/dids', { body: { method: 'ethr', keys, name } })
  return expect(201, answer).body.did
}

const tenantScopes = scopes.filter((scope) => scope !== 'tenants:admin')

/** Makes a tenant with a key for everything, and gives the node as that key sees it. */
export async function makeTenant(
  node: TestNode,
  tenant: { tenantId: string; didQuota?: number; dailyCredentials?: number; rateLimit?: number },
): Promise<TestNode> {
  const { tenantId } = tenant
  expect(201, await node.call('POST', '/api/v1/tenants', { body: { name: tenantId, ...tenant } }))
  const body = { name: 'all', scopes: tenantScopes, issuerDids: '*', tenantId }
  const { key } = expect(201, await node.call('POST', '/api/v1/api-keys', { body })).body
  const call: TestNode['call'] = (method, path, options) => node.call(method, path, { key, ...options })
  return { ...node, adminApiKey: key, call }
}

let schemas = 0

/** Registers the degree schema under a version of its own and gives its id. */
export async function makeSchema(
  node: Pick<TestNode, 'call'>,
  issuerDid: string,
  extra: Record<string, unknown> = {},
): Promise<string> {
  schemas += 1
  const body = {
    name: 'university-degree',
    version: `1.0.${schemas}`,
    issuerDid,
    jsonSchema: degreeSchema,
    type: 'UniversityDegreeCredential',
    ...extra,
  }
  return expect(201, await node.call('POST', '/api/v1/schemas', { body })).body.schemaId
}

/** Issues a degree and gives the answer's body. */
export async function issueDegree(
  node: Pick<TestNode, 'call'>,
  terms: { issuerDid: string; schemaId: string } & Record<string, unknown>,
) {
  const body = { holderDid, claims: bachelor, ...terms }
  return expect(201, await node.call('POST', '/api/v1/credentials/issue', { body })).body
}
