import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { parseSecured } from '../../../node/secured-text.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { DataModel, SecureMany, Suite } from '../../../node/suites/suite.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const threaded = suites.filter((suite): suite is Suite & { secureMany: SecureMany } => !!suite.secureMany)

describe('many documents', () => {
  it('are secured in threads by the suites that sign bytes alone', () => {
    const names = threaded.map(({ name }) => name)
    assert.deepEqual(names, ['eddsa-jcs-2022', 'ecdsa-jcs-2019', 'JwtProof2020', 'vc+jwt'])
  })

  for (const suite of threaded) {
    for (const dataModel of suite.dataModels) {
      for (const type of suite.secureMany.keyTypes) {
        describe(`by ${suite.name}, data model ${dataModel}, ${type}`, () => {
          let issuers: Issuers
          let issuer: TestIssuer
          const format = formats.find(({ name }) => name === suite.format) as (typeof formats)[0]

          function construct(name: string): JsonObject {
            const content = degree(issuer.did, { dataModel: dataModel as DataModel })
            const document = format.construct({
              ...content,
              contexts: [...content.contexts, ...suite.contexts(dataModel)],
            })
            return { ...document, credentialSubject: { ...(document.credentialSubject as JsonObject), name } }
          }

          before(async () => {
            issuers = await openIssuers()
            issuer = await issuers.create('ethr', type)
          })

          after(() => issuers.close())

          it('verify, in their order, with the digest of their format', async () => {
            const { key } = issuer
            const names = Array.from({ length: 30 }, (_, i) => `Žofie ${i} 🎓`)
            const documents = names.map(construct)
            const outcomes = await suite.secureMany.secure(documents, { key, created: now, documentLoader })
            assert.equal(outcomes.length, names.length)
            for (const [place, outcome] of outcomes.entries()) {
              assert.ok(!(outcome instanceof IssuerError))
              const secured = parseSecured(outcome.secured.text)
              const verdict = await suite.verify(secured, { ...issuers, documentLoader, now })
              assert.equal(verdict.status, 'pass', verdict.reason)
              assert.equal(outcome.digest, hash('sha256', format.digestInput(secured)))
              const [subject] = format.open(secured)?.facts.subjects ?? []
              assert.equal(subject?.name, names[place])
            }
          })

          it('verify, also with other contexts than the one before, and with more members', async () => {
            const { key } = issuer
            const plain = construct('plain')
            const [first, ...others] = plain['@context'] as string[]
            const documents = [
              plain,
              { ...plain, name: 'Degree' },
              {
                ...plain,
                '@context': [first as string, 'https://w3id.org/security/data-integrity/v2', ...others],
              },
              plain,
            ]
            const outcomes = await suite.secureMany.secure(documents, { key, created: now, documentLoader })
            for (const [place, outcome] of outcomes.entries()) {
              assert.ok(!(outcome instanceof IssuerError), `${place} ${(outcome as Error).message}`)
              const secured = parseSecured(outcome.secured.text)
              const verdict = await suite.verify(secured, { ...issuers, documentLoader, now })
              assert.equal(verdict.status, 'pass', verdict.reason)
              const opened = format.open(secured)?.document as JsonObject
              assert.deepEqual(opened['@context'], documents[place]?.['@context'])
            }
          })

          if (type === 'Ed25519') {
            it('are what `secure` makes of each', async () => {
              const options = { key: issuer.key, created: now, documentLoader }
              const [outcome] = await suite.secureMany.secure([construct('Alice')], options)
              assert.ok(outcome && !(outcome instanceof IssuerError))
              assert.deepEqual(
                parseSecured(outcome.secured.text),
                await suite.secure(construct('Alice'), options),
              )
            })
          }

          it('leave the event loop its turns while they are made', async () => {
            let turns = 0
            let next = setImmediate(function turn() {
              turns++
              next = setImmediate(turn)
            })
            let whileMade = 0
            function* slowly() {
              for (let i = 0; i < 20; i++) {
                for (const end = performance.now() + 4; performance.now() < end; );
                yield construct('Alice')
              }
              whileMade = turns
            }
            const options = { key: issuer.key, created: now, documentLoader }
            await suite.secureMany.secure(slowly(), options)
            clearImmediate(next)
            assert.ok(whileMade >= 3, String(whileMade))
          })

          it('fail alone', async () => {
            const options = { key: issuer.key, created: now, documentLoader }
            const bad: JsonObject[] =
              suite.format === 'data-integrity'
                ? [{ ...construct('a'), proof: {} }, construct('\ud800')]
                : suite.name === 'vc+jwt'
                  ? [{ ...construct('a'), iss: 'did:example:1' }]
                  : [
                      {
                        ...construct('a'),
                        credentialSubject: [{ id: 'did:example:1' }, { id: 'did:example:2' }],
                      },
                    ]
            const documents = [construct('first'), ...bad, construct('last')]
            const [first, ...others] = await suite.secureMany.secure(documents, options)
            const last = others.pop()
            assert.ok(first && !(first instanceof IssuerError) && last && !(last instanceof IssuerError))
            assert.equal(others.length, bad.length)
            for (const outcome of others) {
              assert.ok(outcome instanceof IssuerError)
              assert.ok(['SIGNING_FAILED', 'CLAIMS_NOT_EXPRESSIBLE'].includes(outcome.code), outcome.code)
            }
          })

          it('leave no key in what the log would write of the signer', () => {
            const { keyObject } = issuer.key.signer
            assert.equal(JSON.stringify({ keyObject }), '{"keyObject":{}}')
          })
        })
      }
    }
  }
})
