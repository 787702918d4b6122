import assert from 'node:assert/strict'
import { inThread } from '../../../node/threads/in-thread.ts'
import { longestTurn } from '../../event-loop.ts'
import { definitionId, issuerId, offerOf, openIssuer, reference, schemaId } from './party.ts'

const names = Array.from({ length: 10 }, (_, i) => (i === 0 ? 'age' : `attribute ${i}`))
const values = Object.fromEntries(names.map((name) => [name, name === 'age' ? '36' : `the value of ${name}`]))
const bytes = (value: unknown) => new TextEncoder().encode(JSON.stringify(value))
const linkSecret = () => bytes('12345678901234567890')
/** What is promised of an event loop that serves others meanwhile. */
const longest = 50

describe('AnonCreds in threads', () => {
  let issuer: Awaited<ReturnType<typeof openIssuer>>

  before(async () => {
    issuer = await openIssuer(names)
  })

  /** One credential from its offer to the wallet. */
  async function issueInThreads() {
    const { schema, credentialDefinition } = issuer
    const offer = offerOf(issuer)
    const { request, metadata } = await inThread('anoncreds', 'createRequest', {
      ...{ offer, schema, credentialDefinition, linkSecret: linkSecret(), linkSecretName: 'default' },
    })
    const credential = await inThread('anoncreds', 'createCredential', {
      ...{ credentialDefinition, privateKey: bytes(issuer.privateKey), offer, request, values },
    })
    return inThread('anoncreds', 'processCredential', {
      ...{ credential, credentialDefinition, request, metadata, linkSecret: linkSecret() },
    })
  }

  it('issue, present and verify, several at a time, and leave the event loop free', async function () {
    this.timeout(60_000)
    const { schema, credentialDefinition } = issuer
    const request = {
      ...{ name: 'test', version: '1.0', nonce: '42' },
      requested_attributes: { one: { name: 'attribute 1' } },
      requested_predicates: { adult: { name: 'age', p_type: '>=', p_value: 18 } },
    }
    // threads load what they run, once, and so does this one
    await issueInThreads()
    const { result, milliseconds } = await longestTurn(async () => {
      const [credential] = await Promise.all([issueInThreads(), issueInThreads()])
      const presentation = await inThread('anoncreds', 'createPresentation', {
        ...{ request, linkSecret: linkSecret(), selfAttested: {} },
        credentials: [
          {
            ...{ credential, credentialDefinition, predicates: ['adult'] },
            attributes: { one: { revealed: true } },
          },
        ],
      })
      return inThread('anoncreds', 'verifyPresentation', {
        ...{ presentation, request, schemas: { [schemaId]: schema } },
        credentialDefinitions: { [definitionId]: credentialDefinition },
      })
    })
    assert.deepEqual(result.verdict, { verified: true })
    assert.ok(milliseconds < longest, `the event loop stood still for ${milliseconds.toFixed()} ms`)
  })

  it('make definitions of many attributes, and leave the event loop free', async function () {
    this.timeout(60_000)
    const attrNames = Array.from({ length: 60 }, (_, i) => `attribute ${i}`)
    const schema = { issuerId, name: 'person', version: '2.0', attrNames }
    const { privateKey } = reference.cases[0].prepared
    const { result, milliseconds } = await longestTurn(() =>
      inThread('anoncreds', 'createDefinition', {
        ...{ schema, schemaId, issuerId, tag: 'default', privateKey: bytes(privateKey) },
      }),
    )
    assert.equal(Object.keys(result.credentialDefinition.value.primary.r).length, 61)
    assert.ok(milliseconds < longest, `the event loop stood still for ${milliseconds.toFixed()} ms`)
  })

  it('tell nothing of a secret that cannot be read', async () => {
    const { schema, credentialDefinition } = issuer
    const offer = offerOf(issuer)
    for (const text of ['123456789012345 no JSON', '"0x123456789012345"']) {
      const asked = inThread('anoncreds', 'createRequest', {
        ...{ offer, schema, credentialDefinition, linkSecretName: 'default' },
        linkSecret: new TextEncoder().encode(text),
      })
      await assert.rejects(asked, (error: Error) => !/12345/.test(error.message + error.stack))
    }
  })

  it('overwrite the secrets that they were sent, not those of whoever sent them', async () => {
    const secret = linkSecret()
    const { schema, credentialDefinition } = issuer
    const offer = offerOf(issuer)
    await inThread('anoncreds', 'createRequest', {
      ...{ offer, schema, credentialDefinition, linkSecret: secret, linkSecretName: 'default' },
    })
    assert.deepEqual(secret, linkSecret())
  })
})
