import assert from 'node:assert/strict'
import { setTimeout as pause } from 'node:timers/promises'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

describe('offers', () => {
  let node: TestNode
  let issuerDid: string
  let issued: { credentialId: string; credential: unknown }

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    issued = await issueDegree(node, { issuerDid, schemaId: await makeSchema(node, issuerDid) })
  })
  after(() => node.close())

  const offer = (body?: unknown, key?: string) =>
    node.call('POST', at('credentials', issued.credentialId, 'offers'), {
      ...(body !== undefined && { body }),
      ...(key && { key }),
    })
  const collect = (url: string, method = 'GET') => node.call(method, new URL(url).pathname, { key: null })

  it('give the credential once, to whoever has the token', async () => {
    const { body, headers } = expect(201, await offer())
    assert.equal(headers.get('cache-control'), 'no-store')
    assert.equal(body.url, `${node.node.publicUrl}/api/v1/offers/${body.token}`)
    assert.match(body.qrCode.svg, /^<svg /)
    assert.match(body.qrCode.png, /^data:image\/png;base64,/)
    const collected = expect(200, await collect(body.url)).body
    assert.deepEqual(collected, { credentialId: issued.credentialId, credential: issued.credential })
    expectProblem(404, 'OFFER_NOT_FOUND', await collect(body.url))
  })

  it('are not used up by a HEAD request', async () => {
    const { body } = expect(201, await offer({}))
    await collect(body.url, 'HEAD')
    expect(200, await collect(body.url))
  })

  it('let one of many simultaneous calls through', async () => {
    const { body } = expect(201, await offer({ expiresInSeconds: 600 }))
    const answers = await Promise.all(Array.from({ length: 20 }, () => collect(body.url)))
    assert.equal(answers.filter(({ status }) => status === 200).length, 1)
  })

  it('end at their time', async () => {
    const { body } = expect(201, await offer({ expiresInSeconds: 1 }))
    await pause(Date.parse(body.expiresAt) - Date.now() + 1)
    expectProblem(404, 'OFFER_NOT_FOUND', await collect(body.url))
  })

  it('are refused for unknown tokens and credentials, and for odd lifetimes', async () => {
    expectProblem(404, 'OFFER_NOT_FOUND', await node.call('GET', '/api/v1/offers/none', { key: null }))
    expectProblem(
      404,
      'CREDENTIAL_NOT_FOUND',
      await node.call('POST', at('credentials', 'urn:none', 'offers')),
    )
    expectProblem(400, 'MALFORMED_REQUEST', await offer({ expiresInSeconds: 0 }))
  })

  it('are made only by the issuer of the credential', async () => {
    const other = await makeIssuer(node)
    const body = { name: 'o', scopes: ['offers:write'], issuerDids: [other] }
    const { key } = expect(201, await node.call('POST', '/api/v1/api-keys', { body })).body
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', await offer({}, key))
  })
})
