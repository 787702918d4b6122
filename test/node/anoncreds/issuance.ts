import assert from 'node:assert/strict'
import {
  createCredential,
  createCredentialDefinition,
  createCredentialOffer,
  createCredentialRequest,
  createLinkSecret,
  parseCredential,
  parseCredentialDefinition,
  parseCredentialOffer,
  parseCredentialRequest,
  parsePrivateKey,
  parseSchema,
  processCredential,
} from '../../../node/anoncreds/anoncreds.ts'
import { openIssuerGroup } from '../../../node/anoncreds/issuer-key.ts'
import { type Issuer, issue, issuerId, offerOf, openIssuer, schemaId, withCode } from './party.ts'

const values = { Name: 'Ada', 'birth Date': '18151210' }

/** Adds to a decimal of a copy. */
function shifted<T>(document: T, path: string, by: bigint): T {
  const copy = structuredClone(document)
  const parts = path.split('/')
  const last = parts.pop() as string
  const parent = parts.reduce((node, part) => node[part] as never, copy as Record<string, unknown>)
  parent[last] = String(BigInt(parent[last] as string) + by)
  return copy
}

describe('AnonCreds issuance', () => {
  let issuer: Issuer
  let order: bigint
  let linkSecret: string

  const requestFor = (offer = offerOf(issuer)) =>
    createCredentialRequest({ ...issuer, offer, linkSecret: createLinkSecret() })
  const sign = (offer: ReturnType<typeof offerOf>, request: unknown) =>
    createCredential({ ...issuer, offer, request: parseCredentialRequest(request), values })

  before(async () => {
    issuer = await openIssuer(Object.keys(values))
    ;({ order } = openIssuerGroup(issuer.privateKey))
    linkSecret = createLinkSecret()
  })

  it('makes keys with progress, and issues with them', async () => {
    const steps: string[] = []
    const made = await createCredentialDefinition({
      ...{ schema: issuer.schema, schemaId, issuerId, tag: 'default' },
      onProgress: (step) => steps.push(step),
    })
    assert.deepEqual(steps, ['first-prime', 'second-prime', 'key'])
    const { stored } = issue({ schema: issuer.schema, ...made }, values)
    assert.deepEqual(stored.values.Name?.raw, 'Ada')
    const bits = BigInt(made.credentialDefinition.value.primary.n).toString(2).length
    assert.ok(bits >= 2049 && bits <= 2050)
  })

  it('keeps the JSON of every message as the specification has it', () => {
    const { offer, request, credential } = issue(issuer, values, linkSecret)
    assert.deepEqual(parseCredentialOffer(JSON.parse(JSON.stringify(offer))), offer)
    assert.deepEqual(parseCredentialRequest(JSON.parse(JSON.stringify(request))), request)
    assert.deepEqual(parseCredential(JSON.parse(JSON.stringify(credential))), credential)
    assert.deepEqual(Object.keys(issuer.credentialDefinition), [
      'schemaId',
      'type',
      'tag',
      'value',
      'issuerId',
    ])
    assert.deepEqual(credential.values['birth Date'], { raw: '18151210', encoded: '18151210' })
  })

  describe('a holder', () => {
    it('asks for nothing from a key that is not proven', () => {
      const offer = offerOf(issuer)
      for (const path of ['c', 'xz_cap', 'xr_cap/0/1', 'xr_cap/2/1']) {
        const altered = shifted(offer, `key_correctness_proof/${path}`, 1n)
        assert.throws(() => requestFor(altered), withCode('ANONCREDS_PROOF_INVALID'), path)
      }
      // equal modulo the order of the group, and too long to be honest
      const long = shifted(offer, 'key_correctness_proof/xz_cap', order << 400n)
      assert.throws(() => requestFor(long), withCode('ANONCREDS_PROOF_INVALID'))
    })

    it('asks for nothing when the proof leaves out the link secret, or names an attribute twice', () => {
      const offer = offerOf(issuer)
      const caps = offer.key_correctness_proof.xr_cap
      for (const xr_cap of [caps.filter(([name]) => name !== 'master_secret'), [...caps, caps[0]!]]) {
        const altered = { ...offer, key_correctness_proof: { ...offer.key_correctness_proof, xr_cap } }
        assert.throws(() => requestFor(altered), withCode('ANONCREDS_PROOF_INVALID'))
      }
    })

    it('asks for nothing when a definition has other attributes than its schema', () => {
      const schema = { ...issuer.schema, attrNames: ['Name'] }
      const input = { ...issuer, schema, offer: offerOf(issuer), linkSecret }
      assert.throws(() => createCredentialRequest(input), withCode('MALFORMED_REQUEST'))
      const offer = { ...offerOf(issuer), schema_id: `${schemaId}.1` }
      assert.throws(() => requestFor(offer), withCode('MALFORMED_REQUEST'))
    })

    it('refuses definitions whose numbers are no key', () => {
      const { credentialDefinition } = issuer
      const { primary } = credentialDefinition.value
      const bad = [
        { ...primary, n: '15' },
        { ...primary, n: String(BigInt(primary.n) + 1n) },
        { ...primary, n: String(1n << 5000n) },
        { ...primary, s: '0' },
        { ...primary, z: primary.n },
        { ...primary, rctxt: '1' },
        { ...primary, r: { ...primary.r, name: '0' } },
        { ...primary, r: { name: primary.r.name as string } },
      ]
      for (const altered of bad) {
        const take = () => {
          const value = { primary: altered }
          const definition = parseCredentialDefinition({ ...credentialDefinition, value })
          const input = { ...issuer, credentialDefinition: definition, offer: offerOf(issuer), linkSecret }
          return createCredentialRequest(input)
        }
        assert.throws(take, withCode('MALFORMED_REQUEST'))
      }
    })

    it('reads the key of the link secret where older definitions have it', () => {
      const { credentialDefinition } = issuer
      const { master_secret, ...r } = credentialDefinition.value.primary.r
      const value = { primary: { ...credentialDefinition.value.primary, r, rms: master_secret } }
      const definition = parseCredentialDefinition({ ...credentialDefinition, value })
      const { stored } = issue({ ...issuer, credentialDefinition: definition }, values)
      assert.ok(stored)
    })

    it('stores no credential whose signature or proof of it does not hold', () => {
      const { credential, ...rest } = issue(issuer, values, linkSecret)
      const take = (altered: unknown) =>
        processCredential({ ...issuer, ...rest, linkSecret, credential: parseCredential(altered) })
      for (const path of ['a', 'e', 'v', 'm_2'])
        assert.throws(
          () => take(shifted(credential, `signature/p_credential/${path}`, 2n)),
          withCode('ANONCREDS_PROOF_INVALID'),
          path,
        )
      for (const path of ['se', 'c'])
        assert.throws(
          () => take(shifted(credential, `signature_correctness_proof/${path}`, 1n)),
          withCode('ANONCREDS_PROOF_INVALID'),
          path,
        )
      const outOfRange = [
        // the same modulo the order
        shifted(credential, 'signature/p_credential/v', order << 800n),
        shifted(credential, 'signature/p_credential/m_2', order),
        shifted(credential, 'signature_correctness_proof/se', order << 10n),
        shifted(credential, 'signature/p_credential/e', order),
      ]
      for (const altered of outOfRange)
        assert.throws(() => take(altered), withCode('ANONCREDS_PROOF_INVALID'))
    })

    it('stores no credential that is not the one it asked for', () => {
      const { credential, ...rest } = issue(issuer, values, linkSecret)
      const take = (changes: object, other: object = {}) =>
        processCredential({
          ...issuer,
          ...rest,
          linkSecret,
          ...other,
          credential: { ...credential, ...changes },
        })
      const { Name } = credential.values
      const wrong = [
        { cred_def_id: 'another' },
        { schema_id: 'another' },
        { values: { Name: Name! } },
        { values: { ...credential.values, extra: Name! } },
        { values: { ...credential.values, Name: { ...Name!, raw: 'Eve' } } },
        { values: { ...credential.values, Name: { raw: 'Eve', encoded: Name!.encoded } } },
      ]
      for (const changes of wrong) assert.throws(() => take(changes), withCode('ANONCREDS_PROOF_INVALID'))
      assert.throws(() => take({}, { linkSecret: createLinkSecret() }), withCode('ANONCREDS_PROOF_INVALID'))
      const another = issue(issuer, values, linkSecret)
      assert.throws(() => take({}, { metadata: another.metadata }), withCode('ANONCREDS_PROOF_INVALID'))
    })

    it('cannot be made to take a revocable credential for one that is not', () => {
      const { credential } = issue(issuer, values, linkSecret)
      assert.throws(
        () => parseCredential({ ...credential, rev_reg_id: 'registry' }),
        withCode('MALFORMED_REQUEST'),
      )
    })
  })

  describe('an issuer', () => {
    it('signs for nobody who does not know what is blinded', () => {
      const offer = offerOf(issuer)
      const { request } = requestFor(offer)
      const paths = [
        'blinded_ms/u',
        ...['c', 'v_dash_cap', 'm_caps/master_secret'].map((name) => `blinded_ms_correctness_proof/${name}`),
      ]
      for (const path of paths)
        assert.throws(
          () => sign(offer, shifted(request, path, 1n)),
          withCode('ANONCREDS_PROOF_INVALID'),
          path,
        )
      assert.ok(sign(offer, request))
    })

    it('refuses responses longer than honest ones', () => {
      const offer = offerOf(issuer)
      const { request } = requestFor(offer)
      for (const [path, by] of [
        ['v_dash_cap', order << 400n],
        ['m_caps/master_secret', order],
        ['c', order],
      ] as const)
        assert.throws(
          () => sign(offer, shifted(request, `blinded_ms_correctness_proof/${path}`, by)),
          withCode('ANONCREDS_PROOF_INVALID'),
          path,
        )
    })

    it('refuses a blinded link secret that is no unit', () => {
      const offer = offerOf(issuer)
      const { request } = requestFor(offer)
      const p = 2n * BigInt(issuer.privateKey.value.p_key.p) + 1n
      const { n } = issuer.credentialDefinition.value.primary
      for (const u of ['0', '1', n, String(p), String(BigInt(request.blinded_ms.u) + BigInt(n))]) {
        const altered = { ...request, blinded_ms: { ...request.blinded_ms, u } }
        assert.throws(() => sign(offer, altered), withCode('ANONCREDS_PROOF_INVALID'))
      }
    })

    it('takes no answer to another offer', () => {
      const { request } = requestFor()
      assert.throws(() => sign(offerOf(issuer), request), withCode('ANONCREDS_PROOF_INVALID'))
      const offer = offerOf(issuer)
      const other = { ...requestFor(offer).request, cred_def_id: 'another' }
      assert.throws(() => sign(offer, other), withCode('ANONCREDS_PROOF_INVALID'))
    })

    it('signs no hidden attribute but the link secret', () => {
      const { request } = requestFor()
      const { blinded_ms, blinded_ms_correctness_proof: proof } = request
      const bad: unknown[] = [
        { ...request, blinded_ms: { ...blinded_ms, hidden_attributes: ['master_secret', 'name'] } },
        { ...request, blinded_ms: { ...blinded_ms, hidden_attributes: ['name'] } },
        { ...request, blinded_ms: { ...blinded_ms, committed_attributes: { name: '1' } } },
        { ...request, blinded_ms_correctness_proof: { ...proof, m_caps: { ...proof.m_caps, name: '1' } } },
        { ...request, blinded_ms_correctness_proof: { ...proof, r_caps: { name: '1' } } },
        { ...request, prover_did: 'did:x' },
        { ...request, entropy: undefined },
        { ...request, nonce: '-1' },
        { ...request, nonce: '1'.repeat(40) },
        { ...request, blinded_ms: { ...blinded_ms, u: '1'.repeat(2000) } },
      ]
      for (const altered of bad)
        assert.throws(() => parseCredentialRequest(altered), withCode('MALFORMED_REQUEST'))
    })

    it('signs exactly the attributes of the schema', () => {
      const offer = offerOf(issuer)
      const { request } = requestFor(offer)
      const bad: Record<string, string>[] = [
        { Name: 'Ada' },
        { ...values, extra: 'x' },
        { ...values, master_secret: '1' },
        { ...values, NAME: 'x' },
        { ...values, Name: 5 as never },
        { ...values, Name: 'x'.repeat(70_000) },
      ]
      for (const altered of bad)
        assert.throws(
          () => createCredential({ ...issuer, offer, request, values: altered }),
          withCode('SCHEMA_VALIDATION_FAILED'),
        )
    })

    it('signs with no key of another definition', async () => {
      const offer = offerOf(issuer)
      const { request } = requestFor(offer)
      const [p, q] = [String(order), '7']
      const privateKey = parsePrivateKey({ value: { p_key: { p, q }, r_key: null } })
      assert.throws(
        () => createCredential({ ...issuer, privateKey, offer, request, values }),
        withCode('SIGNING_FAILED'),
      )
    })

    it('tells nothing of a private key in an error', () => {
      const secret = '123456789'
      try {
        parsePrivateKey({ value: { p_key: { p: secret, q: `${secret}x` } } })
        assert.fail('it was accepted')
      } catch (error) {
        assert.ok(!JSON.stringify([error, (error as Error).message]).includes(secret))
      }
    })
  })

  it('makes offers with fresh nonces of 80 bits', () => {
    const { keyCorrectnessProof } = issuer
    const nonces = Array.from(
      { length: 50 },
      () => createCredentialOffer({ schemaId, credentialDefinitionId: 'd', keyCorrectnessProof }).nonce,
    )
    assert.equal(new Set(nonces).size, 50)
    for (const nonce of nonces) assert.ok(BigInt(nonce) < 1n << 80n)
  })

  it('refuses schemas that are none', () => {
    const { schema } = issuer
    for (const bad of [
      { ...schema, attrNames: [] },
      { ...schema, attrNames: ['a', 'A'] },
      { ...schema, attrNames: Array.from({ length: 126 }, (_, i) => `a${i}`) },
      { ...schema, issuerId: '' },
      null,
    ])
      assert.throws(() => parseSchema(bad), withCode('MALFORMED_REQUEST'))
  })
})
