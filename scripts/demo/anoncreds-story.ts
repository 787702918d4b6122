import assert from 'node:assert/strict'
import { setTimeout as delay } from 'node:timers/promises'
import { type Answer, bodyOf, type NodeClient } from '../node-client.ts'

// The acts of `npm run demo:anoncreds`: each does its part over HTTP, checks what came of it and gives what is worth
// telling.

/** Who takes part; each has a node of its own, and all share a ledger. */
export interface Cast {
  issuer: NodeClient
  holder: NodeClient
  verifier: NodeClient
}

type Body = Answer['body']

const attrNames = ['name', 'degree', 'graduation_year', 'age']
const values = { name: 'Ada Lovelace', degree: 'Bachelor of Science', graduation_year: '2026', age: '24' }
const path = (kind: string, id: string) => `/anoncreds/${kind}/${encodeURIComponent(id)}`

/** Asks until the answer is as it should be. */
async function until(ask: () => Promise<Answer>, isReached: (body: Body) => boolean): Promise<Body> {
  const deadline = performance.now() + 180_000
  for (;;) {
    const body = bodyOf(await ask(), 200)
    if (isReached(body)) return body
    if (performance.now() > deadline) throw new Error(`This was not reached: ${JSON.stringify(body)}`)
    await delay(100)
  }
}

export async function createIssuer({ issuer }: Cast): Promise<string> {
  return bodyOf(await issuer.post('/dids', { method: 'ethr', keys: ['Ed25519'], name: 'University' }), 201)
    .did
}

export async function registerSchema({ issuer }: Cast, issuerDid: string) {
  const body = { issuerDid, name: 'degree', version: '1.0', attrNames }
  const { schemaId, digest, transactionHash } = bodyOf(await issuer.post('/anoncreds/schemas', body), 201)
  return { schemaId: schemaId as string, digest, transactionHash }
}

/** Takes seconds to a minute: two safe primes of 1536 bits. */
export async function defineCredential(
  { issuer }: Cast,
  order: { issuerDid: string; schemaId: string },
  onProgress: (text: string) => void,
) {
  const started = performance.now()
  const { credDefId } = bodyOf(await issuer.post('/anoncreds/cred-defs', { ...order, tag: 'default' }), 202)
  let told = ''
  const definition = await until(
    () => issuer.get(path('cred-defs', credDefId)),
    ({ state, primes, reason }) => {
      assert.notEqual(state, 'failed', String(reason))
      const text = `${state}, ${primes} of 2 safe primes`
      if (text !== told) onProgress(text)
      told = text
      return state === 'registered'
    },
  )
  const seconds = (performance.now() - started) / 1000
  return { credDefId: credDefId as string, digest: definition.digest, seconds }
}

export async function connect({ issuer, holder }: Cast) {
  const invited = bodyOf(await issuer.post('/connections/invitations', { label: 'University' }), 201)
  const { invitation } = invited
  const accepted = bodyOf(await holder.post('/connections/accept', { invitation, label: 'Ada' }), 202)
  const isDone = ({ state }: Body) => state === 'DONE'
  const ofIssuer = await until(() => issuer.get(`/connections/${invited.connection.id}`), isDone)
  const ofHolder = await until(() => holder.get(`/connections/${accepted.id}`), isDone)
  return { ofIssuer, ofHolder }
}

/** An exchange as one side sees it, once it is in one of these states. */
async function exchangeOn(node: NodeClient, threadId: string, states: readonly string[]): Promise<Body> {
  const find = ({ items }: Body) =>
    items.find((item: Body) => item.threadId === threadId && states.includes(item.state))
  return find(
    await until(
      () => node.get('/exchanges'),
      (body) => find(body) !== undefined,
    ),
  )
}

// 1
export async function createOffer({ issuer }: Cast, terms: { connectionId: string; credDefId: string }) {
  const details = { cred_def_id: terms.credDefId, values }
  const body = { connectionId: terms.connectionId, format: 'anoncreds', details, comment: 'Your degree' }
  const exchange = bodyOf(await issuer.post('/exchanges/offers', body), 201)
  assert.deepEqual([exchange.role, exchange.state], ['ISSUER', 'OFFER'])
  return exchange
}

// 2 and 3
export const receiveOffer = ({ holder }: Cast, threadId: string) => exchangeOn(holder, threadId, ['OFFER'])

// 4 and 5
export async function readLedger({ holder }: Cast, offer: Body) {
  const { schema_id: schemaId, cred_def_id: credDefId } = offer
  const schema = bodyOf(await holder.get(path('schemas', schemaId)), 200)
  const definition = bodyOf(await holder.get(path('cred-defs', credDefId)), 200)
  assert.deepEqual([...schema.schema.attrNames].sort(), [...attrNames].sort())
  return { schema, definition }
}

// 6
export async function createRequest({ holder }: Cast, exchangeId: string) {
  const exchange = bodyOf(await holder.post(`/exchanges/${exchangeId}/accept-offer`, {}), 200)
  assert.equal(exchange.state, 'REQUEST')
  return exchange
}

// 7 and 8
export const receiveRequest = ({ issuer }: Cast, threadId: string) =>
  exchangeOn(issuer, threadId, ['REQUEST'])

// 9
export async function issueCredential({ issuer }: Cast, exchangeId: string) {
  const exchange = bodyOf(await issuer.post(`/exchanges/${exchangeId}/accept-request`, {}), 200)
  assert.equal(exchange.state, 'ISSUED')
  return exchange
}

// 10
export const receiveCredential = ({ holder }: Cast, threadId: string) =>
  exchangeOn(holder, threadId, ['ISSUED', 'DONE'])

// 11
export async function storeCredential({ issuer, holder }: Cast, threadId: string) {
  const exchange = await exchangeOn(holder, threadId, ['DONE'])
  const ofIssuer = await exchangeOn(issuer, threadId, ['DONE'])
  const credential = bodyOf(await holder.get(path('credentials', exchange.credentialId)), 200)
  assert.deepEqual(credential.values, values)
  return { exchange, ofIssuer, credential }
}

/** Asks for the degree, and for a proof about the age that does not tell it. */
export async function askForProof({ verifier }: Cast, terms: { credDefId: string; leastAge: number }) {
  const restrictions = [{ cred_def_id: terms.credDefId }]
  const predicate = { name: 'age', p_type: '>=', p_value: terms.leastAge, restrictions }
  const body = {
    name: 'entry',
    requested_attributes: { degree: { name: 'degree', restrictions } },
    requested_predicates: { adult: predicate },
  }
  return bodyOf(await verifier.post('/anoncreds/presentation-requests', body), 201)
}

export async function present({ holder }: Cast, asked: Body) {
  const { presentationRequest } = asked
  return bodyOf(await holder.post('/anoncreds/presentations', { presentationRequest }), 201).presentation
}

export async function verify(
  { verifier }: Cast,
  { asked, presentation }: { asked: Body; presentation: Body },
) {
  const { presentationRequestId } = asked
  const started = performance.now()
  const answer = await verifier.post('/anoncreds/presentations/verify', {
    presentationRequestId,
    presentation,
  })
  const outcome = bodyOf(answer, 200)
  return { outcome, milliseconds: performance.now() - started }
}

/** What the verifier has learnt: the degree, that the age suffices, and nothing else. */
export async function verifyHonest(cast: Cast, input: { asked: Body; presentation: Body }) {
  const { outcome, milliseconds } = await verify(cast, input)
  assert.equal(outcome.verified, true, outcome.reason)
  assert.deepEqual(outcome.revealed, { degree: { degree: values.degree } })
  assert.deepEqual(outcome.predicates, ['adult'])
  assert.ok(!JSON.stringify(input.presentation).includes(values.name), 'a hidden value is shown')
  return { outcome, milliseconds }
}

/** The same with another degree written over the one that was signed. */
export async function verifyForged(cast: Cast, input: { asked: Body; presentation: Body }) {
  const forged = structuredClone(input.presentation)
  const [revealed] = Object.values(forged.requested_proof.revealed_attrs) as { raw: string }[]
  if (!revealed) throw new Error('The presentation reveals nothing.')
  revealed.raw = 'Doctor of Everything'
  const { outcome } = await verify(cast, { ...input, presentation: forged })
  assert.equal(outcome.verified, false)
  assert.deepEqual(outcome.revealed, {})
  return outcome
}

/** A presentation for one request, sent in answer to another one. */
export async function verifyReplayed(cast: Cast, input: { asked: Body; presentation: Body }) {
  const { outcome } = await verify(cast, input)
  assert.equal(outcome.verified, false)
  return outcome
}

/** A holder cannot prove what is not so. */
export async function presentFalsely({ holder }: Cast, asked: Body) {
  const { presentationRequest } = asked
  const { status, body } = await holder.post('/anoncreds/presentations', { presentationRequest })
  assert.deepEqual([status, body.code], [422, 'PRESENTATION_NOT_POSSIBLE'])
  return `${status} ${body.code}`
}
