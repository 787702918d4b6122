import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { base58 } from '@scure/base'
import type { JsonObject } from '../../../node/json.ts'
import type { Signer } from '../../../node/keys/key-store.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { ResolvedKey, Suite } from '../../../node/suites/suite.ts'
import { type Issuers, openIssuers } from './issuers.ts'

const read = (name: string) =>
  JSON.parse(readFileSync(new URL(`../../vectors/vc-di-eddsa/${name}.json`, import.meta.url), 'utf8'))

const documentLoader = createDocumentLoader({
  extra: async (url) =>
    url === 'https://www.w3.org/ns/credentials/examples/v2'
      ? { '@context': { '@vocab': 'https://www.w3.org/ns/credentials/examples#' } }
      : undefined,
})
const keyPair = read('key-pair')
const issuer = 'https://vc.example/issuers/5678'

async function resolveKey(id: string): Promise<ResolvedKey> {
  const { publicKeyMultibase } = keyPair
  return {
    verificationMethod: { id, type: 'Multikey', controller: issuer, publicKeyMultibase },
    didDocument: { id: issuer, assertionMethod: [id] },
    deactivated: false,
  }
}

for (const name of ['eddsa-jcs-2022', 'eddsa-rdfc-2022']) {
  describe(`W3C test vectors of ${name}`, () => {
    const signed = read(name)
    const { proof, ...document } = signed
    const suite = createSuites({ publicUrl: 'https://node.example' }).find(
      (candidate) => candidate.name === name,
    ) as Suite
    let issuers: Issuers
    let signer: Signer

    const sign = async (verificationMethod: string) => {
      const key = { verificationMethod, signer }
      const secured = await suite.secure(document, { key, created: new Date(proof.created), documentLoader })
      return (secured as JsonObject).proof as JsonObject
    }

    before(async () => {
      issuers = await openIssuers()
      // The multicodec 0x1300 (ed25519-priv) as a varint, then 32 bytes.
      const privateKey = base58.decode(keyPair.privateKeyMultibase.slice(1)).subarray(2)
      signer = await issuers.keyStore.importKey('Ed25519', privateKey)
    })
    after(() => issuers.close())

    it('verifies', async () => {
      const verdict = await suite.verify(signed, { resolveKey, documentLoader, now: new Date() })
      assert.equal(verdict.status, 'pass', verdict.reason)
    })

    it('comes out the same when signed here', async () => {
      assert.deepEqual(await sign(proof.verificationMethod), proof)
    })

    it('gives the proofValue of the Recommendation', async () => {
      const { verificationMethod, [name]: proofValue } = keyPair.recommendation
      assert.equal((await sign(verificationMethod)).proofValue, proofValue)
    })
  })
}
