import assert from 'node:assert/strict'
import { bachelor, expect, expectProblem, makeIssuer, makeSchema } from './scenario.ts'
import { connect, exchangeOn, startTwoNodes, type TwoNodes, v1 } from './two-nodes.ts'

describe('/api/v1/exchanges', () => {
  let nodes: TwoNodes
  let connectionIds: Awaited<ReturnType<typeof connect>>
  let issuerDid: string
  let holderDid: string
  let details: Record<string, unknown>

  before(async () => {
    nodes = await startTwoNodes()
    connectionIds = await connect(nodes.issuer, nodes.holder)
    issuerDid = await makeIssuer(nodes.issuer)
    holderDid = expect(201, await v1(nodes.holder, 'POST', '/dids', { method: 'key' })).body.did
    const schemaId = await makeSchema(nodes.issuer, issuerDid)
    details = { schemaId, issuerDid, claims: bachelor, proofType: 'eddsa-jcs-2022' }
  })
  after(() => nodes?.close())

  const offer = async (extra: object = {}) => {
    const body = { connectionId: connectionIds.ofInviter, format: 'w3c', details, ...extra }
    return expect(201, await v1(nodes.issuer, 'POST', '/exchanges/offers', body)).body
  }
  const acceptOffer = (id: string) =>
    v1(nodes.holder, 'POST', `/exchanges/${id}/accept-offer`, { details: { holderDid } })

  it('issues a credential of the W3C in steps', async () => {
    const offered = await offer({ comment: 'your degree' })
    assert.deepEqual([offered.role, offered.state], ['ISSUER', 'OFFER'])
    const seen = await exchangeOn(nodes.holder, offered.threadId, 'OFFER')
    assert.equal(seen.messages.offer.comment, 'your degree')
    assert.deepEqual(seen.messages.offer.content.claims, bachelor)
    expect(200, await acceptOffer(seen.id))
    const requested = await exchangeOn(nodes.issuer, offered.threadId, 'REQUEST')
    const issued = expect(200, await v1(nodes.issuer, 'POST', `/exchanges/${requested.id}/accept-request`)).body
    assert.equal(issued.state, 'ISSUED')
    const done = await exchangeOn(nodes.holder, offered.threadId, 'DONE')
    await exchangeOn(nodes.issuer, offered.threadId, 'DONE')
    assert.equal(done.credentialId, issued.credentialId)
    const path = `/received-credentials/${encodeURIComponent(done.credentialId)}`
    const { credential } = expect(200, await v1(nodes.holder, 'GET', path)).body
    const { verified } = expect(200, await v1(nodes.holder, 'POST', '/credentials/verify', { credential })).body
    assert.equal(verified, true)
  })

  it('issues by itself when the offer says so', async () => {
    const offered = await offer({ autoAcceptRequest: true })
    const seen = await exchangeOn(nodes.holder, offered.threadId, 'OFFER')
    expect(200, await acceptOffer(seen.id))
    await exchangeOn(nodes.holder, offered.threadId, 'DONE')
    await exchangeOn(nodes.issuer, offered.threadId, 'DONE')
  })

  it('begins with a proposal of the holder', async () => {
    const body = { connectionId: connectionIds.ofInvitee, format: 'w3c', details }
    const proposed = expect(201, await v1(nodes.holder, 'POST', '/exchanges/proposals', body)).body
    const seen = await exchangeOn(nodes.issuer, proposed.threadId, 'PROPOSAL')
    expect(200, await v1(nodes.issuer, 'POST', `/exchanges/${seen.id}/offer`, { autoAcceptRequest: true }))
    const offered = await exchangeOn(nodes.holder, proposed.threadId, 'OFFER')
    assert.equal(offered.id, proposed.id)
    expect(200, await acceptOffer(offered.id))
    await exchangeOn(nodes.issuer, proposed.threadId, 'DONE')
  })

  it('tells the other side of an exchange that is deleted before its end', async () => {
    const offered = await offer()
    const seen = await exchangeOn(nodes.holder, offered.threadId, 'OFFER')
    const deleted = expect(200, await v1(nodes.holder, 'DELETE', `/exchanges/${seen.id}`))
    assert.equal(deleted.body.outcome, 'abandoned')
    const abandoned = await exchangeOn(nodes.issuer, offered.threadId, 'ABANDONED')
    assert.deepEqual(abandoned.messages.problem.by, 'them')
    expectProblem(409, 'EXCHANGE_STATE', await acceptOffer(seen.id))
  })
})
