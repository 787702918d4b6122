import assert from 'node:assert/strict'
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import { issue as issueThere, signPresentation } from '@digitalbazaar/vc'
import { keyMultibase } from '../../../../node/did/multikey.ts'
import type { JsonObject } from '../../../../node/json.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import type { TestNode } from '../../../node.ts'
import { digitalBazaar } from '../../suites/digital-bazaar.ts'
import { callVcApi, openToSuites, v2, verifies } from './vc-api-node.ts'

// The W3C suite for data model 2.0 makes its presentations with Digital Bazaar's library and has them verified.

const documentLoader = createDocumentLoader({ extra: async () => undefined })

/** A did:key outside the node. */
function stranger() {
  const { privateKey } = generateKeyPairSync('ed25519')
  const multibase = keyMultibase('Ed25519', rawPublicKey(privateKey))
  const did = `did:key:${multibase}`
  const signer = {
    id: `${did}#${multibase}`,
    algorithm: 'Ed25519',
    sign: async ({ data }: { data: Uint8Array }) => sign(null, data, privateKey),
  }
  const suite = () => digitalBazaar['eddsa-rdfc-2022']?.signer(signer, new Date())
  return { did, suite }
}

function rawPublicKey(privateKey: KeyObject): Uint8Array {
  const exported = createPrivateKey(privateKey.export({ type: 'pkcs8', format: 'pem' }))
  return createPublicKey(exported).export({ type: 'spki', format: 'der' }).subarray(-32)
}

describe('the VC API about others', () => {
  let node: TestNode
  const { did, suite } = stranger()
  before(async () => {
    node = await openToSuites()
  })
  after(() => node?.close())

  const credential = (changes: JsonObject = {}) =>
    issueThere({
      credential: {
        '@context': [v2],
        type: ['VerifiableCredential'],
        issuer: did,
        credentialSubject: { id: 'did:example:subject' },
        ...changes,
      },
      suite: suite(),
      documentLoader,
    }) as Promise<JsonObject>

  const presentation = async (changes: JsonObject = {}) =>
    (await signPresentation({
      presentation: { '@context': [v2], type: ['VerifiablePresentation'], ...changes },
      challenge: 'uAAECAwQFBgcICQoLDA0ODw',
      suite: suite(),
      documentLoader,
    })) as JsonObject
  const verify = (verifiablePresentation: JsonObject) =>
    callVcApi(node, 'POST', '/presentations/verify', { verifiablePresentation, options: { checks: [] } })

  it('verifies credentials that Digital Bazaar’s library issued', async () => {
    await verifies(node, await credential())
    await verifies(
      node,
      await credential({ '@context': [v2, 'https://www.w3.org/ns/credentials/examples/v2'] }),
    )
  })

  it('verifies presentations that Digital Bazaar’s library made', async () => {
    const verifiableCredential = [await credential(), await credential()]
    const inline = { ExamplePresentation: 'https://example.org/#ExamplePresentation' }
    for (const changes of [
      {},
      { holder: did },
      { verifiableCredential },
      { '@context': [v2, 'https://www.w3.org/ns/credentials/examples/v2'], verifiableCredential },
      {
        '@context': [v2, inline],
        type: ['VerifiablePresentation', 'ExamplePresentation'],
        holder: did,
        verifiableCredential,
      },
    ]) {
      const { status, body } = await verify(await presentation(changes))
      assert.deepEqual([status, body.verified], [200, true], JSON.stringify([changes, body]))
    }
  })

  it('refuses one in another name', async () => {
    const { body } = await verify({ ...(await presentation()), holder: stranger().did })
    assert.equal(body.verified, false)
  })
})
