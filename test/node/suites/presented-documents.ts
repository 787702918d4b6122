import assert from 'node:assert/strict'
import { verify as judgePresentation, signPresentation } from '@digitalbazaar/vc'
import { dataIntegrityPresentation } from '../../../node/formats/data-integrity-presentation.ts'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import { librarySigner } from '../../../node/suites/library-signer.ts'
import { digitalBazaar } from './digital-bazaar.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const vocabulary = 'https://www.w3.org/2018/credentials#'
const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const expanding = ['Ed25519Signature2020', 'eddsa-rdfc-2022']
const all = [...expanding, 'eddsa-jcs-2022']

describe('presentations as suites sign them', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  let holder: TestIssuer

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
    holder = await issuers.create('key', 'Ed25519')
  })
  after(() => issuers?.close())

  /** Contexts, DID documents and their methods. */
  async function load(url: string) {
    if (!url.startsWith('did:')) return documentLoader(url)
    const { didDocument } = await issuers.resolver.resolve(url.split('#')[0] as string)
    const method = didDocument?.verificationMethod?.find(({ id }) => id === url)
    return { contextUrl: null, documentUrl: url, document: url.includes('#') ? method : didDocument }
  }

  for (const suite of suites.filter(({ name }) => all.includes(name))) {
    for (const dataModel of ['1.1', '2.0'] as const) {
      describe(`${suite.name}, data model ${dataModel}`, () => {
        let credential: JsonObject

        const options = { purpose: 'authentication', challenge: 'c', domain: 'd' } as const
        const construct = (changes: JsonObject = {}): JsonObject => ({
          ...dataIntegrityPresentation.construct({
            ...{ dataModel, contexts: suite.contexts(dataModel), holderDid: holder.did },
            credentials: [{ secured: credential, mediaType: 'application/vc' }],
          }),
          ...changes,
        })
        const sign = async (document: JsonObject) =>
          (await suite.secure(document, {
            key: holder.key,
            created: now,
            documentLoader,
            ...options,
          })) as JsonObject
        const verify = (presentation: JsonObject) =>
          suite.verify(JSON.parse(JSON.stringify(presentation)), {
            ...{ resolveKey: issuers.resolveKey, documentLoader, now },
            ...options,
          })

        before(async () => {
          const content = degree(issuer.did, { dataModel, holderDid: holder.did })
          const status = dataModel === '1.1' ? ['https://www.w3.org/ns/credentials/status/v1'] : []
          const contexts = [...content.contexts, ...status, ...suite.contexts(dataModel)]
          const document = formats[0]?.construct({ ...content, contexts }) as JsonObject
          credential = (await suite.secure(document, {
            key: issuer.key,
            created: now,
            documentLoader,
          })) as JsonObject
        })

        it('verify, with and without an id', async () => {
          assert.equal((await verify(await sign(construct()))).status, 'pass')
          assert.equal((await verify(await sign(construct({ id: 'urn:uuid:1' })))).status, 'pass')
        })

        it('fail for anything that is added, changed or taken out', async () => {
          const presentation = await sign(construct({ id: 'urn:uuid:1' }))
          const { holder: _, verifiableCredential, ...others } = presentation
          for (const changed of [
            { ...presentation, id: 'urn:uuid:2' },
            { ...presentation, name: 'x' },
            {
              ...presentation,
              verifiableCredential: [...(verifiableCredential as JsonObject[]), credential],
            },
            { ...others, verifiableCredential },
            { ...others, holder: holder.did },
            { ...presentation, holder: issuer.did },
            { ...presentation, '@context': ['https://example.org/unknown'] },
          ] as JsonObject[]) {
            assert.equal((await verify(changed)).status, 'fail', JSON.stringify(changed).slice(0, 200))
          }
        })

        it('verify with Digital Bazaar’s library, and theirs here', async () => {
          const judge = digitalBazaar[suite.name]
          const asked = { challenge: options.challenge, domain: options.domain }
          const judged = (presentation: JsonObject) =>
            judgePresentation({
              ...{ presentation, now, documentLoader: load, ...asked },
              suite: judge?.verifier(),
              checkStatus: async () => ({ verified: true }),
            })
          const own = await sign(construct({ id: 'urn:uuid:1' }))
          const { verified, error } = await judged(own)
          assert.ok(verified, String(error?.errors ?? error))
          assert.equal((await judged({ ...own, id: 'urn:uuid:2' })).verified, false)

          const signer = librarySigner(holder.key, ['Ed25519'])
          const theirs = await signPresentation({
            ...{ presentation: construct({ id: 'urn:uuid:1' }), documentLoader, ...asked },
            suite: judge?.signer(signer, now),
          })
          assert.deepEqual(theirs, own)
        })

        if (!expanding.includes(suite.name)) return

        it('are not signed with a term or type that no context defines', async () => {
          for (const changes of [
            { undefinedTerm: 'x' },
            { type: ['VerifiablePresentation', 'UndefinedType'] },
            { verifiableCredential: [{ ...credential, undefinedTerm: 'x' }] },
          ] as JsonObject[]) {
            await assert.rejects(
              sign(construct(changes)),
              { code: 'SIGNING_FAILED' },
              JSON.stringify(changes),
            )
          }
        })

        it('fail where members do not show what was signed', async () => {
          const presentation = await sign(construct({ id: 'urn:uuid:1' }))
          const { holder: did, verifiableCredential, ...others } = presentation
          const [iri, node] = [`${vocabulary}holder`, { '@id': did as string }]
          for (const changed of [
            { ...others, verifiableCredential, [iri]: node },
            { ...presentation, [iri]: node, holder: undefined },
            {
              ...others,
              holder: did,
              [`${vocabulary}verifiableCredential`]: { '@graph': verifiableCredential },
            },
          ] as JsonObject[]) {
            assert.equal((await verify(changed)).status, 'fail', Object.keys(changed).join())
          }
        })
      })
    }
  }
})
