import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { parseCredentialDefinition } from '../../../../node/anoncreds/anoncreds.ts'
import { jcsBytes } from '../../../../node/schemas/digest.ts'
import { type AnonCredsParties, openAnonCredsParties } from '../../../anoncreds.ts'
import { longestTurn } from '../../../event-loop.ts'
import { startNode, type TestNode } from '../../../node.ts'

const base = '/api/v1/anoncreds'
const at = (kind: string, id: string) => `${base}/${kind}/${encodeURIComponent(id)}`
const digestOf = (value: unknown) =>
  `0x${createHash('sha256')
    .update(jcsBytes(value as never))
    .digest('hex')}`

describe('AnonCreds schemas and definitions over HTTP', () => {
  let node: TestNode
  let issuerDid: string
  let parties: AnonCredsParties
  let schemaId: string

  const issuerOf = async () =>
    (await node.call('POST', '/api/v1/dids', { body: { method: 'ethr', keys: ['Ed25519'] } })).body.did
  const register = (body: object) => node.call('POST', `${base}/schemas`, { body })
  const order = (body: object) => node.call('POST', `${base}/cred-defs`, { body })
  const keyOf = async (scopes: string[], issuerDids: '*' | string[] = '*') =>
    (await node.call('POST', '/api/v1/api-keys', { body: { name: 'test', scopes, issuerDids } })).body.key

  before(async function () {
    this.timeout(60_000)
    node = await startNode()
    parties = await openAnonCredsParties(node)
    issuerDid = await issuerOf()
    const { body, status } = await register({
      issuerDid,
      name: 'person',
      version: '1.0',
      attrNames: ['name', 'age'],
    })
    assert.equal(status, 201)
    schemaId = body.schemaId
  })
  after(async () => {
    await parties.close()
    await node.close()
  })

  describe('a schema', () => {
    it('is on the ledger under its id, with its digest, for anybody', async () => {
      assert.equal(schemaId, `${issuerDid}/anoncreds/v0/SCHEMA/person/1.0`)
      const { status, body } = await node.call('GET', at('schemas', schemaId), { key: null })
      assert.equal(status, 200)
      const schema = { issuerId: issuerDid, name: 'person', version: '1.0', attrNames: ['name', 'age'] }
      assert.deepEqual(body.schema, schema)
      assert.equal(body.digest, digestOf(schema))
      assert.equal(body.active, true)
      const { items } = (await node.call('GET', `${base}/schemas`)).body
      assert.deepEqual(
        items.map((item: { schemaId: string }) => item.schemaId),
        [schemaId],
      )
    })

    it('never changes', async () => {
      const again = await register({ issuerDid, name: 'person', version: '1.0', attrNames: ['name'] })
      assert.equal(again.body.code, 'SCHEMA_ALREADY_EXISTS')
      const same = await register({ issuerDid, name: 'person', version: '1.0', attrNames: ['name', 'age'] })
      assert.equal(same.body.code, 'SCHEMA_ALREADY_EXISTS')
    })

    it('has names that fit into ids, and attributes that do not collide', async () => {
      const bad = await register({ issuerDid, name: 'a/b', version: '1:0', attrNames: ['x'] })
      assert.equal(bad.status, 400)
      assert.deepEqual(
        bad.body.errors.map(({ pointer }: { pointer: string }) => pointer),
        ['/name', '/version'],
      )
      const collide = await register({
        issuerDid,
        name: 'c',
        version: '1',
        attrNames: ['First Name', 'firstname'],
      })
      assert.equal(collide.status, 400)
      const secret = await register({ issuerDid, name: 'c', version: '1', attrNames: ['master_secret'] })
      assert.equal(secret.status, 400)
    })

    it('may have a space in its name, which its id writes as a URI does', async () => {
      const { body } = await register({ issuerDid, name: 'a person', version: '1.0', attrNames: ['name'] })
      assert.equal(body.schemaId, `${issuerDid}/anoncreds/v0/SCHEMA/a%20person/1.0`)
      assert.equal((await node.call('GET', at('schemas', body.schemaId))).body.schema.name, 'a person')
    })

    it('is none of another issuer, and found under no other id', async () => {
      const strange = await register({ issuerDid: 'did:key:z6Mk', name: 'x', version: '1', attrNames: ['x'] })
      assert.equal(strange.body.code, 'ISSUER_NOT_FOUND')
      for (const id of [
        `${issuerDid}/anoncreds/v0/SCHEMA/person/2.0`,
        `${issuerDid}/schema/person/1.0`,
        schemaId.replace('person', 'p%65rson'),
        schemaId.replace('0x7a69', '0x1'),
        'person',
      ])
        assert.equal((await node.call('GET', at('schemas', id))).body.code, 'SCHEMA_NOT_FOUND', id)
    })

    it('needs a key with the scope, bound to the issuer', async () => {
      const body = { issuerDid, name: 'x', version: '1', attrNames: ['x'] }
      const call = async (key: string | null) =>
        (await node.call('POST', `${base}/schemas`, { body, key })).body.code
      assert.equal(await call(null), 'UNAUTHORIZED')
      assert.equal(await call(await keyOf(['schemas:write'])), 'FORBIDDEN')
      assert.equal(await call(await keyOf(['anoncreds:write'], [await issuerOf()])), 'FORBIDDEN')
    })
  })

  describe('a definition', () => {
    it('is made with a key of its own while others are served, and is on the ledger before it is offered', async function () {
      this.timeout(300_000)
      const ordered = await order({ issuerDid, schemaId, tag: 'real' })
      assert.equal(ordered.status, 202, JSON.stringify(ordered.body))
      const { credDefId } = ordered.body
      assert.equal(credDefId, `${issuerDid}/anoncreds/v0/CLAIM_DEF/${issuerDid}:person:1.0/real`)
      assert.equal(ordered.headers.get('location'), at('cred-defs', credDefId))
      assert.equal(ordered.body.state, 'generating')
      const offer = parties.issuer.createOffer({ tenantId: 'default', credDefId })
      await assert.rejects(offer, { code: 'CREDENTIAL_DEFINITION_PENDING' })
      assert.equal((await order({ issuerDid, schemaId, tag: 'real' })).status, 202)
      const anonymous = await node.call('GET', at('cred-defs', credDefId), { key: null })
      assert.equal(anonymous.body.code, 'CREDENTIAL_DEFINITION_NOT_FOUND')
      const { result: seen, milliseconds } = await longestTurn(async () => {
        const states: { state: string; primes: number; credentialDefinition: unknown }[] = []
        for (;;) {
          const { body } = await node.call('GET', at('cred-defs', credDefId))
          states.push(body)
          if (body.state === 'registered') return states
          assert.equal(body.credentialDefinition, null)
          await new Promise((resolve) => setTimeout(resolve, 20))
        }
      })
      assert.ok(milliseconds < 50, `the event loop stood still for ${milliseconds.toFixed()} ms`)
      assert.ok(seen.some(({ state, primes }) => state === 'generating' && primes === 1))
      const { body } = await node.call('GET', at('cred-defs', credDefId), { key: null })
      const definition = parseCredentialDefinition(body.credentialDefinition)
      assert.deepEqual(Object.keys(definition.value.primary.r), ['age', 'master_secret', 'name'])
      assert.equal(body.digest, digestOf(body.credentialDefinition))
      assert.equal(BigInt(definition.value.primary.n).toString(2).length, 2050)
      assert.equal((await parties.issuer.createOffer({ tenantId: 'default', credDefId })).schema_id, schemaId)
      assert.equal(
        (await order({ issuerDid, schemaId, tag: 'real' })).body.code,
        'CREDENTIAL_DEFINITION_ALREADY_EXISTS',
      )
    })

    it('is not revocable here, and says why', async () => {
      for (const asked of [{ isRevocable: true }, { support_revocation: true }]) {
        const { status, body } = await order({ issuerDid, schemaId, tag: 'revocable', ...asked })
        assert.equal(status, 422)
        assert.equal(body.code, 'REVOCATION_UNSUPPORTED')
        assert.match(body.detail, /CL_ACCUM.*anoncreds-nodejs.*not installed/)
      }
      const { items } = (await node.call('GET', `${base}/cred-defs`)).body
      assert.ok(!items.some(({ tag }: { tag: string }) => tag === 'revocable'))
    })

    it('is refused at once where the ledger would refuse it', async () => {
      const unknown = await order({ issuerDid, schemaId: `${schemaId}1` })
      assert.equal(unknown.body.code, 'SCHEMA_NOT_FOUND')
      const foreign = await order({
        issuerDid: 'did:ethr:0x7a69:0x1111111111111111111111111111111111111111',
        schemaId,
      })
      assert.equal(foreign.body.code, 'ISSUER_NOT_FOUND')
      assert.equal((await order({ issuerDid, schemaId, tag: 'a:b' })).status, 400)
      const ended = (await register({ issuerDid, name: 'ended', version: '1', attrNames: ['x'] })).body
        .schemaId
      const { status } = await node.call('POST', `${at('schemas', ended)}/deactivate`)
      assert.equal(status, 200)
      assert.equal((await order({ issuerDid, schemaId: ended })).body.code, 'SCHEMA_DEACTIVATED')
      assert.equal((await node.call('GET', at('schemas', ended))).body.active, false)
    })

    it('may be of another issuer than its schema', async () => {
      const other = await issuerOf()
      const credDefId = await parties.define({ issuerDid: other, schemaId, tag: 'other' })
      assert.equal(credDefId, `${other}/anoncreds/v0/CLAIM_DEF/${issuerDid}:person:1.0/other`)
      const { body } = await node.call('GET', at('cred-defs', credDefId), { key: null })
      assert.equal(body.issuerDid, other)
      assert.equal(body.schemaId, schemaId)
    })

    it('ends new offers and credentials when it is deactivated, not resolution', async () => {
      const credDefId = await parties.define({ issuerDid, schemaId, tag: 'ended' })
      const offer = await parties.issuer.createOffer({ tenantId: 'default', credDefId })
      const { request } = await parties.holder.createRequest({ tenantId: 'default', offer })
      assert.equal((await node.call('POST', `${at('cred-defs', credDefId)}/deactivate`)).status, 200)
      const refused = { code: 'CREDENTIAL_DEFINITION_DEACTIVATED' }
      await assert.rejects(parties.issuer.createOffer({ tenantId: 'default', credDefId }), refused)
      const values = { name: 'Ada', age: '36' }
      const late = parties.issuer.createCredential({ tenantId: 'default', offer, request, values })
      await assert.rejects(late, refused)
      const { status, body } = await node.call('GET', at('cred-defs', credDefId), { key: null })
      assert.equal(status, 200)
      assert.equal(body.active, false)
      const again = await node.call('POST', `${at('cred-defs', credDefId)}/deactivate`)
      assert.equal(again.body.code, 'CREDENTIAL_DEFINITION_DEACTIVATED')
    })

    it('is nobody else’s: another tenant neither sees nor uses it', async () => {
      const credDefId = await parties.define({ issuerDid, schemaId, tag: 'mine' })
      const offer = parties.issuer.createOffer({ tenantId: 'other', credDefId })
      await assert.rejects(offer, { code: 'CREDENTIAL_DEFINITION_NOT_FOUND' })
    })
  })
})
