import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import { type Answer, startNode, type TestNode } from '../../../node.ts'

export const v1 = 'https://www.w3.org/2018/credentials/v1'
export const v2 = 'https://www.w3.org/ns/credentials/v2'

/** A node whose VC API takes no keys, and issuers without ledger, as the W3C suites are pointed at. */
export const openToSuites = (environment: Record<string, string> = {}): Promise<TestNode> =>
  startNode({ environment: { VC_API_AUTH: 'off', OFF_LEDGER_ISSUERS: 'true', ...environment } })

/** Calls the VC API as the suites do: without a key. */
export const callVcApi = (node: TestNode, method: string, path: string, body?: unknown): Promise<Answer> =>
  node.call(method, `/vc-api${path}`, { key: null, ...(body === undefined ? {} : { body }) })

/** The least credential of data model 2.0, with changes. */
export const credential = (changes: JsonObject = {}): JsonObject => ({
  '@context': [v2],
  type: ['VerifiableCredential'],
  credentialSubject: { id: 'did:example:subject' },
  ...changes,
})

/** Issues and gives the secured credential. */
export async function issue(
  node: TestNode,
  document: JsonObject,
  options: JsonObject = {},
): Promise<JsonObject & { proof: JsonObject }> {
  const answer = await callVcApi(node, 'POST', '/credentials/issue', { credential: document, options })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.verifiableCredential
}

/** What is wrong must be answered with 400 or 422, as the suites ask. */
export async function refusesToIssue(
  node: TestNode,
  document: unknown,
  options: JsonObject = {},
): Promise<Answer> {
  const answer = await callVcApi(node, 'POST', '/credentials/issue', { credential: document, options })
  assert.ok([400, 422].includes(answer.status), `${answer.status} ${JSON.stringify(answer.body)}`)
  assert.ok(answer.body.problemDetails.length > 0)
  return answer
}

export async function verifies(node: TestNode, verifiableCredential: unknown, options: JsonObject = {}) {
  const answer = await callVcApi(node, 'POST', '/credentials/verify', { verifiableCredential, options })
  assert.equal(answer.status, 200, JSON.stringify(answer.body))
  assert.equal(answer.body.verified, true)
  return answer
}

export async function refusesToVerify(
  node: TestNode,
  verifiableCredential: unknown,
  options: JsonObject = {},
) {
  const answer = await callVcApi(node, 'POST', '/credentials/verify', { verifiableCredential, options })
  assert.equal(answer.status, 400, JSON.stringify(answer.body))
  assert.equal(answer.body.verified, false)
  assert.ok(answer.body.problemDetails.every(({ type }: { type: string }) => URL.canParse(type)))
  return answer
}

/** Makes an issuer and gives its DID. */
export async function makeDid(node: TestNode, method: string, keys: string[], more: JsonObject = {}) {
  const answer = await node.call('POST', '/api/v1/dids', { body: { method, keys, ...more } })
  assert.equal(answer.status, 201, JSON.stringify(answer.body))
  return answer.body.did as string
}
