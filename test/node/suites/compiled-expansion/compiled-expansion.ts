import assert from 'node:assert/strict'
import { DataIntegrityProof } from '@digitalbazaar/data-integrity'
import { Ed25519Signature2020 } from '@digitalbazaar/ed25519-signature-2020'
import { cryptosuite } from '@digitalbazaar/eddsa-rdfc-2022-cryptosuite'
import fc from 'fast-check'
import jsonld from 'jsonld'
import jsigs from 'jsonld-signatures'
import type { IssuerError } from '../../../../node/errors.ts'
import type { Json, JsonObject } from '../../../../node/json.ts'
import { builtInSchemas } from '../../../../node/schemas/built-in/index.ts'
import { deriveContext } from '../../../../node/schemas/derive-context.ts'
import { expandCompiled } from '../../../../node/suites/compiled-expansion/compiled-expansion.ts'
import { contextDigest } from '../../../../node/suites/contexts/bundled-contexts.ts'
import { createDocumentLoader } from '../../../../node/suites/document-loader.ts'
import { createSuites } from '../../../../node/suites/index.ts'
import { describeLinkedDataError } from '../../../../node/suites/linked-data-error.ts'
import type { DocumentLoader } from '../../../../node/suites/suite.ts'
import { credentialOf, schemaId } from '../../schemas/credential-quads.ts'
import { derivable, schemaCases } from '../../schemas/schema-cases.ts'
import { type Issuers, now, openIssuers, type TestIssuer } from '../issuers.ts'
import { wildDocuments } from './wild-documents.ts'

/** A context at the URL that is its digest, and a loader that knows it. */
function published(context: JsonObject): { url: string; documentLoader: DocumentLoader } {
  const url = `https://node.example/api/v1/contexts/${contextDigest(context)}.jsonld`
  const extra = async (name: string) => (name === url ? context : undefined)
  return { url, documentLoader: createDocumentLoader({ extra }) }
}

/** What jsonld makes of a document, or `refused`. */
async function expanded(document: JsonObject, documentLoader: DocumentLoader): Promise<unknown> {
  return jsonld.expand(document, { documentLoader, base: null, safe: true }).catch(() => 'refused')
}

/** What comes of it, or why nothing does. */
const outcome = (work: Promise<unknown>): Promise<unknown> =>
  work.catch((error: IssuerError) => describeLinkedDataError(error.cause ?? error))

/** By a template where one can be had: the first time a shape is noted, the second time compiled. */
async function compiled(document: JsonObject, documentLoader: DocumentLoader) {
  await expandCompiled(document, documentLoader)
  await expandCompiled(document, documentLoader)
  return expandCompiled(document, documentLoader)
}

const canonical = (input: unknown, options: object) =>
  (cryptosuite as { canonize(input: unknown, options: object): Promise<string> }).canonize(input, options)

/** Values for a JSON Schema, of its shape; whether they are valid in every respect does not matter here. */
function valuesOf(schema: JsonObject): fc.Arbitrary<Json> {
  if (Array.isArray(schema.enum)) return fc.constantFrom(...(schema.enum as Json[]))
  if (schema.type === 'integer') return fc.maxSafeInteger()
  if (schema.type === 'number') return fc.double({ noNaN: true, noDefaultInfinity: true })
  if (schema.type === 'boolean') return fc.boolean()
  if (schema.type === 'array') {
    return fc.array(valuesOf((schema.items ?? {}) as JsonObject), { maxLength: 3 }) as fc.Arbitrary<Json>
  }
  if (schema.type === 'object') {
    const members = Object.entries((schema.properties ?? {}) as Record<string, JsonObject>)
    const values = Object.fromEntries(members.map(([name, member]) => [name, valuesOf(member)]))
    return fc.record(values, { requiredKeys: [] }) as fc.Arbitrary<Json>
  }
  if (schema.format === 'uri') return fc.webUrl()
  return fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.webUrl(),
    fc.uuid().map((id) => `did:x:${id}`),
  )
}

describe('compiled expansion', () => {
  it('gives for wild documents what jsonld gives, and nothing for what it refuses', async () => {
    let byTemplate = 0
    await fc.assert(
      fc.asyncProperty(wildDocuments, async ({ context, documents }) => {
        const { url, documentLoader } = published(context)
        for (const content of documents) {
          const document = { '@context': [url], ...content }
          const found = await compiled(document, documentLoader)
          if (found === undefined) continue
          byTemplate += 1
          assert.deepStrictEqual(found, await expanded(document, documentLoader))
        }
      }),
      { numRuns: 1_000 },
    )
    assert.ok(byTemplate > 300, `only ${byTemplate} documents were expanded by a template`)
  })

  for (const dataModel of ['1.1', '2.0'] as const) {
    it(`gives the canonical bytes of credentials of any schema, data model ${dataModel}`, async () => {
      let byTemplate = 0
      await fc.assert(
        fc.asyncProperty(schemaCases, async ({ jsonSchema, one, other }) => {
          fc.pre(derivable(jsonSchema))
          const { document: context } = deriveContext({ schemaId, type: 'TestCredential', jsonSchema })
          const { url, documentLoader } = published(context)
          for (const claims of JSON.parse(JSON.stringify([one, other]))) {
            const credential = credentialOf({ claims: claims as JsonObject, dataModel })
            const contexts = (credential['@context'] as string[]).map((name) =>
              name === 'urn:derived' ? url : name,
            )
            const document = { ...credential, '@context': contexts }
            const found = await compiled(document, documentLoader)
            if (found === undefined) continue
            byTemplate += 1
            assert.equal(
              await canonical(found, { documentLoader, skipExpansion: true }),
              await canonical(document, { documentLoader }),
            )
          }
        }),
        { numRuns: 60 },
      )
      assert.ok(byTemplate > 80, `only ${byTemplate} documents were expanded by a template`)
    })
  }

  it('takes no value for another that the contexts read differently', async () => {
    const iri = 'https://example.org/'
    const { url, documentLoader } = published({
      '@context': {
        '@version': 1.1,
        a: { '@id': `${iri}a`, '@type': '@vocab' },
        ex: iri,
        'urn:null': null,
        Scoped: { '@id': `${iri}Scoped`, '@context': { b: `${iri}scoped` } },
        b: `${iri}b`,
      },
    })
    const document = (a: Json, type: string[] = []) => ({
      ...{ '@context': [url], '@id': 'urn:1', a, b: 'x' },
      ...(type.length > 0 && { '@type': type }),
    })
    assert.ok(await compiled(document('urn:2'), documentLoader))
    assert.ok(await expandCompiled(document('urn:3'), documentLoader))
    for (const a of ['urn:null', 'ex:b', 'b', 'text', '_:b0', '@id', '', 4]) {
      assert.equal(await expandCompiled(document(a), documentLoader), undefined, String(a))
    }
    assert.equal(await expandCompiled(document('urn:2', ['Scoped']), documentLoader), undefined)
    const scoped = document('urn:2', ['Scoped'])
    assert.deepEqual(await compiled(scoped, documentLoader), await expanded(scoped, documentLoader))
  })

  it('keeps nothing of a context whose URL does not settle its bytes, itself or by an import', async () => {
    const mutable = 'https://issuer.example/context'
    for (const context of [
      { '@context': { a: 'https://example.org/a' } },
      { '@context': [mutable, { b: 'https://example.org/b' }] },
      { '@context': { '@version': 1.1, c: { '@id': 'https://example.org/c', '@context': mutable } } },
    ]) {
      const { url } = published(context)
      const extra = async (name: string) =>
        name === url ? context : { '@context': { a: 'https://example.org/a' } }
      const documentLoader = createDocumentLoader({ extra })
      const contexts = 'a' in context['@context'] ? [mutable] : [url]
      const document = { '@context': contexts, '@id': 'urn:1', a: 'x' }
      assert.equal(await compiled(document, documentLoader), undefined)
    }
  })

  it('asks the loader each time whether a document may use its contexts', async () => {
    const { url, documentLoader } = published({ '@context': { a: 'https://example.org/a' } })
    const document = { '@context': [url], '@id': 'urn:1', a: 'x' }
    assert.ok(await compiled(document, documentLoader))
    const stranger = createDocumentLoader({ extra: async () => undefined })
    assert.equal(await expandCompiled(document, stranger), undefined)
  })

  it('leaves documents without contexts, or with a context within, to jsonld', async () => {
    const { url, documentLoader } = published({ '@context': { a: 'https://example.org/a' } })
    for (const document of [
      { '@id': 'urn:1', 'https://example.org/a': 'x' },
      { '@context': [], '@id': 'urn:1', 'https://example.org/a': 'x' },
      { '@context': { a: 'https://example.org/a' }, '@id': 'urn:1', a: 'x' },
      { '@context': [url], '@id': 'urn:1', a: { '@context': { b: 'https://example.org/b' }, b: 'x' } },
    ]) {
      assert.equal(await compiled(document, documentLoader), undefined)
    }
  })

  it('compiles no shape that is huge', async () => {
    const { url, documentLoader } = published({ '@context': { a: 'https://example.org/a' } })
    const items = (count: number) => ({ '@context': [url], '@id': 'urn:1', a: Array(count).fill('x') })
    assert.ok(await compiled(items(100), documentLoader))
    assert.equal(await compiled(items(10_000), documentLoader), undefined)
  })
})

describe('proofs by compiled expansion', () => {
  let issuers: Issuers
  let issuer: TestIssuer
  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
  })
  after(() => issuers.close())

  const bare = {
    'eddsa-rdfc-2022': (signer: LibrarySigner) => new DataIntegrityProof({ cryptosuite, signer, date: now }),
    Ed25519Signature2020: (signer: LibrarySigner) => new Ed25519Signature2020({ signer, date: now }),
  }

  for (const [name, librarySuite] of Object.entries(bare)) {
    const suite = createSuites({ publicUrl: 'http://node' }).find((candidate) => candidate.name === name)
    for (const schema of builtInSchemas) {
      it(`of ${schema.name} are those of the library: ${name}`, async () => {
        const { document: context } = deriveContext({
          schemaId,
          type: schema.type,
          jsonSchema: schema.jsonSchema,
        })
        const { url, documentLoader } = published(context)
        const { key } = issuer
        let compared = 0
        let last: unknown
        const signer = {
          id: key.verificationMethod,
          algorithm: 'Ed25519',
          sign: async ({ data }: { data: Uint8Array }) => key.signer.sign(data),
        }
        const signed = fc.asyncProperty(
          valuesOf(schema.jsonSchema),
          fc.constantFrom('1.1', '2.0'),
          fc.uuid(),
          async (claims, dataModel, id) => {
            const credential = credentialOf({ claims: claims as JsonObject, dataModel, type: schema.type })
            const contexts = (credential['@context'] as string[]).map((each) =>
              each === 'urn:derived' ? url : each,
            )
            const document = { ...credential, '@context': contexts, id: `urn:uuid:${id}` }
            const options = { key, created: now, documentLoader }
            const compare = async () => {
              const library = jsigs.sign(
                { ...document },
                {
                  suite: librarySuite(signer),
                  purpose: new jsigs.purposes.AssertionProofPurpose(),
                  documentLoader,
                  addSuiteContext: false,
                },
              )
              const ours = Promise.resolve(suite?.secure(document, options))
              const [found, wanted] = [await outcome(ours), await outcome(library)]
              assert.deepEqual(found, wanted)
              if (typeof found === 'object') compared += 1
              else last = found
            }
            for (let time = 0; time < 2; time++)
              await outcome(Promise.resolve(suite?.secure(document, options)))
            await compare()
          },
        )
        await fc.assert(signed, { numRuns: 25 })
        assert.ok(compared > 10, `only ${compared} were signed: ${last}`)
      })
    }

    it(`of undefined terms are refused after their shape was compiled, too: ${name}`, async () => {
      const { url, documentLoader } = published({ '@context': { Known: 'https://example.org/Known' } })
      const credential = credentialOf({ claims: {}, dataModel: '2.0', type: 'Known' })
      const document = (type: string, extra: JsonObject = {}): JsonObject => ({
        ...credential,
        ...extra,
        '@context': [
          'https://www.w3.org/ns/credentials/v2',
          url,
          'https://w3id.org/security/suites/ed25519-2020/v1',
        ],
        type: ['VerifiableCredential', type],
      })
      const options = { key: issuer.key, created: now, documentLoader }
      const times = [1, 2, 3]
      for (const _ of times) await suite?.secure(document('Known'), options)
      for (const _ of times) {
        await assert.rejects(
          suite?.secure(document('Unknown'), options) as Promise<unknown>,
          /"Unknown" is not defined/,
        )
        const stray = document('Known', { stray: 'x' })
        await assert.rejects(suite?.secure(stray, options) as Promise<unknown>, /"stray" is not defined/)
        const relative = document('Known', { issuer: 'relative' })
        await assert.rejects(
          suite?.secure(relative, options) as Promise<unknown>,
          /relative object reference/,
        )
      }
    })
  }
})
