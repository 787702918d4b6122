import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createServer } from 'node:http'
import { createToken } from '../../../../node/secret-token.ts'
import { type Answer, startNode, type TestNode } from '../../../node.ts'
import { expect, expectProblem } from './scenario.ts'
import { connect, eventually, exchangeOn, startTwoNodes, type TwoNodes, v1 } from './two-nodes.ts'

const threadOf = (message: { '~thread'?: { thid: string } }) => message['~thread']?.thid

describe('/api/v1/connections', () => {
  let nodes: TwoNodes

  before(async () => {
    nodes = await startTwoNodes()
  })
  after(() => nodes?.close())

  const invite = async (node: TestNode, body: object = {}) =>
    expect(201, await v1(node, 'POST', '/connections/invitations', body)).body
  const stateOf = async (node: TestNode, id: string) =>
    expect(200, await v1(node, 'GET', `/connections/${id}`)).body.state

  /** Sends to an inbox as somebody who has a token. */
  async function send(invitation: { endpoint: string }, token: string, message: object): Promise<Answer> {
    const { pathname } = new URL(invitation.endpoint)
    const headers = { authorization: `Bearer ${token}` }
    return nodes.issuer.call('POST', pathname, { body: message, key: null, headers })
  }
  const requestMessage = (extra: object = {}) => ({
    '@type': 'urn:cartulary:connections/1.0/request',
    '@id': randomUUID(),
    endpoint: 'http://127.0.0.1:9/api/v1/connections/x/messages',
    token: createToken(''),
    ...extra,
  })
  const exchangeMessage = (kind: string, thid: string, extra: object = {}) => ({
    '@type': `https://didcomm.org/issue-credential/2.0/${kind}`,
    '@id': randomUUID(),
    '~thread': { thid },
    ...extra,
  })

  it('connects two nodes, each with the name that the other gives itself', async () => {
    const { ofInviter, ofInvitee } = await connect(nodes.issuer, nodes.holder)
    const inviter = expect(200, await v1(nodes.issuer, 'GET', `/connections/${ofInviter}`)).body
    const invitee = expect(200, await v1(nodes.holder, 'GET', `/connections/${ofInvitee}`)).body
    assert.deepEqual(
      [inviter.role, inviter.theirLabel, invitee.role, invitee.theirLabel],
      [...['INVITER', 'holder', 'INVITEE', 'issuer']],
    )
    assert.equal(inviter.endpoint, `${nodes.holder.node.publicUrl}/api/v1/connections/${ofInvitee}/messages`)
  })

  it('keeps no token in the clear, and gives none out again', async () => {
    const { invitation, ofInviter } = await connect(nodes.issuer, nodes.holder)
    const shown = JSON.stringify(expect(200, await v1(nodes.issuer, 'GET', `/connections/${ofInviter}`)).body)
    assert.ok(!shown.includes(invitation.token))
    assert.ok(!/token|hash/i.test(shown))
  })

  it('refuses an invitation to whoever comes second', async () => {
    const { invitation } = await connect(nodes.issuer, nodes.holder)
    const stolen = expect(202, await v1(nodes.holder, 'POST', '/connections/accept', { invitation })).body
    await eventually(
      () => v1(nodes.holder, 'GET', `/connections/${stolen.id}`),
      ({ state }) => state === 'ABANDONED',
    )
    expectProblem(404, 'CONNECTION_NOT_FOUND', await send(invitation, invitation.token, requestMessage()))
  })

  it('takes one of two that use an invitation at the same time', async () => {
    const { invitation } = await invite(nodes.issuer)
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => send(invitation, invitation.token, requestMessage())),
    )
    assert.equal(answers.filter(({ status }) => status === 202).length, 1)
  })

  it('takes the same request twice as once, and another one with its id not at all', async () => {
    const { invitation, connection } = await invite(nodes.issuer)
    const message = requestMessage()
    expect(202, await send(invitation, invitation.token, message))
    expect(202, await send(invitation, invitation.token, message))
    const changed = { ...message, endpoint: 'http://127.0.0.1:9/elsewhere' }
    expectProblem(422, 'MESSAGE_REFUSED', await send(invitation, invitation.token, changed))
    assert.equal(await stateOf(nodes.issuer, connection.id), 'RESPONSE')
  })

  it('refuses an invitation that has expired, on both sides', async () => {
    const { invitation } = await invite(nodes.issuer, { expiresInSeconds: 1 })
    await eventually(
      () => send(invitation, invitation.token, { ...requestMessage(), endpoint: 'http://10.0.0.1/x' }),
      ({ code }) => code === 'CONNECTION_NOT_FOUND',
    )
    const accept = await v1(nodes.holder, 'POST', '/connections/accept', { invitation })
    expectProblem(422, 'MESSAGE_REFUSED', accept)
  })

  it('refuses tokens of nobody, of other connections, and the invitation for anything but the request', async () => {
    const first = await invite(nodes.issuer)
    const second = await invite(nodes.issuer)
    const unknown = (answer: Answer) => expectProblem(404, 'CONNECTION_NOT_FOUND', answer)
    unknown(await send(first.invitation, createToken(''), requestMessage()))
    unknown(await send(first.invitation, second.invitation.token, requestMessage()))
    unknown(await send(first.invitation, nodes.issuer.adminApiKey, requestMessage()))
    const ack = { '@type': 'urn:cartulary:connections/1.0/ack', '@id': randomUUID() }
    unknown(await send(first.invitation, first.invitation.token, ack))
    const offer = exchangeMessage('offer-credential', 't')
    expectProblem(422, 'MESSAGE_REFUSED', await send(first.invitation, first.invitation.token, offer))
    unknown(await nodes.issuer.call('POST', `/api/v1/connections/${randomUUID()}/messages`, { body: ack }))
    assert.equal(await stateOf(nodes.issuer, first.connection.id), 'INVITATION')
  })

  it('refuses endpoints that a node must not be sent to', async () => {
    for (const endpoint of [
      'http://10.0.0.1/x',
      'http://example.com/x',
      'file:///etc/passwd',
      'https://a:b@c.example',
    ]) {
      const { invitation } = await invite(nodes.issuer)
      const asked = await send(invitation, invitation.token, requestMessage({ endpoint }))
      expectProblem(422, 'MESSAGE_REFUSED', asked)
      const accepted = await v1(nodes.holder, 'POST', '/connections/accept', {
        invitation: { ...invitation, endpoint },
      })
      expectProblem(422, 'MESSAGE_REFUSED', accepted)
    }
  })

  it('refuses messages that are too large, too deep or of no known kind', async () => {
    const { token, invitation } = await handMade()
    const large = { ...exchangeMessage('offer-credential', 't'), comment: 'x'.repeat(300_000) }
    expectProblem(413, 'PAYLOAD_TOO_LARGE', await send(invitation, token, large))
    let deep: object = {}
    for (let level = 0; level < 80; level++) deep = { deep }
    expectProblem(400, 'MALFORMED_REQUEST', await send(invitation, token, deep))
    expectProblem(422, 'MESSAGE_REFUSED', await send(invitation, token, exchangeMessage('revoke', 't')))
    expectProblem(422, 'MESSAGE_REFUSED', await send(invitation, token, { '@type': 'x', '@id': 'y' }))
    const bare = exchangeMessage('offer-credential', 't', { formats: [], 'offers~attach': [] })
    expectProblem(400, 'MALFORMED_REQUEST', await send(invitation, token, bare))
  })

  it('refuses messages for threads of other connections, and steps that are not theirs', async () => {
    const { ofInviter } = await connect(nodes.issuer, nodes.holder)
    const details = { schemaId: 'education-degree-v1', claims: {} }
    const body = { connectionId: ofInviter, format: 'w3c', details }
    // as the holder: a proposal of the issuer's node to the other one, so that there is a thread
    const proposed = expect(201, await v1(nodes.issuer, 'POST', '/exchanges/proposals', body)).body
    await exchangeOn(nodes.holder, proposed.threadId, 'PROPOSAL')
    const { token, invitation } = await handMade()
    for (const kind of ['ack', 'problem-report']) {
      const foreign = exchangeMessage(kind, proposed.threadId)
      expectProblem(409, 'MESSAGE_TOO_EARLY', await send(invitation, token, foreign))
    }
    const own = exchangeMessage('propose-credential', 'mine', {
      formats: [{ attach_id: '0', format: 'cartulary/w3c-credential-proposal@v1.0' }],
      'filters~attach': [{ '@id': '0', data: { json: details } }],
    })
    expect(202, await send(invitation, token, own))
    expect(202, await send(invitation, token, own))
    expectProblem(409, 'EXCHANGE_STATE', await send(invitation, token, { ...own, '@id': randomUUID() }))
    expectProblem(409, 'MESSAGE_TOO_EARLY', await send(invitation, token, exchangeMessage('ack', 'mine')))
    assert.equal((await exchangeOn(nodes.issuer, proposed.threadId, 'PROPOSAL')).state, 'PROPOSAL')
    assert.equal(threadOf(own), 'mine')
  })

  it('shows a tenant nothing of another one', async () => {
    const { ofInviter } = await connect(nodes.issuer, nodes.holder)
    const exchanges = expect(200, await v1(nodes.issuer, 'GET', '/exchanges')).body.items
    const tenant = { tenantId: 'other', name: 'Other' }
    expect(201, await v1(nodes.issuer, 'POST', '/tenants', tenant))
    const scopes = [
      'connections:read',
      'connections:write',
      'exchanges:read',
      'exchanges:write',
      'credentials:issue',
    ]
    const created = await v1(nodes.issuer, 'POST', '/api-keys', {
      ...{ name: 'k', scopes, issuerDids: '*', tenantId: 'other' },
    })
    const { key } = expect(201, created).body
    const call = (method: string, path: string, body?: object) =>
      nodes.issuer.call(method, `/api/v1${path}`, { key, ...(body && { body }) })
    assert.deepEqual(expect(200, await call('GET', '/connections')).body.items, [])
    assert.deepEqual(expect(200, await call('GET', '/exchanges')).body.items, [])
    expectProblem(404, 'CONNECTION_NOT_FOUND', await call('GET', `/connections/${ofInviter}`))
    expectProblem(404, 'CONNECTION_NOT_FOUND', await call('DELETE', `/connections/${ofInviter}`))
    const offer = { connectionId: ofInviter, format: 'w3c', details: {} }
    expectProblem(404, 'CONNECTION_NOT_FOUND', await call('POST', '/exchanges/offers', offer))
    const [exchange] = exchanges
    expectProblem(404, 'EXCHANGE_NOT_FOUND', await call('GET', `/exchanges/${exchange.id}`))
    expectProblem(404, 'EXCHANGE_NOT_FOUND', await call('DELETE', `/exchanges/${exchange.id}`))
    expectProblem(404, 'EXCHANGE_NOT_FOUND', await call('POST', `/exchanges/${exchange.id}/accept-offer`))
  })

  it('ends a connection on both sides, and what runs over it', async () => {
    const { ofInviter, ofInvitee } = await connect(nodes.issuer, nodes.holder)
    const details = { schemaId: 'education-degree-v1', claims: {} }
    const body = { connectionId: ofInvitee, format: 'w3c', details }
    const { id, threadId } = expect(201, await v1(nodes.holder, 'POST', '/exchanges/proposals', body)).body
    await exchangeOn(nodes.issuer, threadId, 'PROPOSAL')
    assert.equal((await v1(nodes.issuer, 'DELETE', `/connections/${ofInviter}`)).status, 204)
    await eventually(
      () => v1(nodes.holder, 'GET', `/connections/${ofInvitee}`),
      ({ state }) => state === 'ABANDONED',
    )
    expectProblem(409, 'CONNECTION_STATE', await v1(nodes.holder, 'POST', '/exchanges/proposals', body))
    const left = expect(200, await v1(nodes.holder, 'GET', `/exchanges/${id}`)).body
    assert.ok(left.expiresAt <= new Date().toISOString(), 'its time is over')
  })

  it('makes none where the setting says so', async () => {
    const alone = await startNode({
      chain: nodes.chain,
      environment: { CONNECTION_PEERS: 'off', RELAYER_PRIVATE_KEY: thirdKey },
    })
    try {
      const { invitation } = await invite(nodes.issuer)
      expectProblem(422, 'MESSAGE_REFUSED', await v1(alone, 'POST', '/connections/accept', { invitation }))
    } finally {
      await alone.close()
    }
  })

  /** A connection whose other side is this test. */
  async function handMade() {
    const { invitation } = await invite(nodes.issuer)
    const received: { token?: string }[] = []
    const server = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => {
        text += chunk
      })
      request.on('end', () => {
        received.push(JSON.parse(text))
        response.writeHead(202).end('{}')
        server.emit('message')
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    const answered = once(server, 'message')
    expect(
      202,
      await send(invitation, invitation.token, requestMessage({ endpoint: `http://127.0.0.1:${port}/in` })),
    )
    await answered
    server.close()
    const token = received[0]?.token as string
    const ack = { '@type': 'urn:cartulary:connections/1.0/ack', '@id': randomUUID() }
    expect(202, await send(invitation, token, ack))
    return { token, invitation }
  }
})

// The third account of every Hardhat chain.
const thirdKey = '0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a'
