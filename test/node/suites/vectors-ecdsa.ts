import assert from 'node:assert/strict'
import { verify } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { base58 } from '@scure/base'
import type { JsonObject } from '../../../node/json.ts'
import type { MessageKeyType, Signer } from '../../../node/keys/key-store.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { ResolvedKey, Suite } from '../../../node/suites/suite.ts'
import { verificationKey } from '../../../node/suites/verification-key.ts'
import { type Issuers, openIssuers } from './issuers.ts'

interface Vector {
  appendix: string
  cryptosuite: string
  keyType: MessageKeyType
  keyPair: { publicKeyMultibase: string; secretKeyMultibase: string }
  /** What the Recommendation says is signed: hash of the proof's options ‖ hash of the document, hex. */
  combinedHash: string
  signed: JsonObject & { proof: Record<string, string> }
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/vc-di-ecdsa/ecdsa-2019.json', import.meta.url), 'utf8'),
)
const documentLoader = createDocumentLoader({ extra: async () => undefined })
const now = new Date('2026-01-01T00:00:00Z')

for (const { appendix, cryptosuite, keyType, keyPair, combinedHash, signed } of vectors) {
  describe(`W3C test vectors of ${cryptosuite}, ${keyType}, ${appendix}`, () => {
    const { proof, ...document } = signed
    const { publicKeyMultibase } = keyPair
    const controller = `did:key:${publicKeyMultibase}`
    const suite = createSuites({ publicUrl: 'https://node.example' }).find(
      ({ name }) => name === cryptosuite,
    ) as Suite
    let issuers: Issuers
    let signer: Signer

    async function resolveKey(id: string): Promise<ResolvedKey> {
      return {
        verificationMethod: { id, type: 'Multikey', controller, publicKeyMultibase },
        didDocument: { id: controller, assertionMethod: [id] },
        deactivated: false,
      }
    }
    const check = (secured: JsonObject) =>
      // The key of the vectors is not one of their issuer.
      suite.verify(secured, { resolveKey, controller, documentLoader, now })
    const signWith = (key: Signer) =>
      suite.secure(document, {
        key: { verificationMethod: proof.verificationMethod as string, signer: key },
        created: new Date(proof.created as string),
        documentLoader,
      }) as Promise<JsonObject & { proof: Record<string, string> }>

    before(async () => {
      issuers = await openIssuers()
      // Two bytes of multicodec (p256-priv, p384-priv), then the scalar.
      const scalar = base58.decode(keyPair.secretKeyMultibase.slice(1)).subarray(2)
      signer = await issuers.keyStore.importKey(keyType, scalar)
    })
    after(() => issuers.close())

    it('verify; with a changed signature they do not', async () => {
      assert.equal((await check(signed)).status, 'pass', (await check(signed)).reason)
      const bytes = base58.decode((proof.proofValue as string).slice(1))
      bytes[9] = (bytes[9] as number) ^ 1
      const changed = { ...proof, proofValue: `z${base58.encode(bytes)}` }
      assert.equal((await check({ ...document, proof: changed })).status, 'fail')
    })

    it('give the bytes of the Recommendation to sign, and the same proof but for the random signature', async () => {
      const given: string[] = []
      const { proof: made } = await signWith({
        ...signer,
        sign: (message) => {
          given.push(Buffer.from(message).toString('hex'))
          return signer.sign(message)
        },
      })
      assert.deepEqual(given, [combinedHash])
      assert.deepEqual({ ...made, proofValue: '' }, { ...proof, proofValue: '' })
      assert.equal((await check({ ...document, proof: made })).status, 'pass')
    })

    it('have a key pair that belongs together, and sign what OpenSSL verifies', async () => {
      const publicKey = base58.decode(publicKeyMultibase.slice(1)).subarray(2)
      assert.deepEqual(new Uint8Array(signer.publicKey), publicKey)
      const key = verificationKey({ publicKeyMultibase })?.key
      const signature = base58.decode((proof.proofValue as string).slice(1))
      const hash = keyType === 'P-384' ? 'sha384' : 'sha256'
      const message = Buffer.from(combinedHash, 'hex')
      assert.ok(key && verify(hash, message, { key, dsaEncoding: 'ieee-p1363' }, signature))
    })
  })
}
