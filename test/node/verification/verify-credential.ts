import assert from 'node:assert/strict'
import { IssuerError } from '../../../node/errors.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { KeyType } from '../../../node/keys/key-store.ts'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import type { Secured, W3cDataModel } from '../../../node/suites/suite.ts'
import type { VerificationOutcome } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, startChainProxy } from '../../chain-proxy.ts'
import { tamperedCopies } from '../suites/tampering.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers, type Wish } from './ledger-issuers.ts'

const variants: readonly { proofType: string; dataModel: W3cDataModel; keyType: KeyType }[] = [
  ...['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022'].flatMap((proofType) =>
    (['1.1', '2.0'] as const).map((dataModel) => ({ proofType, dataModel, keyType: 'Ed25519' as const })),
  ),
  ...(['Ed25519', 'P-256', 'secp256k1'] as const).map((keyType) => ({
    proofType: 'JwtProof2020',
    dataModel: '1.1' as const,
    keyType,
  })),
]

const statuses = ({ checks }: VerificationOutcome) =>
  Object.fromEntries(Object.entries(checks).map(([name, { status }]) => [name, status]))

const encode = (value: JsonObject) => Buffer.from(JSON.stringify(value)).toString('base64url')

/** Copies of a credential with one member changed, removed or added; of a token, in its payload or its header. */
function* copiesOf(secured: Secured): Generator<{ at: string; copy: Secured }> {
  if (typeof secured !== 'string') {
    for (const { at, document } of tamperedCopies(secured)) yield { at, copy: document }
    return
  }
  const parts = secured.split('.')
  for (const position of [0, 1]) {
    const part = JSON.parse(Buffer.from(parts[position] as string, 'base64url').toString()) as JsonObject
    for (const { at, document } of tamperedCopies(part)) {
      yield { at: `part ${position} ${at}`, copy: parts.with(position, encode(document)).join('.') }
    }
  }
}

describe('verifyCredential', () => {
  let chain: TestChain
  let proxy: ChainProxy
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    issuers = await openLedgerIssuers({ rpcUrl: proxy.url, registries: chain.registries })
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
    await issuers.openLists(issuer)
  })
  afterEach(() => proxy.behave(() => 'pass'))
  after(async () => {
    await issuers?.close()
    await proxy?.close()
    await chain?.close()
  })

  const sign = (wish: Partial<Wish> = {}) =>
    issuers.sign({
      issuer,
      schema,
      claims: degreeClaims,
      status: [{ purpose: 'revocation', index: 94_567 }],
      ...wish,
    })
  const verify = (credential: unknown, chain?: readonly unknown[]) =>
    verifyCredential(issuers.deps, { credential, ...(chain && { chain }) })

  for (const variant of variants) {
    const { proofType, dataModel, keyType } = variant
    describe(`${proofType}, data model ${dataModel}, ${keyType}`, () => {
      it('passes every check and says what it found', async () => {
        const id = 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479'
        const validFrom = new Date(Math.floor(Date.now() / 1000) * 1000 - 1_000)
        const validUntil = new Date(validFrom.getTime() + 86_400_000)
        const outcome = await verify(await sign({ ...variant, id, validFrom, validUntil }))
        const written = (date: Date) => date.toISOString().replace('.000', '')
        assert.deepEqual(outcome, {
          verified: true,
          credentialId: id,
          checks: {
            proof: {
              status: 'pass',
              type: proofType,
              verificationMethod: issuer.key(keyType).verificationMethod,
            },
            issuer: { status: 'pass', did: issuer.did, active: true },
            schema: { status: 'pass', schemaId: schema.id },
            expiration: {
              status: 'pass',
              validFrom: written(validFrom),
              expirationDate: written(validUntil),
            },
            revocation: {
              status: 'pass',
              revoked: false,
              suspended: false,
              statusListId: `${issuer.did}/status/revocation/1`,
              statusListIndex: 94_567,
            },
          },
        })
      })

      it('verifies no copy with any change', async () => {
        const secured = await sign(variant)
        let copies = 0
        for (const { at, copy } of copiesOf(secured)) {
          copies += 1
          const outcome = await verify(copy).catch((error) => {
            assert.ok(error instanceof IssuerError && error.code === 'MALFORMED_REQUEST', `${at}: ${error}`)
            return undefined
          })
          assert.notEqual(outcome?.verified, true, at)
          // Nothing else may be what stops it: a proof says something about every member.
          assert.notEqual(outcome?.checks.proof.status, 'pass', at)
        }
        assert.ok(copies > 60, `${copies} copies`)
      })
    })
  }

  it('passes a credential without status entry and without end', async () => {
    const outcome = await verify(await sign({ status: [], validUntil: null }))
    assert.equal(outcome.verified, true)
    assert.equal(outcome.checks.expiration.expirationDate, null)
    assert.equal(outcome.checks.revocation.statusListId, null)
  })

  it('refuses a credential signed by another issuer in the name of this one', async () => {
    const other = await issuers.createIssuer()
    const forged = await issuers.sign({
      issuer: { ...issuer, key: other.key },
      schema,
      claims: degreeClaims,
    })
    const { verified, checks } = await verify(forged)
    assert.equal(verified, false)
    assert.match(checks.proof.reason ?? '', /not controlled by the issuer/)
  })

  it('refuses a key that the issuer has revoked', async () => {
    const other = await issuers.createIssuer()
    const { signer } = other.key('Ed25519')
    const credential = await sign({ issuer: other, status: [] })
    assert.equal((await verify(credential)).verified, true)
    const value = Buffer.concat([Buffer.from('ed01', 'hex'), signer.publicKey])
    await other.change([{ kind: 'revokeAttribute', name: 'did/pub/Multikey/veriKey/base58', value }])
    const { verified, checks } = await verify(credential)
    assert.equal(verified, false)
    assert.equal(checks.proof.status, 'fail')
    assert.equal(checks.issuer.status, 'pass')
  })

  it('refuses a context that only another schema pins, although it was loaded before', async () => {
    const text = { type: 'string' }
    const jsonSchema = { type: 'object', properties: { granted: text, requested: text } }
    const grant = await issuers.registerSchema(issuer, { name: 'grant', type: 'GrantCredential', jsonSchema })

    // A stranger's schema, whose context gives the issuer's terms each other's names.
    const term = (name: string) => ({ '@id': `${grant.id}#${name}` })
    const terms = {
      granted: term('requested'),
      requested: term('granted'),
      GrantCredential: term('GrantCredential'),
    }
    const context = { '@context': { '@version': 1.1, '@protected': true, ...terms } }
    const stranger = await issuers.createIssuer()
    const swap = { name: 'swap', type: 'GrantCredential', jsonSchema, context }
    const swapped = await issuers.registerSchema(stranger, swap)

    for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
      const claims = { granted: '1', requested: '1000' }
      const own = { issuer: stranger, schema: swapped, claims, proofType, status: [] }
      assert.equal((await verify(await sign(own))).verified, true)

      const credential = (await sign({ schema: grant, claims, proofType, status: [] })) as JsonObject
      assert.equal((await verify(credential)).verified, true)
      const [url, other] = [grant, swapped].map(({ contexts }) => contexts[0]?.url as string)
      const forged = JSON.parse(JSON.stringify(credential).replaceAll(url as string, other as string))
      Object.assign(forged.credentialSubject, { granted: '1000', requested: '1' })
      const { verified, checks } = await verify(forged)
      assert.equal(verified, false, proofType)
      assert.equal(checks.proof.status, 'fail')
    }
  })

  it('calls everything that the ledger must say unknown while the chain does not answer, and never passes', async () => {
    for (const variant of variants) {
      const credential = await sign(variant)
      proxy.behave(() => 'lose request')
      const outcome = await verify(credential)
      proxy.behave(() => 'pass')
      assert.equal(outcome.verified, false)
      assert.deepEqual(
        statuses(outcome),
        { proof: 'unknown', issuer: 'unknown', schema: 'unknown', expiration: 'pass', revocation: 'unknown' },
        variant.proofType,
      )
      assert.equal(outcome.checks.issuer.active, null)
      assert.equal(outcome.checks.revocation.revoked, null)
    }
  })

  it('calls a credential neither good nor forged for what an endpoint cannot give or gives wrongly', async () => {
    const credential = await sign()
    const wrong: Record<string, readonly unknown[]> = {
      eth_call: [null, '0x', '0x1234', 'nothing', {}, [], 5],
      // no logs: they were pruned, or the endpoint lags behind
      eth_getLogs: [[], null, '0x', 'nothing', {}, 5],
      eth_getBlockByNumber: [null, '0x', 'nothing', {}, [], 5],
    }
    for (const [method, results] of Object.entries(wrong)) {
      for (const result of results) {
        proxy.behave(() => ({ falsify: (asked, honest) => (asked === method ? result : honest) }))
        const outcome = await verify(credential)
        proxy.behave(() => 'pass')
        const at = `${method} ${JSON.stringify(result)}: ${JSON.stringify(outcome.checks)}`
        assert.equal(outcome.verified, false, at)
        assert.ok(!Object.values(statuses(outcome)).includes('fail'), at)
      }
    }
    assert.equal((await verify(credential)).verified, true)
  })

  it('calls a credential unknown, not forged, when the chain stops answering in the middle', async () => {
    const credential = await sign()
    let left = 3
    proxy.behave(() => (left-- > 0 ? 'pass' : 'lose answer'))
    const outcome = await verify(credential)
    assert.equal(outcome.verified, false)
    assert.ok(!Object.values(statuses(outcome)).includes('fail'), JSON.stringify(outcome.checks))
  })

  describe('malformed input', () => {
    const refused = async (credential: unknown, chain?: readonly unknown[]) =>
      assert.rejects(
        verify(credential, chain),
        (error) =>
          error instanceof IssuerError && error.code === 'MALFORMED_REQUEST' && error.violations.length > 0,
        JSON.stringify(credential),
      )
    const changed = async (change: (document: Record<string, unknown>) => void) => {
      const document = structuredClone(await sign()) as Record<string, unknown>
      change(document)
      return document
    }

    it('refuses what is no credential of a supported format', async () => {
      const unsecured = await changed((document) => delete document.proof)
      for (const value of [null, 1, true, '', 'a.b.c', [], {}, { proof: {} }, unsecured]) await refused(value)
    })

    it('refuses a set of proofs that is none, and a proof that is none', async () => {
      const copies = (document: Record<string, unknown>) => Array.from({ length: 17 }, () => document.proof)
      await refused(await changed((document) => Object.assign(document, { proof: copies(document) })))
      await refused(await changed((document) => Object.assign(document, { proof: 'yes' })))
      await refused(await changed((document) => Object.assign(document, { proof: [] })))
    })

    it('refuses a credential of no known data model', async () => {
      await refused(
        await changed((document) => Object.assign(document, { '@context': ['https://example.org'] })),
      )
    })

    it('refuses members of the wrong type, and names them', async () => {
      for (const name of [
        'issuer',
        'credentialSubject',
        'type',
        'credentialStatus',
        'credentialSchema',
        'validFrom',
      ]) {
        const credential = await changed((document) => Object.assign(document, { [name]: 7 }))
        await assert.rejects(verify(credential), ({ violations }: IssuerError) =>
          violations.some(({ pointer }) => pointer.startsWith(`/${name}`)),
        )
      }
    })

    it('refuses a malformed member of the chain', async () => {
      await refused(await sign(), [{}])
    })
  })
})
