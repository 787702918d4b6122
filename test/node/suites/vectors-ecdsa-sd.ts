import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import type { JsonObject } from '../../../node/json.ts'
import { createDocumentLoader } from '../../../node/suites/document-loader.ts'
import { ecdsaSd2023 } from '../../../node/suites/ecdsa-sd-2023.ts'
import type { ResolvedKey } from '../../../node/suites/suite.ts'

interface Vector {
  name: string
  selectivePointers: readonly string[]
  base: JsonObject & { proof: JsonObject }
  derived: JsonObject & { proof: JsonObject }
}

const vectors: readonly Vector[] = JSON.parse(
  readFileSync(new URL('../../vectors/vc-di-ecdsa/ecdsa-sd-2023.json', import.meta.url), 'utf8'),
)
const publicKeyMultibase = 'zDnaepBuvsQ8cpsWrVKw8fbpGpvPeNSjVPTWoq6cRqaYzBKVP'
const controller = `did:key:${publicKeyMultibase}`
const documentLoader = createDocumentLoader({ extra: async () => undefined })
const suite = ecdsaSd2023('https://node.example/terms.jsonld')

async function resolveKey(id: string): Promise<ResolvedKey> {
  return {
    verificationMethod: { id, type: 'Multikey', controller, publicKeyMultibase },
    didDocument: { id: controller, assertionMethod: [id] },
    deactivated: false,
  }
}
const now = new Date('2025-06-01T00:00:00Z')
const check = (secured: JsonObject) => suite.verify(secured, { resolveKey, controller, documentLoader, now })

for (const { name, selectivePointers, base, derived } of vectors) {
  describe(`W3C test vectors of ecdsa-sd-2023, ${name}`, () => {
    it('give the derived proof of the specification, byte for byte', async () => {
      const made = await suite.derive?.(base, { selectivePointers, documentLoader, resolveKey })
      assert.deepEqual(made, derived)
    })

    it('verify when derived, and not as a base proof', async () => {
      assert.equal((await check(derived)).status, 'pass', (await check(derived)).reason)
      const verdict = await check(base)
      assert.equal(verdict.status, 'fail')
      assert.match(verdict.reason ?? '', /base proof, for the holder alone/)
    })

    it('have signatures over every statement', async () => {
      const all = Object.keys(base).flatMap((member) =>
        member === '@context' || member === 'proof' ? [] : [`/${member}`],
      )
      const made = await suite.derive?.(base, { selectivePointers: all, documentLoader, resolveKey })
      assert.equal((await check(made as JsonObject)).status, 'pass')
    })
  })
}
