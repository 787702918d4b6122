import assert from 'node:assert/strict'
import { formats } from '../../../node/formats/index.ts'
import type { JsonObject } from '../../../node/json.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { DataModel, Suite } from '../../../node/suites/suite.ts'
import { degree, documentLoader, type Issuers, now, openIssuers, type TestIssuer } from './issuers.ts'

const credentials = 'https://www.w3.org/2018/credentials#'
const dateTime = 'http://www.w3.org/2001/XMLSchema#dateTime'
const suites = createSuites({ publicUrl: 'http://127.0.0.1:3000' })
const variants = ['Ed25519Signature2020', 'eddsa-rdfc-2022'].flatMap((name) =>
  (['1.1', '2.0'] as const).map((dataModel) => ({
    suite: suites.find((suite) => suite.name === name) as Suite,
    dataModel,
  })),
)

/** Other ways to write the statements of a credential; each has the canonical N-Quads that were signed. */
function rewritings({ credentialStatus, ...rest }: JsonObject): Record<string, JsonObject> {
  const [revocation, suspension] = credentialStatus as [JsonObject, JsonObject]
  const { expirationDate, validUntil, ...endless } = rest
  const end = (validUntil === undefined ? 'expirationDate' : 'validUntil') as string
  const full = { ...rest, credentialStatus } as JsonObject
  const itself = { id: rest.id, type: 'VerifiableCredential', credentialStatus }
  const { id: subject, ...claims } = rest.credentialSubject as JsonObject
  const { id, ...nameless } = full
  return {
    'its id as a keyword': { ...nameless, '@id': id },
    'the id of its subject as a keyword': { ...full, credentialSubject: { ...claims, '@id': subject } },
    'the status under its IRI': { ...rest, [`${credentials}credentialStatus`]: credentialStatus },
    'one entry under its IRI': {
      ...rest,
      credentialStatus: suspension,
      [`${credentials}credentialStatus`]: revocation,
    },
    'one entry under its IRI, the other twice': {
      ...rest,
      credentialStatus: [suspension, { id: suspension.id, type: suspension.type }],
      [`${credentials}credentialStatus`]: revocation,
    },
    'the end under its IRI': {
      ...endless,
      credentialStatus,
      [credentials + end]: { '@value': full[end], '@type': dateTime },
    },
    'the schema under its IRI': {
      ...endless,
      [end]: full[end],
      credentialStatus,
      credentialSchema: undefined,
      [`${credentials}credentialSchema`]: full.credentialSchema,
    },
    'the status in @nest': { ...rest, '@nest': { credentialStatus } },
    'the status in @included': { ...rest, '@included': [itself] },
    'the status behind @reverse': {
      ...rest,
      issuer: { ...(rest.issuer as JsonObject), '@reverse': { [`${credentials}issuer`]: itself } },
    },
  }
}

describe('proofs over RDF', () => {
  let issuers: Issuers
  let issuer: TestIssuer

  before(async () => {
    issuers = await openIssuers()
    issuer = await issuers.create('ethr', 'Ed25519')
  })
  after(() => issuers?.close())

  async function sign(
    suite: Suite,
    dataModel: DataModel,
    change = (document: JsonObject): JsonObject => document,
  ): Promise<JsonObject> {
    const content = degree(issuer.did, { dataModel })
    const status = content.credentialStatus[0] as JsonObject
    const suspension = {
      ...status,
      id: `${issuer.did}/status/suspension/1#94567`,
      statusPurpose: 'suspension',
    }
    const statusContexts = dataModel === '1.1' ? ['https://www.w3.org/ns/credentials/status/v1'] : []
    const document = formats[0]?.construct({
      ...content,
      credentialStatus: [status, suspension],
      contexts: [...content.contexts, ...statusContexts, ...suite.contexts(dataModel)],
    }) as JsonObject
    return (await suite.secure(change(document), {
      key: issuer.key,
      created: now,
      documentLoader,
    })) as JsonObject
  }
  const verify = (suite: Suite, credential: JsonObject) =>
    suite.verify(JSON.parse(JSON.stringify(credential)), {
      resolveKey: issuers.resolveKey,
      documentLoader,
      now,
    })

  for (const { suite, dataModel } of variants) {
    describe(`${suite.name}, data model ${dataModel}`, () => {
      it('pass for the document as it was signed, whatever the order of its members', async () => {
        const signed = await sign(suite, dataModel)
        const turned = Object.fromEntries(Object.entries(signed).reverse())
        assert.equal((await verify(suite, turned)).status, 'pass')
      })

      it('pass without an id', async () => {
        const signed = await sign(suite, dataModel, ({ id: _, ...document }) => document)
        assert.equal((await verify(suite, signed)).status, 'pass')
      })

      it('fail where members do not show what was signed', async () => {
        const signed = await sign(suite, dataModel)
        for (const [way, copy] of Object.entries(rewritings(signed))) {
          const { status, reason } = await verify(suite, copy)
          assert.equal(status, 'fail', way)
          assert.match(reason ?? '', /does not show all that was signed|must not stand inside/, way)
        }
      })
    })
  }
})
