import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { parse } from 'did-resolver'
import { resolveDidJwk } from '../../../node/did/did-jwk.ts'

async function resolve(did: string) {
  const parsed = parse(did)
  assert(parsed)
  return resolveDidJwk(did, parsed, { resolve: () => assert.fail('did:jwk needs no other resolver') }, {})
}

const didOf = (jwk: unknown) => `did:jwk:${Buffer.from(JSON.stringify(jwk)).toString('base64url')}`

describe('did:jwk', () => {
  it('resolves the P-256 example of the specification', async () => {
    const did =
      'did:jwk:eyJjcnYiOiJQLTI1NiIsImt0eSI6IkVDIiwieCI6ImFjYklRaXVNczNpOF91c3pFakoydHBUdFJNNEVVM3l6OTFQSDZDZEgyVjAiLCJ5IjoiX0tjeUxqOXZXTXB0bm1LdG00NkdxRHo4d2Y3NEk1TEtncmwyR3pIM25TRSJ9'
    const id = `${did}#0`
    const { didDocument } = await resolve(did)
    assert.deepEqual(didDocument, {
      '@context': ['https://www.w3.org/ns/did/v1', 'https://w3id.org/security/suites/jws-2020/v1'],
      id: did,
      verificationMethod: [
        {
          id,
          type: 'JsonWebKey2020',
          controller: did,
          publicKeyJwk: {
            crv: 'P-256',
            kty: 'EC',
            x: 'acbIQiuMs3i8_uszEjJ2tpTtRM4EU3yz91PH6CdH2V0',
            y: '_KcyLj9vWMptnmKtm46GqDz8wf74I5LKgrl2GzH3nSE',
          },
        },
      ],
      assertionMethod: [id],
      authentication: [id],
      capabilityInvocation: [id],
      capabilityDelegation: [id],
      keyAgreement: [id],
    })
  })

  it('resolves the X25519 example of the specification for key agreement alone', async () => {
    const did =
      'did:jwk:eyJrdHkiOiJPS1AiLCJjcnYiOiJYMjU1MTkiLCJ1c2UiOiJlbmMiLCJ4IjoiM3A3YmZYdDl3YlRUVzJIQzdPUTFOei1EUThoYmVHZE5yZngtRkctSUswOCJ9'
    const { didDocument } = await resolve(did)
    assert.deepEqual(didDocument?.keyAgreement, [`${did}#0`])
    assert.equal(didDocument?.assertionMethod, undefined)
  })

  it('gives a key for signatures no key agreement', async () => {
    const jwk = generateKeyPairSync('ed25519').publicKey.export({ format: 'jwk' })
    const { didDocument } = await resolve(didOf({ ...jwk, use: 'sig' }))
    assert.equal(didDocument?.keyAgreement, undefined)
    assert.equal(didDocument?.assertionMethod?.length, 1)
  })

  it('refuses what is no public key', async () => {
    const { privateKey } = generateKeyPairSync('ed25519')
    const wrong = [{}, [], 'text', { kty: 'EC', crv: 'P-256', x: 'AA', y: 'AA' }, { kty: 'oct', k: 'AA' }]
    for (const jwk of [...wrong, privateKey.export({ format: 'jwk' })]) {
      assert.equal((await resolve(didOf(jwk))).didResolutionMetadata.error, 'invalidDid', JSON.stringify(jwk))
    }
    assert.equal((await resolve('did:jwk:e30.e30')).didResolutionMetadata.error, 'invalidDid')
  })
})
