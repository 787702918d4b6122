import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { IssuerError } from '../../../node/errors.ts'
import { createDefinitionKeys } from '../../../node/keys/definition-keys.ts'
import { createSecretBox } from '../../../node/keys/secret-box.ts'
import { parseCredentialDefinitionId } from '../../../node/ledger/anoncreds-id.ts'
import type { AnonCredsRegistrarDeps } from '../../../node/registrar/anoncreds/anoncreds-registrar.ts'
import { makeDefinitions } from '../../../node/registrar/anoncreds/make-definitions.ts'
import { orderDefinition } from '../../../node/registrar/anoncreds/order-definition.ts'
import {
  registerAnonCredsSchema,
  settleAnonCredsSchemas,
} from '../../../node/registrar/anoncreds/register-anoncreds-schema.ts'
import { probeRevocation } from '../../../node/registrar/anoncreds/revocation-support.ts'
import { createDid } from '../../../node/registrar/create-did.ts'
import { deactivateDid } from '../../../node/registrar/deactivate-did.ts'
import { createDefinitionStore, type DefinitionRow } from '../../../node/stores/anoncreds-definitions.ts'
import { createAnonCredsSchemaStore } from '../../../node/stores/anoncreds-schemas.ts'
import { createKeyTable } from '../../../node/stores/keys.ts'
import { definitionName, resolveAnonCredsSchema } from '../../../node/verification/anoncreds-resources.ts'
import { fixtureKeys } from '../../anoncreds.ts'
import { type NodeUnderTest, startNode } from './node-under-test.ts'

const tenantId = 'default'
const unreachable = () => new IssuerError('CHAIN_UNREACHABLE')

describe('AnonCreds of the registrar', () => {
  let node: NodeUnderTest
  let deps: AnonCredsRegistrarDeps
  let issuerDid: string
  let schemaId: string
  let keysMade = 0
  let number = 0

  before(async () => {
    node = await startNode()
    const now = () => new Date()
    const table = createKeyTable(node.database)
    deps = {
      ...{ ledger: node.ledger, dids: node.deps.dids, now, notify: () => undefined },
      schemas: createAnonCredsSchemaStore(node.database),
      definitions: createDefinitionStore(node.database),
      keys: createDefinitionKeys({ table, secrets: createSecretBox(randomBytes(32)), now }),
      generateKey: async (onPrime) => {
        keysMade += 1
        onPrime()
        onPrime()
        return fixtureKeys[keysMade % fixtureKeys.length] as (typeof fixtureKeys)[number]
      },
    }
    issuerDid = (await createDid(node.deps, { method: 'ethr' })).did
    schemaId = await register(issuerDid)
  })
  after(() => node?.close())

  async function register(did: string): Promise<string> {
    number += 1
    const named = { tenantId, issuerDid: did, name: 'person', version: `${number}.0` }
    return (await registerAnonCredsSchema(deps, { ...named, attrNames: ['name', 'age'] })).schemaId
  }
  const order = async (
    input: { issuerDid?: string; schemaId?: string; tenantId?: string } = {},
  ): Promise<string> => {
    number += 1
    const named = { issuerDid, schemaId, tag: `tag-${number}`, isRevocable: false, tenantId, ...input }
    return (await orderDefinition(deps, named)).credDefId
  }
  const run = (changed: Partial<AnonCredsRegistrarDeps> = {}, stopping = new AbortController()) =>
    makeDefinitions({ ...deps, ...changed, stopping: stopping.signal })
  const rowOf = async (id: string) => (await deps.definitions.get(id)) as DefinitionRow
  const onLedger = (id: string) => {
    const name = parseCredentialDefinitionId(id) as NonNullable<
      ReturnType<typeof parseCredentialDefinitionId>
    >
    return deps.ledger.definitions.get(definitionName(deps.ledger, name))
  }
  const keyRefs = async () =>
    (await node.database.selectFrom('keys').select('key_ref').where('type', '=', 'CL').execute()).map(
      ({ key_ref }) => key_ref,
    )
  const eventsOf = async (subject: string) =>
    (await node.database.selectFrom('events').select('type').where('subject', '=', subject).execute()).map(
      ({ type }) => type,
    )
  const writing = (registerBatch: AnonCredsRegistrarDeps['ledger']['definitions']['registerBatch']) => ({
    ledger: { ...deps.ledger, definitions: { ...deps.ledger.definitions, registerBatch } },
  })

  describe('makeDefinitions', () => {
    it('brings a definition onto the ledger with its key, and tells it once', async () => {
      const id = await order()
      assert.equal(await run(), 1)
      const row = await rowOf(id)
      assert.equal(row.state, 'registered')
      assert.equal(row.primes, 2)
      assert.equal((await onLedger(id))?.digest, row.digest)
      assert.ok((await keyRefs()).includes(row.key_ref as string))
      assert.match(row.transaction_hash as string, /^0x/)
      assert.equal(await run(), 0)
      assert.deepEqual(await eventsOf(id), ['definition.registered'])
    })

    it('makes those of several tenants in turn, and what is ordered meanwhile with them', async () => {
      const own = [await order(), await order(), await order()]
      const others = [await order({ tenantId: 'b' })]
      const made: string[] = []
      const generateKey: AnonCredsRegistrarDeps['generateKey'] = async (onPrime) => {
        if (made.length === 1) others.push(await order({ tenantId: 'c' }))
        return deps.generateKey(onPrime)
      }
      const { definitions } = deps
      const markRegistered: typeof definitions.markRegistered = (id, event) => {
        made.push(id)
        return definitions.markRegistered(id, event)
      }
      assert.equal(await run({ generateKey, definitions: { ...definitions, markRegistered } }), 5)
      assert.deepEqual(made, [own[0], others[0], own[1], others[1], own[2]])
    })

    it('keeps nothing when it is stopped while a key is made, and makes another one then', async () => {
      const [id, before] = [await order(), await keyRefs()]
      const stopping = new AbortController()
      const generateKey = (onPrime: () => void) => {
        onPrime()
        setImmediate(() => stopping.abort())
        return new Promise<never>(() => undefined)
      }
      await run({ generateKey }, stopping)
      assert.equal((await rowOf(id)).state, 'generating')
      assert.deepEqual(await keyRefs(), before)
      await run()
      assert.equal((await rowOf(id)).state, 'registered')
    })

    it('takes a definition that is made up again, with the key that it has', async () => {
      const [id, made] = [await order(), keysMade]
      await assert.rejects(run(writing(() => Promise.reject(unreachable()))), { code: 'CHAIN_UNREACHABLE' })
      const { state, digest, key_ref } = await rowOf(id)
      assert.equal(state, 'made')
      assert.equal(await onLedger(id), undefined)
      await run()
      const row = await rowOf(id)
      assert.deepEqual([row.state, row.digest, row.key_ref], ['registered', digest, key_ref])
      assert.equal((await onLedger(id))?.digest, digest)
      assert.equal(keysMade, made + 1)
    })

    it('finds what an attempt before has written, and writes it no second time', async () => {
      const id = await order()
      const lost = writing(async (inputs, options) => {
        await deps.ledger.definitions.registerBatch(inputs, options)
        throw unreachable()
      })
      await assert.rejects(run(lost), { code: 'CHAIN_UNREACHABLE' })
      let sent = 0
      await run(
        writing((...input) => {
          sent += 1
          return deps.ledger.definitions.registerBatch(...input)
        }),
      )
      assert.equal(sent, 0)
      assert.equal((await rowOf(id)).state, 'registered')
    })

    it('finds what was mined while it tried again', async () => {
      const id = await order()
      let calls = 0
      // the first look sees nothing, then the transaction of an attempt before is mined, and the ledger refuses ours
      const get: AnonCredsRegistrarDeps['ledger']['definitions']['get'] = async (name) => {
        calls += 1
        if (calls > 1) return deps.ledger.definitions.get(name)
        const { content } = await rowOf(id)
        const bytes = new TextEncoder().encode(content as string)
        await deps.ledger.definitions.registerBatch([{ ...name, content: bytes }])
        return undefined
      }
      await run({ ledger: { ...deps.ledger, definitions: { ...deps.ledger.definitions, get } } })
      assert.equal((await rowOf(id)).state, 'registered')
      assert.equal(calls, 2)
    })

    it('fails for good when another definition has that id, and keeps no key of it', async () => {
      const [id, before] = [await order(), await keyRefs()]
      const name = parseCredentialDefinitionId(id) as NonNullable<
        ReturnType<typeof parseCredentialDefinitionId>
      >
      const content = new TextEncoder().encode('{}')
      await deps.ledger.definitions.registerBatch([{ ...definitionName(deps.ledger, name), content }])
      await run()
      const row = await rowOf(id)
      assert.deepEqual([row.state, row.reason], ['failed', 'CREDENTIAL_DEFINITION_ALREADY_EXISTS'])
      assert.deepEqual([row.key_ref, row.content, row.digest], [null, null, null])
      assert.deepEqual(await keyRefs(), before)
      assert.deepEqual(await eventsOf(id), ['definition.failed'])
    })

    it('fails for good what the ledger refuses, and goes on with the others', async () => {
      const { did } = await createDid(node.deps, { method: 'ethr' })
      const refused = await order({ issuerDid: did })
      const other = await order()
      await deactivateDid(node.deps, { did })
      await run()
      assert.deepEqual(
        [(await rowOf(refused)).state, (await rowOf(refused)).reason],
        ['failed', 'TRANSACTION_REVERTED'],
      )
      assert.equal((await rowOf(other)).state, 'registered')
    })
  })

  it('takes so many orders of a tenant, and no more, until they are done', async () => {
    for (let i = 0; i < 16; i += 1) await order()
    await assert.rejects(order(), { code: 'NODE_BUSY' })
    assert.equal(await deps.definitions.countUnfinished('other'), 0)
    await node.database.deleteFrom('anoncreds_definitions').where('state', '=', 'generating').execute()
  })

  describe('schemas', () => {
    const failing = (when: 'before' | 'mined'): AnonCredsRegistrarDeps => ({
      ...deps,
      ledger: {
        ...deps.ledger,
        schemas: {
          ...deps.ledger.schemas,
          registerBatch: async (inputs, options) => {
            if (when === 'mined') await deps.ledger.schemas.registerBatch(inputs, options)
            throw unreachable()
          },
        },
      },
    })
    const named = (version: string) => ({
      ...{ tenantId, issuerDid, name: 'lost', version, attrNames: ['x'] },
    })
    const idOf = (version: string) => `${issuerDid}/anoncreds/v0/SCHEMA/lost/${version}`

    it('are registered once by two calls at a time, as the one that the ledger took', async () => {
      const calls = ['x', 'y'].map((attribute) =>
        registerAnonCredsSchema(deps, { ...named('0'), attrNames: [attribute] }).then(
          ({ digest }) => digest,
          (error: IssuerError) => error.code,
        ),
      )
      const told = await Promise.all(calls)
      const row = await deps.schemas.get(idOf('0'))
      assert.deepEqual([...told].sort(), [row?.digest, 'SCHEMA_ALREADY_EXISTS'])
      assert.equal(row?.state, 'registered')
      const { schema, head } = await resolveAnonCredsSchema(deps.ledger, idOf('0'))
      assert.deepEqual([head.digest, schema], [row?.digest, JSON.parse(row?.content as string)])
      assert.deepEqual(await eventsOf(idOf('0')), ['schema.registered'])
    })

    it('leave nothing behind when their transaction was never signed', async () => {
      await assert.rejects(registerAnonCredsSchema(failing('before'), named('1')), {
        code: 'CHAIN_UNREACHABLE',
      })
      assert.equal(await deps.schemas.get(idOf('1')), undefined)
    })

    it('are found by the same call again, or by the job, when their answer was lost', async () => {
      for (const version of ['2', '3'])
        await assert.rejects(registerAnonCredsSchema(failing('mined'), named(version)), {
          code: 'CHAIN_UNREACHABLE',
        })
      const again = await registerAnonCredsSchema(deps, named('2'))
      assert.equal(again.schemaId, idOf('2'))
      assert.equal(await settleAnonCredsSchemas(deps), 1)
      for (const version of ['2', '3']) {
        assert.equal((await deps.schemas.get(idOf(version)))?.state, 'registered')
        assert.deepEqual(await eventsOf(idOf(version)), ['schema.registered'])
      }
    })
  })

  describe('probeRevocation', () => {
    it('says what is missing, and does not pretend when the library is there', async () => {
      const without = await probeRevocation(() => Promise.reject(new Error('Cannot find package')))
      assert.equal(without.installed, false)
      assert.match(without.reason, /anoncreds-nodejs, which has them, is not installed/)
      const present = await probeRevocation(async () => ({ RevocationRegistryDefinition: class {} }))
      assert.equal(present.installed, true)
      assert.match(present.reason, /is installed, but this version of the node does not use it/)
    })
  })
})
