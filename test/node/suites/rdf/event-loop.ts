import assert from 'node:assert/strict'
import type { Format } from '../../../../node/formats/format.ts'
import { formats } from '../../../../node/formats/index.ts'
import type { JsonObject } from '../../../../node/json.ts'
import { createSuites } from '../../../../node/suites/index.ts'
import { requireDefinedTerms } from '../../../../node/suites/require-defined-terms.ts'
import type { Suite } from '../../../../node/suites/suite.ts'
import { longestTurn } from '../../../event-loop.ts'
import { degree, documentLoader, type Issuers, now, openIssuers } from '../issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const suiteOf = (name: string) => suites.find((suite) => suite.name === name) as Suite
const format = formats.find(({ name }) => name === 'data-integrity') as Format

/** What is promised of an event loop that serves others meanwhile, in milliseconds; in the loop it was 100 to 1,200. */
const longest = 50

/** As many nodes as a document may have, about. */
const largeClaims = { degree: Array.from({ length: 2_400 }, (_, i) => ({ name: `degree ${i}` })) }

describe('documents as RDF', () => {
  let issuers: Issuers

  before(async () => {
    issuers = await openIssuers()
  })

  after(() => issuers.close())

  async function prepare(name: string, claims?: JsonObject) {
    const suite = suiteOf(name)
    const [type] = suite.keyTypes
    const { did, key } = await issuers.create('ethr', type as NonNullable<typeof type>)
    const content = degree(did, { ...(claims && { claims }) })
    const contexts = [...content.contexts, ...suite.contexts('2.0')]
    const document = format.construct({ ...content, contexts })
    const verifying = { documentLoader, resolveKey: issuers.resolveKey, now }
    return { suite, document, verifying, signing: { key, created: now, documentLoader } }
  }

  async function assertFree<Result>(work: () => Promise<Result>): Promise<Result> {
    const { result, milliseconds } = await longestTurn(work)
    assert.ok(milliseconds < longest, `the event loop was kept for ${milliseconds.toFixed(1)} ms`)
    return result
  }

  for (const name of ['ecdsa-sd-2023', 'bbs-2023']) {
    it(`signed by ${name}, 32 at a time, leave the event loop free`, async function () {
      this.timeout(60_000)
      const { suite, document, signing } = await prepare(name)
      // threads load what they run, once, and so does this one
      await suite.secure(document, signing)
      const batch = Array.from({ length: 32 }, (_, i) => ({ ...document, id: `urn:example:${i}` }))
      await assertFree(() => Promise.all(batch.map((one) => suite.secure(one, signing))))
    })
  }

  for (const name of ['eddsa-rdfc-2022', 'Ed25519Signature2020', 'ecdsa-rdfc-2019', 'ecdsa-sd-2023']) {
    it(`with as many nodes as there may be, by ${name}, leave the event loop free`, async function () {
      this.timeout(60_000)
      const small = await prepare(name)
      await small.suite.secure(small.document, small.signing)
      const { suite, document, signing, verifying } = await prepare(name, largeClaims)
      const secured = await assertFree(() => suite.secure(document, signing))
      const selectivePointers = ['/credentialSubject']
      const shown = await assertFree(
        async () => suite.derive?.(secured, { ...verifying, selectivePointers }) ?? secured,
      )
      const { status, reason } = await assertFree(() => suite.verify(shown, verifying))
      assert.equal(status, 'pass', reason)
    })
  }

  it('whose terms are to be defined leave the event loop free, and are refused as before', async function () {
    this.timeout(60_000)
    const { document } = await prepare('eddsa-rdfc-2022', largeClaims)
    const ask = (one: JsonObject) => requireDefinedTerms(one, documentLoader)
    await ask((await prepare('eddsa-rdfc-2022')).document)
    await assertFree(() => Promise.all(Array.from({ length: 8 }, () => ask(document))))
    const refused = {
      code: 'MALFORMED_REQUEST',
      message: /^The term "unheard" is not defined by any context/,
    }
    const unheard = { ...document, unheard: 1 } as JsonObject
    await assert.rejects(ask(unheard), refused)
  })
})
