import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { bitstringStatusList } from '../../../../node/status/bitstring-status-list.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import { eddsaRdfc2022 } from '../../../../node/suites/eddsa-rdfc-2022.ts'
import { statusListJwt } from '../../../../node/suites/status-list-jwt.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { type Issuers, openIssuers, type TestIssuer } from '../../suites/issuers.ts'
import { expect } from './scenario.ts'

const documentLoader = createDocumentLoader({ extra: async () => undefined })
const publicUrl = 'https://issuer.example'

describe('POST /credentials/verify with a status list of another issuer', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let server: Server
  let url: string
  let list: Uint8Array | undefined
  let node: TestNode | undefined

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('key', 'Ed25519')
    server = createServer((_, response) => response.writeHead(list ? 200 : 503).end(list))
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/lists/1`
  })
  after(async () => {
    server?.close()
    await issuers?.close()
  })
  afterEach(async () => {
    await node?.close()
  })

  /** A credential of a did:key issuer, with its status in a list at the server. */
  const credentialOf = (index: number) =>
    eddsaRdfc2022(`${publicUrl}/terms`).secure(
      {
        '@context': ['https://www.w3.org/ns/credentials/v2'],
        id: 'urn:uuid:4c1d3b1e-6b6a-4f0e-9a39-0a3a8f1b7f0e',
        type: ['VerifiableCredential'],
        issuer: issuer.did,
        credentialSubject: { id: 'did:example:holder' },
        credentialStatus: {
          type: 'BitstringStatusListEntry',
          statusPurpose: 'revocation',
          statusListIndex: String(index),
          statusListCredential: url,
        },
      },
      { key: issuer.key, created: new Date(), documentLoader },
    )

  async function publish(revoked: number): Promise<void> {
    const bits = new Uint8Array(16_384)
    bits[revoked >> 3] = 0x80 >> (revoked & 7)
    const unsigned = await bitstringStatusList.list?.encode({
      ...{ url, issuer: issuer.did, purpose: 'revocation', bits: { revocation: bits }, ttlMilliseconds: 0 },
      ...{ validFrom: new Date(), validUntil: new Date(Date.now() + 60_000), aggregationUrl: '' },
    })
    assert(unsigned)
    const suite = eddsaRdfc2022(`${publicUrl}/terms`)
    const signed = await suite.secure(unsigned, { key: issuer.key, created: new Date(), documentLoader })
    list = Buffer.from(JSON.stringify(signed))
  }

  const revocationOf = async (credential: unknown) => {
    const body = { credential }
    const answer = await (node as TestNode).call('POST', '/api/v1/credentials/verify', { body, key: null })
    const { checks } = expect(200, answer).body
    assert.equal(checks.proof.status, 'pass', JSON.stringify(checks.proof))
    return checks.revocation
  }

  it('fetches it where the configuration allows, and tells valid, revoked and unknown', async () => {
    node = await startNode({ environment: { STATUS_LIST_FETCH: 'loopback' } })
    await publish(5)
    assert.equal((await revocationOf(await credentialOf(4))).status, 'pass')
    const revoked = await revocationOf(await credentialOf(5))
    assert.deepEqual([revoked.status, revoked.revoked], ['fail', true])
    list = undefined
    const unknown = await revocationOf(await credentialOf(4))
    assert.deepEqual([unknown.status, unknown.revoked], ['unknown', null])
    // STATUS_LIST_UNREACHABLE is a finding about the status, never the answer itself
    assert.match(unknown.reason, /does not answer/)
    list = await statusListJwt.sign({ sub: url }, issuer.key)
    assert.equal((await revocationOf(await credentialOf(4))).status, 'unknown')
  })

  it('asks nobody by default, nor this machine where only public hosts are allowed', async () => {
    await publish(5)
    for (const environment of [{}, { STATUS_LIST_FETCH: 'public' }]) {
      node = await startNode({ environment })
      assert.equal((await revocationOf(await credentialOf(4))).status, 'unknown')
      await node.close()
      node = undefined
    }
  })
})
