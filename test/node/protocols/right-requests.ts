import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import {
  type Invitation,
  makeConnectionMessage,
} from '../../../node/exchange/connections/connection-message.ts'
import { makeMessage } from '../../../node/exchange/message.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createToken } from '../../../node/secret-token.ts'
import { bulkPath } from '../../bulk-client.ts'
import { inWords } from '../../hostile-values.ts'
import type { Answer, TestNode } from '../../node.ts'
import { reference } from '../anoncreds/party.ts'
import type { Receiver } from '../webhooks/receiver.ts'
import { expect, holderDid } from './rest/scenario.ts'
import { connect, eventually, v1 } from './rest/two-nodes.ts'

/** A request that succeeds; the ids in it are of this node. */
export interface RightRequest {
  /** `PATCH /api/v1/tenants/{id}`: the operation of the OpenAPI description. */
  operation: string
  method: string
  path: string
  body: unknown
  /** How a body is written down, and what it is then; as JSON when left out. */
  form?: { type: string; write(body: unknown): string }
  /** Undefined: the administrator's. */
  key?: string
  /** Where it cannot succeed. */
  status?: number
}

interface Schema {
  $ref?: string
  anyOf?: Schema[]
  const?: unknown
  enum?: unknown[]
  examples?: unknown[]
  default?: unknown
  type?: string
  format?: string
  properties?: Record<string, Schema>
  items?: Schema
  minimum?: number
}

export interface Description {
  paths: Record<string, Record<string, Operation>>
  components: { schemas: Record<string, Schema> }
}
interface Operation {
  requestBody?: { content: Record<string, { schema: Schema; example?: JsonObject }> }
}

/** What is asked of an operation instead of what its description says. */
/** What a request has instead of what the description says. */
interface Special extends Partial<Pick<RightRequest, 'body' | 'form' | 'status' | 'key'>> {
  /** What stands in its path. */
  id?: string
  query?: Record<string, string>
  /** Members in the place of those of the description; undefined leaves one out. */
  with?: Record<string, unknown>
}

/** A value of a schema of the description, every member in it; one whose name is known has the value that is known. */
function exampleOf(schema: Schema, known: Record<string, unknown>, { components }: Description): unknown {
  const of = (part: Schema): unknown => {
    const { $ref, anyOf, properties, items } = part
    if ($ref) return of(components.schemas[$ref.split('/').at(-1) as string] as Schema)
    if (anyOf) return of(anyOf[0] as Schema)
    if ('const' in part) return part.const
    if (properties) {
      const members = Object.entries(properties)
      return Object.fromEntries(
        members.map(([name, member]) => [name, name in known ? known[name] : of(member)]),
      )
    }
    const told = part.default ?? part.examples?.[0] ?? part.enum?.[0]
    if (told !== undefined) return told
    if (items) return [of(items)]
    if (part.type === 'string') return part.format === 'date-time' ? '2040-01-01T00:00:00Z' : 'text'
    if (part.type === 'integer') return part.minimum ?? 1
    return part.type === 'boolean' ? false : {}
  }
  return of(schema)
}

/**
 * Requests for every operation of a description that has a body. A body is made of the schema of its operation, and
 * of what the node is filled with.
 */
export async function rightRequests(
  node: TestNode,
  description: Description,
  receiver: Receiver,
): Promise<RightRequest[]> {
  const { known, special } = await fill(node, receiver)
  const requests: RightRequest[] = []
  for (const [template, operations] of Object.entries(description.paths)) {
    for (const [verb, { requestBody }] of Object.entries(operations)) {
      if (!requestBody) continue
      const method = verb.toUpperCase()
      const operation = `${method} ${template}`
      const { schema = {}, example = {} } = requestBody.content['application/json'] ?? {}
      const told = { ...(exampleOf(schema, known, description) as object), ...example }
      for (const { id, query, with: others, ...rest } of [special[operation] ?? {}].flat()) {
        const path = template.replace(/\{[^}]+\}/, encodeURIComponent(id ?? ''))
        const search = query ? `?${new URLSearchParams(query)}` : ''
        const body = JSON.parse(JSON.stringify({ ...told, ...others }))
        requests.push({ operation, method, path: path + search, body, ...rest })
      }
    }
  }
  return requests
}

const linesOf = (rows: unknown, write: (row: unknown) => string): string =>
  [rows].flat().map(write).join('\n')
/** Nothing is quoted: what has commas, quotes or lines of its own makes another file. */
const csv = {
  type: 'text/csv',
  write: (rows: unknown) => linesOf(rows, (row) => [row].flat().map(inWords).join(',')),
}
const ndjson = {
  type: 'application/x-ndjson',
  write: (rows: unknown) => linesOf(rows, (row) => JSON.stringify(row)),
}

const jsonSchema = {
  type: 'object',
  properties: { degree: { type: 'object', properties: { name: { type: 'string', pattern: '^[A-Z]' } } } },
}
const claims = { degree: { name: 'Bachelor' } }
const hook = { url: 'https://hook.example/', types: ['wallet.credential_deleted'] }

/** Fills a node with what requests are about. */
async function fill(node: TestNode, receiver: Receiver) {
  const post = async (path: string, body: unknown) => {
    const answer = await v1(node, 'POST', path, body)
    assert.ok(answer.status < 300, `${path}: ${JSON.stringify(answer.body)}`)
    return answer.body
  }
  const [{ did: issuerDid }, { did: otherDid }, { did: holder }] = await Promise.all(
    [{ keys: ['Ed25519', 'P-256'] }, {}, { method: 'key' }].map((body) => post('/dids', body)),
  )
  const { schemaId } = await post('/schemas', { issuerDid, name: 'degree', version: '1', jsonSchema })
  const restricted = { issuerDid, name: 'restricted', version: '1', jsonSchema, restricted: true }
  const { schemaId: restrictedId } = await post('/schemas', restricted)
  const proofType = 'eddsa-jcs-2022'
  const statusEncoding = ['BitstringStatusListEntry']
  const proofTypes = [...Array(4).fill(proofType), 'vc+sd-jwt', 'eddsa-rdfc-2022', 'ecdsa-sd-2023']
  const issued = await Promise.all(
    proofTypes.map((type) => {
      const terms = { schemaId, issuerDid, holderDid, claims, statusEncoding, suspendable: true }
      return post('/credentials/issue', { ...terms, proofType: type })
    }),
  )
  const [{ credential, credentialId }, ...others] = issued
  const [revoked, unsuspended, suspended] = others.map((each) => each.credentialId)
  const [token, linked, base] = issued.slice(4).map((each) => each.credential)
  await post('/credentials/suspend', { credentialId: suspended })
  const proven = { credentials: [credential], holderDid: holder, challenge: 'c', domain: 'd' }
  const { presentation } = await post('/presentations', proven)
  await post('/tenants', { tenantId: 'somebody', name: 'Somebody' })
  const { id: webhookId } = await post('/webhooks', hook)

  const details = { schemaId, issuerDid, claims, proofType }
  const { connectionId, proposed, offered, requested } = await exchange(node, { details, holder, post })
  const { invitation } = await post('/connections/invitations', {})
  const peer = await bePeer(node, receiver, {
    invitation: (await post('/connections/invitations', {})).invitation,
    details,
  })

  const known = {
    ...{
      issuerDid,
      schemaId,
      holderDid,
      claims,
      credential,
      jsonSchema,
      presentation,
      connectionId,
      details,
    },
    ...{
      proofType,
      statusEncoding,
      issuerDids: [issuerDid],
      ...hook,
      challenge: 'c',
      domain: 'd',
      chain: [],
    },
    ...{ dryRun: true, verifiableCredential: credential, verifiablePresentation: presentation, invitation },
    ...{ credentialId, credentialIds: undefined, subjectDid: undefined, validUntil: undefined },
    ...{ mandatoryPointers: undefined, selectivePointers: ['/credentialSubject/degree'], context: undefined },
    ...{
      validFrom: undefined,
      expiresInSeconds: 600,
      verificationMethod: credential.proof.verificationMethod,
    },
    ...{ tenantId: undefined, compromisedSince: undefined, dataModel: '2.0', options: undefined },
  }
  const { presentation: shown, presentationRequest: forIt } = reference.cases[0].theirHolder
  const attributes = { requested_attributes: { a: { name: 'phone' } } }
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    ...{ type: ['VerifiableCredential'], issuer: issuerDid, credentialSubject: { id: holderDid } },
  }
  const hash = `0x${'0'.repeat(64)}`
  const statusListId = credential.credentialStatus[0].statusListCredential
  const registration = { statusListId, statusListIndex: 0, proof: [hash], transactionHash: hash }
  const options = { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' }
  const plain = { '@context': document['@context'], type: ['VerifiablePresentation'], holder }
  const rows = { query: { schemaId, issuerDid, proofType, dryRun: 'true' } }
  const ofOther = { id: otherDid }
  const rotation = { ...ofOther, body: { reason: 'rotation', keyType: 'Ed25519' } }
  const newSchema = { with: { name: 'other', issuerDid } }

  const special: Record<string, Special | Special[]> = {
    'POST /api/v1/dids': { body: { method: 'key', keys: ['Ed25519'], name: 'A' } },
    // its owner has yet to delegate to the node
    'POST /api/v1/dids/import': { status: 422 },
    'PATCH /api/v1/dids/{did}': ofOther,
    'PUT /api/v1/dids/{did}': ofOther,
    'POST /api/v1/dids/{did}/keys/rotate': rotation,
    'POST /api/v1/dids/{did}/rotate-key': rotation,
    'POST /api/v1/schemas': newSchema,
    'POST /api/v1/credentials/schemas': { with: { ...newSchema.with, name: 'third', alias: 'third' } },
    'POST /api/v1/schemas/{id}/issuers': { id: restrictedId },
    'POST /api/v1/credentials/schemas/{id}/issuers': { id: restrictedId },
    [`POST ${bulkPath}`]: [
      { ...rows, form: csv, body: [['holderDid', 'degree.name'], ...Array(2).fill([holderDid, 'Bachelor'])] },
      { ...rows, form: ndjson, body: Array(2).fill({ holderDid, claims }) },
    ],
    'POST /api/v1/credentials/revoke': { with: { credentialId: revoked } },
    'POST /api/v1/credentials/suspend': { with: { credentialId: unsuspended } },
    'POST /api/v1/credentials/reinstate': { with: { credentialId: suspended } },
    'POST /api/v1/credentials/verify': [credential, token, linked].map((each) => ({
      body: { credential: each, chain: [each], registration },
    })),
    'POST /api/v1/presentations': { with: { ...proven, proofType: 'eddsa-rdfc-2022' } },
    'POST /api/v1/credentials/derive': [token, base].map((each) => ({
      with: { credential: each, nonce: undefined },
    })),
    'POST /api/v1/credentials/{id}/offers': { id: credentialId },
    // one that is there would have two safe primes made for every tag
    'POST /api/v1/anoncreds/cred-defs': { status: 404 },
    'POST /api/v1/anoncreds/presentations': {
      body: {
        presentationRequest: { name: 'a', version: '1', nonce: '80', ...attributes },
        selfAttested: { a: '1' },
      },
    },
    'POST /api/v1/anoncreds/presentation-requests': { with: attributes },
    // the ledger does not know its definition
    'POST /api/v1/anoncreds/presentations/verify': {
      body: { presentation: shown, presentationRequest: forIt },
    },
    'POST /api/v1/connections/{id}/messages': peer,
    'POST /api/v1/exchanges/{id}/offer': { id: proposed },
    'POST /api/v1/exchanges/{id}/accept-request': { id: requested },
    'POST /api/v1/exchanges/{id}/accept-offer': { id: offered, with: { details: { holderDid: holder } } },
    'PATCH /api/v1/tenants/{id}': { id: 'somebody' },
    'POST /api/v1/tenants': { with: { tenantId: 'another' } },
    'PATCH /api/v1/webhooks/{id}': { id: webhookId },
    'POST /vc-api/credentials/issue': { body: { credential: document, options } },
    'POST /vc-api/credentials/derive': {
      with: { verifiableCredential: base, options: { selectivePointers: ['/credentialSubject/degree'] } },
    },
    'POST /vc-api/credentials/status': {
      with: { credentialStatus: { type: statusEncoding[0], statusPurpose: 'revocation' } },
    },
    'POST /vc-api/presentations': {
      body: { presentation: { ...plain, verifiableCredential: [credential] }, options },
    },
    'POST /vc-api/presentations/verify': {
      with: { presentation: undefined, options: { challenge: 'c', domain: 'd' } },
    },
  }
  return { known, special }
}

type Post = (path: string, body: unknown) => Promise<Answer['body']>

/** A node that is connected to itself, and the ids of exchanges in which it is its turn. */
async function exchange(
  node: TestNode,
  { details, holder, post }: { details: JsonObject; holder: string; post: Post },
) {
  const { ofInviter: connectionId, ofInvitee } = await connect(node, node)
  const terms = { connectionId, format: 'w3c', details }
  const seen = async (threadId: string, role: string, state: string): Promise<string> => {
    const isIt = (item: JsonObject) =>
      item.threadId === threadId && item.role === role && item.state === state
    const list = () => v1(node, 'GET', '/exchanges?limit=200')
    return (await eventually(list, ({ items }) => items.some(isIt))).items.find(isIt).id
  }
  const proposal = await post('/exchanges/proposals', { ...terms, connectionId: ofInvitee })
  const [first, second] = [await post('/exchanges/offers', terms), await post('/exchanges/offers', terms)]
  const accepted = await seen(first.threadId, 'HOLDER', 'OFFER')
  await post(`/exchanges/${accepted}/accept-offer`, { details: { holderDid: holder } })
  return {
    connectionId,
    proposed: await seen(proposal.threadId, 'ISSUER', 'PROPOSAL'),
    offered: await seen(second.threadId, 'HOLDER', 'OFFER'),
    requested: await seen(first.threadId, 'ISSUER', 'REQUEST'),
  }
}

/** Connects by hand, and gives a message that the node takes from whoever it is connected to then. */
async function bePeer(
  node: TestNode,
  receiver: Receiver,
  { invitation, details }: { invitation: Invitation; details: JsonObject },
): Promise<Special> {
  const [, id = ''] = /connections\/([^/]+)\/messages$/.exec(invitation.endpoint) ?? []
  const send = async (message: ReturnType<typeof makeConnectionMessage>, key: string) =>
    expect(202, await node.call('POST', `/api/v1/connections/${id}/messages`, { body: message.json, key }))
  const endpoint = `${receiver.url}/inbox`
  await send(makeConnectionMessage({ kind: 'request', endpoint, token: createToken('') }), invitation.token)
  const [response] = await receiver.count('/inbox', 1)
  const { token } = JSON.parse(response?.body ?? '')
  await send(makeConnectionMessage({ kind: 'ack' }), token)
  const { json } = makeMessage({
    ...{
      kind: 'offer-credential',
      threadId: randomUUID(),
      comment: 'yours',
      expiresAt: '2040-01-01T00:00:00Z',
    },
    ...{ attachmentFormat: 'cartulary/w3c-credential-offer@v1.0', content: details, preview: [] },
  })
  return { id, key: token, body: json, status: 202 }
}
