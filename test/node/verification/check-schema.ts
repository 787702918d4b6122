import assert from 'node:assert/strict'
import type { JsonObject } from '../../../node/json.ts'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import type { CheckResult } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers, type Wish } from './ledger-issuers.ts'

describe('checkSchema', () => {
  let chain: TestChain
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema

  before(async () => {
    chain = await startChain()
    issuers = await openLedgerIssuers(chain)
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
  })
  after(async () => {
    await issuers?.close()
    await chain?.close()
  })

  /** Signs a credential by the wish; the proof must hold, so that the schema alone decides. */
  async function judge(wish: Partial<Wish>): Promise<CheckResult> {
    const credential = await issuers.sign({ issuer, schema, claims: degreeClaims, ...wish })
    const { verified, checks } = await verifyCredential(issuers.deps, { credential })
    assert.equal(checks.proof.status, 'pass', checks.proof.reason)
    assert.equal(verified, checks.schema.status === 'pass')
    return checks.schema
  }

  const named = (change: (reference: JsonObject) => JsonObject): Partial<Wish> => ({
    // A token, so that its proof needs no context, which the schema alone would give.
    proofType: 'JwtProof2020',
    content: (content) => ({ ...content, credentialSchema: change(content.credentialSchema) }),
  })

  it('passes claims that match the schema on the ledger, by whoever it was registered', async () => {
    assert.equal((await judge({})).status, 'pass')
    assert.equal((await judge({ issuer: await issuers.createIssuer() })).status, 'pass')
  })

  it('passes without digestSRI: the ledger holds the schema itself', async () => {
    assert.equal((await judge(named(({ digestSRI: _, ...reference }) => reference))).status, 'pass')
  })

  it('fails another digestSRI than that of the schema on the ledger', async () => {
    const { status, reason } = await judge(
      named((reference) => ({ ...reference, digestSRI: `sha256-${Buffer.alloc(32).toString('base64')}` })),
    )
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /digest/)
  })

  it('fails claims that do not match, and says where', async () => {
    const { status, reason } = await judge({
      proofType: 'eddsa-jcs-2022',
      claims: { degree: { name: 'Bachelor', graduationYear: 'MMXXV' } },
    })
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /\/claims\/degree\/graduationYear/)
  })

  it('fails a credential of another type than the schema says', async () => {
    const { status, reason } = await judge({
      proofType: 'eddsa-jcs-2022',
      content: (content) => ({ ...content, type: 'KnightCredential' }),
    })
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /no DegreeCredential/)
  })

  it('fails a schema that is not in the registry', async () => {
    const id = schema.id.replace('/degree/', '/unheard-of/')
    const { status, reason } = await judge(named((reference) => ({ ...reference, id })))
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /not in the registry/)
  })

  it('cannot decide about a schema of another ledger or kind, several, or none', async () => {
    for (const [change, expected] of [
      [
        (reference) => ({ ...reference, id: 'https://schemas.example/degree.json' }),
        /not one of this ledger/,
      ],
      [(reference) => ({ ...reference, id: schema.id.replace('0x7a69', '0x1') }), /not one of this ledger/],
      [(reference) => ({ ...reference, type: 'JsonSchemaCredential' }), /type that is not known/],
      [(reference) => [reference, reference] as never, /more than one/],
      [() => undefined as never, /names no schema/],
    ] as const satisfies readonly [(reference: JsonObject) => JsonObject, RegExp][]) {
      const { status, reason } = await judge(named(change))
      assert.equal(status, 'unknown', reason)
      assert.match(reason ?? '', expected)
    }
  })

  it('cannot decide about a proof whose context only an unknown schema could give', async () => {
    const credential = (await issuers.sign({ issuer, schema, claims: degreeClaims })) as JsonObject
    const elsewhere = { ...(credential.credentialSchema as JsonObject), id: 'https://schemas.example/degree' }
    const foreign = { ...credential, credentialSchema: elsewhere }
    const { verified, checks } = await verifyCredential(issuers.deps, { credential: foreign })
    assert.equal(verified, false)
    assert.deepEqual([checks.proof.status, checks.schema.status], ['unknown', 'unknown'])

    const unheardOf = { ...elsewhere, id: schema.id.replace('/degree/', '/unheard-of/') }
    const refused = await verifyCredential(issuers.deps, {
      credential: { ...credential, credentialSchema: unheardOf },
    })
    assert.deepEqual([refused.checks.proof.status, refused.checks.schema.status], ['fail', 'fail'])
  })

  it('fails an issuer that a restricted schema does not allow, and passes one that it does', async () => {
    const restricted = await issuers.registerSchema(issuer, {
      ...degreeSchema,
      name: 'own',
      restricted: true,
    })
    const other = await issuers.createIssuer()
    const { status, reason } = await judge({ schema: restricted, issuer: other })
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /does not allow this issuer/)

    const key = await keyOf(restricted)
    await issuers.ledger.schemas.setAllowed({ key, issuers: [other.identity], allowed: true })
    assert.equal((await judge({ schema: restricted, issuer: other })).status, 'pass')
  })

  it('passes a schema that was deactivated since: that stops new credentials only', async () => {
    const short = await issuers.registerSchema(issuer, { ...degreeSchema, name: 'short' })
    await issuers.ledger.schemas.deactivate(await keyOf(short))
    assert.equal((await judge({ schema: short })).status, 'pass')
  })

  it('fails what the ledger holds under that id when it is no usable schema', async () => {
    const name = { kind: 'json-schema', issuer: issuer.identity, name: 'junk', version: '1.0' } as const
    await issuers.ledger.schemas.register({ ...name, content: Buffer.from('{}'), restricted: false })
    const id = schema.id.replace('/degree/', '/junk/')
    const { status, reason } = await judge(named((reference) => ({ ...reference, id })))
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /no schema document/)
  })

  async function keyOf({ id }: OpenedSchema) {
    const name = id.split('/').at(-2) as string
    const found = await issuers.ledger.schemas.get({
      kind: 'json-schema',
      issuer: issuer.identity,
      name,
      version: '1.0',
    })
    assert.ok(found)
    return found.key
  }
})
