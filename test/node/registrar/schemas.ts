import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { Address, SchemaName } from '../../../node/ledger/ledger.ts'
import { parseSchemaId } from '../../../node/ledger/resource-id.ts'
import { allowIssuers } from '../../../node/registrar/allow-issuers.ts'
import type { NewSchema } from '../../../node/registrar/build-schema.ts'
import { registerBuiltInSchemas } from '../../../node/registrar/built-in-schemas.ts'
import { createDid } from '../../../node/registrar/create-did.ts'
import { deactivateDid } from '../../../node/registrar/deactivate-did.ts'
import { deactivateSchema } from '../../../node/registrar/deactivate-schema.ts'
import { getSchema } from '../../../node/registrar/get-schema.ts'
import { requireNodeDid } from '../../../node/registrar/node-did.ts'
import { registerSchema } from '../../../node/registrar/register-schema.ts'
import type { RegistrarDeps } from '../../../node/registrar/registrar.ts'
import { settleSchemas } from '../../../node/registrar/settle-schemas.ts'
import { builtInSchemas } from '../../../node/schemas/built-in/index.ts'
import { hexDigest, jcsBytes, sriDigest } from '../../../node/schemas/digest.ts'
import { openSchema } from '../../../node/schemas/open-schema.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { createSchemaStore } from '../../../node/stores/schemas.ts'
import { digestSigner } from '../../digest-signer.ts'
import { type NodeUnderTest, startNode } from './node-under-test.ts'

const jsonSchema: JsonObject = {
  type: 'object',
  properties: {
    degree: { type: 'object', properties: { name: { type: 'string' }, gpa: { type: 'number' } } },
  },
  required: ['degree'],
}

describe('the schemas of a node', () => {
  let node: NodeUnderTest
  let deps: RegistrarDeps
  let issuerDid: string
  let number = 0

  before(async () => {
    node = await startNode()
    deps = node.deps
    issuerDid = (await createDid(deps, { method: 'ethr' })).did
  })

  after(() => node?.close())

  const schema = (more: Partial<NewSchema> = {}): NewSchema => {
    number += 1
    return { name: `degree-${number}`, version: '1.0', issuerDid, jsonSchema, ...more }
  }
  const nameOf = (schemaId: string) => parseSchemaId(schemaId) as SchemaName
  const rows = async () => (await node.database.selectFrom('schemas').selectAll().execute()).length
  const violationsOf = async (input: NewSchema) => {
    const error: unknown = await registerSchema(deps, input).catch((reason: unknown) => reason)
    assert.ok(error instanceof IssuerError)
    assert.equal(error.code, 'SCHEMA_INVALID')
    return error.violations.map(({ pointer }) => pointer)
  }

  const failing = (when: 'before' | 'signed' | 'mined'): RegistrarDeps => ({
    ...deps,
    ledger: {
      ...deps.ledger,
      schemas: {
        ...deps.ledger.schemas,
        registerBatch: async (inputs, options) => {
          if (when === 'signed') await options?.onSigned?.({ hash: '0x01', raw: '0x02', nonce: 9 }, 0)
          if (when === 'mined') await deps.ledger.schemas.registerBatch(inputs, options)
          throw new IssuerError('CHAIN_UNREACHABLE')
        },
      },
    },
  })

  describe('registerSchema', () => {
    it('puts a schema onto the ledger, from which alone it can be used', async () => {
      const { schemaId, digest } = await registerSchema(deps, schema({ alias: 'degree-v1' }))
      const onLedger = await node.ledger.schemas.get(nameOf(schemaId))
      assert.equal(onLedger?.digest, digest)
      const content = onLedger?.content ?? new Uint8Array()
      assert.equal(`0x${hexDigest(content)}`, digest)
      const opened = openSchema({ schemaId, content, digest })
      assert.match(opened.type, /^Degree\d+Credential$/)
      const [context] = opened.contexts
      assert.equal(context?.digest, sriDigest(jcsBytes(context?.document ?? {})))
      assert.deepEqual(opened.validateClaims({ degree: { name: 'Law', gpa: 3.8 } }), [])
    })

    it('publishes the derived context at a URL that is its digest', async () => {
      const { schemaId } = await registerSchema(deps, schema())
      const { contexts } = await getSchema(deps, { id: schemaId })
      const digest = /\/api\/v1\/contexts\/([0-9a-f]{64})\.jsonld$/.exec(
        contexts[0]?.url ?? '',
      )?.[1] as string
      const text = await deps.contexts.get(digest)
      assert.equal(hexDigest(Buffer.from(text ?? '')), digest)
      assert.equal(sriDigest(Buffer.from(text ?? '')), contexts[0]?.digest)
    })

    it('finds a schema by id and by alias, and wraps it for credentials', async () => {
      const { schemaId } = await registerSchema(deps, schema({ alias: 'by-alias', type: 'MyDegree' }))
      const view = await getSchema(deps, { id: 'by-alias' })
      assert.deepEqual(view, await getSchema(deps, { id: schemaId }))
      assert.equal(view.type, 'MyDegree')
      assert.equal(view.active, true)
      assert.deepEqual(view.jsonSchema, jsonSchema)
      assert.equal(view.credentialSchema.$id, schemaId)
      for (const id of ['no-alias', 'did:ethr:0x1:0xaa/schema/a/1', `${issuerDid}/schema/none/1`]) {
        await assert.rejects(getSchema(deps, { id }), { code: 'SCHEMA_NOT_FOUND' })
      }
    })

    it('reads a schema of another node', async () => {
      const { schemaId } = await registerSchema(deps, schema({ alias: 'of-one-node' }))
      const database = await openDatabase({ file: ':memory:' })
      const other = { ...deps, schemas: createSchemaStore(database) }
      assert.equal((await getSchema(other, { id: schemaId })).alias, null)
      await database.destroy()
    })

    it('never changes a schema, and gives an alias to one schema only', async () => {
      const first = schema({ alias: 'taken' })
      await registerSchema(deps, first)
      const before = await rows()
      await assert.rejects(registerSchema(deps, first), { code: 'SCHEMA_ALREADY_EXISTS' })
      const changed = { ...first, jsonSchema: { ...jsonSchema, title: 'changed' } }
      await assert.rejects(registerSchema(deps, changed), { code: 'SCHEMA_ALREADY_EXISTS' })
      await assert.rejects(registerSchema(deps, schema({ alias: 'taken' })), { code: 'SCHEMA_ALIAS_TAKEN' })
      assert.equal(await rows(), before)
    })

    it('registers one of two equal schemas that come at once', async () => {
      const input = schema({ alias: 'at-once' })
      const outcomes = await Promise.allSettled([registerSchema(deps, input), registerSchema(deps, input)])
      const fulfilled = outcomes.filter(({ status }) => status === 'fulfilled')
      assert.ok(fulfilled.length >= 1)
      assert.equal((await getSchema(deps, { id: 'at-once' })).name, input.name)
    })

    it('names everything that is wrong with a schema', async () => {
      assert.deepEqual(
        await violationsOf(schema({ name: 'a b', version: '1/0', alias: 'did:x', type: '1' })),
        ['/name', '/version', '/alias', '/type'],
      )
      assert.deepEqual(await violationsOf(schema({ name: '..' })), ['/name'])
      assert.deepEqual(await violationsOf(schema({ jsonSchema: { type: 'object', propertys: {} } })), [
        '/jsonSchema/propertys',
      ])
      assert.deepEqual(
        await violationsOf(schema({ jsonSchema: { properties: { id: { type: 'string' } } } })),
        ['/jsonSchema/properties/id'],
      )
      assert.deepEqual(
        await violationsOf(schema({ jsonSchema: { type: 'object', if: {}, properties: { a: true } } })),
        ['/jsonSchema'],
      )
    })

    it('registers for issuers of this node only', async () => {
      const foreign = node.ledger.didOf(digestSigner().address)
      const holder = (await createDid(deps, { method: 'key' })).did
      for (const did of [foreign, holder, 'did:web:example.org']) {
        await assert.rejects(registerSchema(deps, schema({ issuerDid: did })), { code: 'ISSUER_NOT_FOUND' })
      }
      const { did } = await createDid(deps, { method: 'ethr' })
      await deactivateDid(deps, { did })
      await assert.rejects(registerSchema(deps, schema({ issuerDid: did })), { code: 'ISSUER_DEACTIVATED' })
    })

    it('leaves nothing behind when the chain fails before a transaction was signed', async () => {
      const before = await rows()
      await assert.rejects(registerSchema(failing('before'), schema({ alias: 'lost' })), {
        code: 'CHAIN_UNREACHABLE',
      })
      assert.equal(await rows(), before)
    })

    it('is finished by the same call, or at the next start, when the node ended before its record', async () => {
      const [again, started] = [schema({ alias: 'again' }), schema({ alias: 'started' })]
      for (const input of [again, started]) await assert.rejects(registerSchema(failing('mined'), input))
      await assert.rejects(getSchema(deps, { id: 'again' }), { code: 'SCHEMA_NOT_FOUND' })
      const { transactionHash } = await registerSchema(deps, again)
      assert.match(String(transactionHash), /^0x[0-9a-f]{64}$/)
      assert.equal(await settleSchemas(deps), 1)
      assert.equal((await getSchema(deps, { id: 'again' })).name, again.name)
      assert.equal((await getSchema(deps, { id: 'started' })).name, started.name)
    })

    it('is forgotten at the next start when its transaction was lost', async () => {
      const input = schema({ alias: 'again-later' })
      await assert.rejects(registerSchema(failing('signed'), input))
      assert.equal(await settleSchemas(deps), 1)
      await registerSchema(deps, input)
    })
  })

  describe('contexts that come with a schema', () => {
    const open = { type: 'object', properties: { a: { type: 'string' } }, additionalProperties: true }
    const document = { '@context': { Thing: 'https://example.org/Thing', a: 'https://example.org/a' } }

    it('stand on the ledger when they are documents', async () => {
      const { schemaId } = await registerSchema(
        deps,
        schema({ jsonSchema: open, context: document, type: 'Thing' }),
      )
      const onLedger = await node.ledger.schemas.get(nameOf(schemaId))
      assert.ok(onLedger)
      const opened = openSchema({ schemaId, content: onLedger.content, digest: onLedger.digest })
      assert.deepEqual(opened.contexts[0]?.document, document)
      assert.deepEqual(opened.validateClaims({ a: 'x', b: 1 }), [])
      assert.deepEqual(opened.validateClaims({ id: 'did:x' })[0]?.pointer, '/claims/id')
    })

    it('stand by URL and digest when this node has them', async () => {
      const context = 'https://www.w3.org/ns/did/v1'
      const { schemaId } = await registerSchema(
        deps,
        schema({ jsonSchema: open, context: [context, document] }),
      )
      const { contexts } = await getSchema(deps, { id: schemaId })
      assert.equal(contexts[0]?.url, context)
      assert.equal(contexts[0]?.digest, sriDigest(jcsBytes(deps.bundledContexts.get(context) ?? {})))
      assert.equal(contexts.length, 2)
    })

    it('are refused when they would have to be fetched, or do not define the type', async () => {
      const refused = (context: NewSchema['context'], more: Partial<NewSchema> = {}) =>
        violationsOf(schema({ jsonSchema: open, type: 'Thing', context, ...more }))
      assert.deepEqual(await refused('https://example.org/context'), ['/context'])
      assert.deepEqual(await refused({ '@context': 'https://example.org/context' }), [
        '/context/@context',
        '/context',
      ])
      assert.deepEqual(
        await refused([
          { '@context': { Thing: { '@id': 'https://e.org/T', '@context': ['https://e.org/c'] } } },
        ]),
        ['/context/0/@context/Thing/@context/0'],
      )
      assert.deepEqual(
        await refused({ '@context': { '@import': 'https://e.org', Thing: 'https://e.org/T' } }),
        ['/context/@context/@import'],
      )
      assert.deepEqual(await refused({ '@context': {}, more: 1 }), ['/context', '/context'])
      assert.deepEqual(await refused(document, { type: 'Other' }), ['/context'])
      const withId = { properties: { id: { type: 'string' } }, additionalProperties: true }
      assert.deepEqual(await refused(document, { jsonSchema: withId }), ['/jsonSchema/properties/id'])
    })
  })

  it('deactivates a schema once', async () => {
    const { schemaId } = await registerSchema(deps, schema({ alias: 'ended' }))
    await deactivateSchema(deps, { schemaId: 'ended' })
    assert.equal((await getSchema(deps, { id: schemaId })).active, false)
    assert.equal((await deps.schemas.get(schemaId))?.active, false)
    await assert.rejects(deactivateSchema(deps, { schemaId }), { code: 'SCHEMA_DEACTIVATED' })
  })

  it('allows issuers to use a restricted schema, and no longer', async () => {
    const { schemaId } = await registerSchema(deps, schema({ restricted: true }))
    const other = (await createDid(deps, { method: 'ethr' })).did
    const isAllowed = async () => {
      const onLedger = await node.ledger.schemas.get(nameOf(schemaId))
      return node.ledger.schemas.isAllowed(onLedger?.key ?? '0x', node.ledger.identityOf(other) as Address)
    }
    assert.equal(await isAllowed(), false)
    await allowIssuers(deps, { schemaId, issuerDids: [other], allowed: true })
    assert.equal(await isAllowed(), true)
    await allowIssuers(deps, { schemaId, issuerDids: [other], allowed: false })
    assert.equal(await isAllowed(), false)
    const wrong = { schemaId, issuerDids: [other, 'did:web:example.org'], allowed: true }
    await assert.rejects(allowIssuers(deps, wrong), (error: IssuerError) => {
      return error.code === 'MALFORMED_REQUEST' && error.violations[0]?.pointer === '/issuerDids/1'
    })
    const open = (await registerSchema(deps, schema())).schemaId
    const allowed = allowIssuers(deps, { schemaId: open, issuerDids: [other], allowed: true })
    await assert.rejects(allowed, { code: 'MALFORMED_REQUEST' })
  })

  it('registers the built-in schemas once, in one transaction', async () => {
    const nodeDid = await requireNodeDid(deps)
    const ids = await registerBuiltInSchemas(deps, { nodeDid })
    assert.deepEqual(await registerBuiltInSchemas(deps, { nodeDid }), ids)
    const views = await Promise.all(builtInSchemas.map(({ alias }) => getSchema(deps, { id: alias })))
    assert.deepEqual(
      views.map(({ schemaId }) => schemaId),
      ids,
    )
    assert.deepEqual(
      views.map(({ type }) => type),
      builtInSchemas.map(({ type }) => type),
    )
    const hashes = await Promise.all(ids.map(async (id) => (await deps.schemas.get(id))?.transactionHash))
    assert.equal(new Set(hashes).size, 1)
    const receipt = await node.ledger.receipt(hashes[0] as `0x${string}`)
    assert.ok((receipt?.gasUsed ?? 0n) < 8_000_000n, String(receipt?.gasUsed))
  })

  describe('list', () => {
    it('lists schemas in pages, newest first', async () => {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await deps.schemas.list({ tenantId: 'default', limit: 4, cursor, issuerDid })
        seen.push(...page.items.map(({ schemaId }) => schemaId))
        cursor = page.nextCursor ?? undefined
      } while (cursor)
      assert.equal(new Set(seen).size, seen.length)
      assert.ok(seen.length > 8)
    })
  })
})
