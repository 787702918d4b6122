import assert from 'node:assert/strict'
import type { TestNode } from '../../../node.ts'
import { callVcApi, credential, issue, makeDid, openToSuites, v2, verifies } from './vc-api-node.ts'

describe('tokens in envelopes by the VC API', () => {
  let node: TestNode
  let did: string
  before(async () => {
    node = await openToSuites()
    did = await makeDid(node, 'key', ['Ed25519'])
  })
  after(() => node?.close())

  const secure = (type: string) =>
    issue(
      node,
      credential({ issuer: did, credentialSubject: { id: did, name: 'Alice', description: 'A person.' } }),
      { type },
    )

  it('are derived from as the credentials inside, and come in an envelope again', async () => {
    const { status, body } = await callVcApi(node, 'POST', '/credentials/derive', {
      verifiableCredential: await secure('vc+sd-jwt'),
      options: { selectivePointers: ['/credentialSubject/name'] },
    })
    assert.equal(status, 201, JSON.stringify(body))
    const { type, id } = body.verifiableCredential
    assert.equal(type, 'EnvelopedVerifiableCredential')
    assert.match(id, /^data:application\/vc\+sd-jwt,/)
    const disclosures = id.split('~').slice(1, -1)
    assert.deepEqual(
      disclosures.map((text: string) => JSON.parse(Buffer.from(text, 'base64url').toString()).slice(1)),
      [['name', 'Alice']],
    )
    await verifies(node, body.verifiableCredential)
  })

  for (const type of ['vc+jwt', 'vc+sd-jwt', 'vc+cose']) {
    it(`are presented: ${type}`, async () => {
      const { status, body } = await callVcApi(node, 'POST', '/presentations', {
        presentation: {
          '@context': [v2],
          type: ['VerifiablePresentation'],
          holder: did,
          verifiableCredential: [await secure(type)],
        },
        options: { challenge: 'challenge', domain: 'verifier.example' },
      })
      assert.equal(status, 201, JSON.stringify(body))
      const answer = await callVcApi(node, 'POST', '/presentations/verify', {
        verifiablePresentation: body.verifiablePresentation,
        options: { challenge: 'challenge', domain: 'verifier.example' },
      })
      assert.equal(answer.status, 200, JSON.stringify(answer.body))
    })
  }
})
