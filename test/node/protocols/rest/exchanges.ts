import assert from 'node:assert/strict'
import { bachelor, expect, expectProblem, makeIssuer, makeSchema } from './scenario.ts'
import { connect, exchangeOn, startTwoNodes, type TwoNodes, v1 } from './two-nodes.ts'

describe('/api/v1/exchanges', () => {
  let nodes: TwoNodes
  let connectionIds: Awaited<ReturnType<typeof connect>>
  let issuerDid: string
  let holderDid: string
  let details: Record<string, unknown>
  let manyKeys: string

  before(async () => {
    nodes = await startTwoNodes()
    connectionIds = await connect(nodes.issuer, nodes.holder)
    issuerDid = await makeIssuer(nodes.issuer)
    holderDid = expect(201, await v1(nodes.holder, 'POST', '/dids', { method: 'key' })).body.did
    manyKeys = await makeIssuer(nodes.issuer, ['Ed25519', 'P-256', 'secp256k1', 'Bls12381G2'])
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
    const issued = expect(
      200,
      await v1(nodes.issuer, 'POST', `/exchanges/${requested.id}/accept-request`),
    ).body
    assert.equal(issued.state, 'ISSUED')
    const done = await exchangeOn(nodes.holder, offered.threadId, 'DONE')
    await exchangeOn(nodes.issuer, offered.threadId, 'DONE')
    assert.equal(done.credentialId, issued.credentialId)
    const path = `/received-credentials/${encodeURIComponent(done.credentialId)}`
    const { credential } = expect(200, await v1(nodes.holder, 'GET', path)).body
    const { verified } = expect(
      200,
      await v1(nodes.holder, 'POST', '/credentials/verify', { credential }),
    ).body
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

  /** An exchange that is at its end, by its record on each side. */
  async function complete(extra: object = {}) {
    const offered = await offer({ autoAcceptRequest: true, ...extra })
    const { id } = await exchangeOn(nodes.holder, offered.threadId, 'OFFER')
    expect(200, await acceptOffer(id))
    const ofHolder = await exchangeOn(nodes.holder, offered.threadId, 'DONE')
    return { ofHolder, ofIssuer: await exchangeOn(nodes.issuer, offered.threadId, 'DONE') }
  }

  for (const proofType of ['Ed25519Signature2020', 'ecdsa-sd-2023', 'JwtProof2020', 'vc+cose', 'dc+sd-jwt'])
    it(`takes ${proofType}`, async () => {
      const { ofHolder } = await complete({ details: { ...details, issuerDid: manyKeys, proofType } })
      const path = `/received-credentials/${encodeURIComponent(ofHolder.credentialId)}`
      expect(200, await v1(nodes.holder, 'GET', path))
    })

  it('keeps the credential of an exchange that is deleted after its end, and forgets what was said', async () => {
    const { ofHolder, ofIssuer } = await complete()
    const deleted = expect(200, await v1(nodes.holder, 'DELETE', `/exchanges/${ofHolder.id}`)).body
    assert.equal(deleted.outcome, 'removed')
    expectProblem(404, 'EXCHANGE_NOT_FOUND', await v1(nodes.holder, 'GET', `/exchanges/${ofHolder.id}`))
    const listed = expect(200, await v1(nodes.holder, 'GET', '/exchanges?limit=200')).body.items
    assert.ok(!listed.some(({ id }: { id: string }) => id === ofHolder.id))
    const path = `/received-credentials/${encodeURIComponent(ofHolder.credentialId)}`
    assert.equal(expect(200, await v1(nodes.holder, 'GET', path)).body.credentialId, ofHolder.credentialId)
    const own = `/received-credentials/${encodeURIComponent(ofHolder.credentialId)}`
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', await v1(nodes.issuer, 'GET', own))
    assert.equal(expect(200, await v1(nodes.issuer, 'GET', `/exchanges/${ofIssuer.id}`)).body.state, 'DONE')
  })

  it('lists by role, states and connections, page by page', async () => {
    const other = await connect(nodes.issuer, nodes.holder)
    const threads: string[] = []
    for (let count = 0; count < 3; count++)
      threads.push((await offer({ connectionId: other.ofInviter })).threadId)
    const seen: string[] = []
    let cursor = ''
    do {
      const filters = `role=ISSUER&state=OFFER&state=REQUEST&connectionId=${other.ofInviter}&limit=2`
      const page = expect(200, await v1(nodes.issuer, 'GET', `/exchanges?${filters}${cursor}`)).body
      seen.push(...page.items.map(({ threadId }: { threadId: string }) => threadId))
      cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`
    } while (cursor !== '')
    assert.deepEqual(seen.sort(), threads.sort())
    for (const none of ['role=HOLDER', 'state=DONE', 'connectionId=none']) {
      const path = `/exchanges?connectionId=${other.ofInviter}&${none}`
      const { items } = expect(
        200,
        await v1(nodes.issuer, 'GET', none.startsWith('c') ? `/exchanges?${none}` : path),
      ).body
      assert.deepEqual(items, [])
    }
    expectProblem(400, 'MALFORMED_REQUEST', await v1(nodes.issuer, 'GET', '/exchanges?state=LOST'))
  })

  it('refuses to offer what could not be issued', async () => {
    const body = (changed: object) => ({
      ...{ connectionId: connectionIds.ofInviter, format: 'w3c', details: { ...details, ...changed } },
    })
    const ask = (changed: object) => v1(nodes.issuer, 'POST', '/exchanges/offers', body(changed))
    expectProblem(422, 'SCHEMA_VALIDATION_FAILED', await ask({ claims: { degree: 1 } }))
    expectProblem(404, 'SCHEMA_NOT_FOUND', await ask({ schemaId: 'none' }))
    expectProblem(404, 'ISSUER_NOT_FOUND', await ask({ issuerDid: holderDid }))
    expectProblem(400, 'MALFORMED_REQUEST', await ask({ claims: undefined }))
    const unknown = { ...body({}), format: 'mdoc' }
    expectProblem(
      422,
      'EXCHANGE_FORMAT_UNSUPPORTED',
      await v1(nodes.issuer, 'POST', '/exchanges/offers', unknown),
    )
  })

  it('issues to the holder for whom the offer was, and to nobody else', async () => {
    const { did: other } = expect(201, await v1(nodes.holder, 'POST', '/dids', { method: 'key' })).body
    const forOther = { details: { ...details, holderDid: other }, autoAcceptRequest: true }
    const offered = await offer(forOther)
    const seen = await exchangeOn(nodes.holder, offered.threadId, 'OFFER')
    expect(200, await acceptOffer(seen.id))
    const abandoned = await exchangeOn(nodes.holder, offered.threadId, 'ABANDONED')
    assert.deepEqual(
      [abandoned.messages.problem.code, abandoned.messages.problem.by],
      ['HOLDER_NOT_PROVEN', 'them'],
    )
    assert.equal((await exchangeOn(nodes.issuer, offered.threadId, 'ABANDONED')).credentialId, null)
  })

  it('lets a key act for its issuers alone, and issue with the scope for that alone', async () => {
    const keyOf = async (scopes: string[], issuerDids: unknown) =>
      expect(201, await v1(nodes.issuer, 'POST', '/api-keys', { name: 'k', scopes, issuerDids })).body.key
    const body = { connectionId: connectionIds.ofInviter, format: 'w3c', details }
    const asking = (key: string, path: string) => nodes.issuer.call('POST', `/api/v1${path}`, { key, body })
    const foreign = await keyOf(['credentials:issue', 'exchanges:read'], [manyKeys])
    expectProblem(403, 'FORBIDDEN', await asking(foreign, '/exchanges/offers'))
    const offered = await offer()
    const hidden = await nodes.issuer.call('GET', `/api/v1/exchanges/${offered.id}`, { key: foreign })
    expectProblem(404, 'EXCHANGE_NOT_FOUND', hidden)
    const listed = await nodes.issuer.call('GET', '/api/v1/exchanges?role=ISSUER', { key: foreign })
    const dids = expect(200, listed).body.items.map(({ issuerDid: did }: { issuerDid: string }) => did)
    assert.ok(dids.every((did: string) => did === manyKeys))
    const writer = await keyOf(['exchanges:write'], '*')
    expectProblem(403, 'FORBIDDEN', await asking(writer, '/exchanges/offers'))
    expectProblem(403, 'FORBIDDEN', await asking(writer, `/exchanges/${offered.id}/accept-request`))
    expectProblem(403, 'FORBIDDEN', await nodes.issuer.call('GET', '/api/v1/exchanges', { key: writer }))
  })
})
