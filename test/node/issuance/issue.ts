import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import type { IssuerError } from '../../../node/errors.ts'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import type { JsonObject } from '../../../node/json.ts'
import type { Hex } from '../../../node/ledger/ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, fails, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

describeOnNodeStacks('issue', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase
  let house: Issuing
  let issuer: Awaited<ReturnType<Issuing['createIssuer']>>
  let schema: { id: string; key: Hex }
  let request: IssuanceTerms & { holderDid: string; claims: JsonObject }

  before(async () => {
    chain = await startChain()
    fresh = await stack.create()
    house = await openIssuing({
      chain,
      location: fresh.location,
      queueUrl: fresh.queueUrl,
      // work begins when it is announced, or not at all
      intervalMs: 1_000_000,
    })
    issuer = await house.createIssuer()
    schema = await house.registerSchema(issuer)
    request = {
      schemaId: schema.id,
      issuerDid: issuer.did,
      proofType: 'Ed25519Signature2020',
      revocable: true,
      suspendable: false,
      dryRun: false,
      holderDid,
      claims: degree,
    }
  })

  after(async () => {
    await house?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const counts = async () => {
    const { n } = await house.database
      .selectFrom('credentials')
      .select((eb) => eb.fn.countAll<number>().as('n'))
      .executeTakeFirstOrThrow()
    return { credentials: n, block: (await house.ledger.head()).blockNumber }
  }

  for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022', 'JwtProof2020'])
    it(`issues and registers with ${proofType}`, async () => {
      const issued = await house.issue({ ...request, proofType })
      assert.equal(issued.registration.state, 'registered')
      assert.match(issued.credentialId, /^urn:uuid:/)
      const suite = house.deps.suites.find(({ name }) => name === proofType)!
      assert.ok(suite.recognises(issued.credential))
      const format = house.deps.formats.find(({ name }) => name === suite.format)!
      const { facts } = format.open(issued.credential)!
      assert.equal(facts.issuer, issuer.did)
      assert.equal(facts.credentialStatus[0]?.id, `${issued.statusListId}#${issued.statusListIndex}`)

      const proof = await house.prove(issued.credentialId)
      const digest = createHash('sha256').update(format.digestInput(issued.credential)).digest('hex')
      assert.equal(proof.digest, `0x${digest}`)
      const [registered] = await house.ledger.statusLists.registrationInTransaction(
        proof.statusListKey as Hex,
        issued.registration.transactionHash as Hex,
      )
      assert.equal(registered?.root, proof.root)
    })

  it('writes nothing for a credential that is not revocable', async () => {
    const before = await counts()
    const issued = await house.issue({ ...request, revocable: false })
    assert.deepEqual(issued.registration, { state: 'none', transactionHash: null })
    assert.equal(issued.statusListId, null)
    assert.equal((issued.credential as JsonObject).credentialStatus, undefined)
    const after = await counts()
    assert.deepEqual(after, { ...before, credentials: before.credentials + 1 })
  })

  it('gives a suspendable credential the same index in both lists', async () => {
    const issued = await house.issue({ ...request, suspendable: true })
    const entries = (issued.credential as JsonObject).credentialStatus as JsonObject[]
    assert.deepEqual(
      entries.map((entry) => [entry.statusPurpose, entry.statusListIndex]),
      [
        ['revocation', String(issued.statusListIndex)],
        ['suspension', String(issued.statusListIndex)],
      ],
    )
  })

  it('checks everything and writes nothing in a dry run', async () => {
    const before = await counts()
    const rehearsed = await house.issue({ ...request, dryRun: true })
    assert.equal((rehearsed.credential as JsonObject).proof, undefined)
    assert.equal(rehearsed.statusListIndex, null)
    await assert.rejects(
      house.issue({ ...request, dryRun: true, claims: {} }),
      fails('SCHEMA_VALIDATION_FAILED'),
    )
    assert.deepEqual(await counts(), before)
  })

  describe('refuses, and writes nothing', () => {
    let before: Awaited<ReturnType<typeof counts>>
    beforeEach(async () => {
      before = await counts()
    })
    afterEach(async () => assert.deepEqual(await counts(), before))

    const refusals: [string, string, Partial<typeof request>][] = [
      [
        'an unknown issuer',
        'ISSUER_NOT_FOUND',
        { issuerDid: 'did:ethr:0x7a69:0x00000000000000000000000000000000000000aa' },
      ],
      ['an issuer of another method', 'ISSUER_NOT_FOUND', { issuerDid: holderDid }],
      ['an unknown proof type', 'PROOF_TYPE_UNSUPPORTED', { proofType: 'RsaSignature2018' }],
      ['an unknown alias', 'SCHEMA_NOT_FOUND', { schemaId: 'university-degree-v1' }],
      ['an unknown holder method', 'DID_METHOD_UNSUPPORTED', { holderDid: 'did:example:1' }],
      ['a holder that does not resolve', 'HOLDER_NOT_FOUND', { holderDid: 'did:key:zzz' }],
      ['an expiration in the past', 'EXPIRATION_INVALID', { expirationDate: new Date(0) }],
      ['bad claims', 'SCHEMA_VALIDATION_FAILED', { claims: { degree: { name: 1, extra: 2 } } }],
    ]
    for (const [what, code, change] of refusals)
      it(what, () => assert.rejects(house.issue({ ...request, ...change }), fails(code)))

    it('a schema that the registry does not have', () =>
      assert.rejects(
        house.issue({ ...request, schemaId: `${issuer.did}/schema/none/1.0` }),
        fails('SCHEMA_NOT_FOUND'),
      ))
  })

  it('lists every violation with its pointer', async () => {
    await assert.rejects(
      house.issue({ ...request, claims: { degree: { year: 'x' } } }),
      (error: { violations: { pointer: string }[] }) => {
        assert.deepEqual(error.violations.map(({ pointer }) => pointer).sort(), [
          '/claims/degree/name',
          '/claims/degree/year',
        ])
        return true
      },
    )
  })

  it('refuses a restricted schema until its owner allows the issuer, and a deactivated one', async () => {
    const other = await house.createIssuer(null)
    const { id, key } = await house.registerSchema(issuer, 'restricted', true)
    const asked = { ...request, issuerDid: other.did, schemaId: id }
    await assert.rejects(house.issue(asked), fails('SCHEMA_RESTRICTED'))
    await house.ledger.schemas.setAllowed({ key, issuers: [other.identity], allowed: true })
    house.facts.forget({ registry: 'schema', key })
    const { credential } = await house.issue(asked)
    assert.equal((credential as JsonObject).issuer, other.did)
    await house.ledger.schemas.deactivate(key)
    house.facts.forget({ registry: 'schema', key })
    await assert.rejects(house.issue(asked), fails('SCHEMA_DEACTIVATED'))
  })

  it('refuses a deactivated issuer as soon as the chain tells', async () => {
    const gone = await house.createIssuer()
    const asked = { ...request, issuerDid: gone.did }
    await house.issue(asked)
    await gone.deactivate()
    // what the node remembers would do for a minute: only the event ends this
    let refusal: unknown
    while (!refusal) await house.issue(asked).catch((error) => (refusal = error))
    assert.equal((refusal as IssuerError).code, 'ISSUER_DEACTIVATED')
  })

  it('opens the next pair of lists when one is full', async () => {
    const fresh = await house.createIssuer()
    const asked = { ...request, issuerDid: fresh.did }
    const first = await house.issue(asked)
    await house.database
      .updateTable('status_pairs')
      .set({ next: 131_070 })
      .where('issuer_did', '=', fresh.did)
      .execute()
    const subjects = Array.from({ length: 5 }, () => ({ holderDid, claims: degree }))
    const outcome = await house.issueBatch({ ...asked, subjects })
    const lists = outcome.results.map((row) => row.status === 'issued' && row.statusListId)
    assert.equal(first.statusListId, `${fresh.did}/status/revocation/1`)
    assert.deepEqual(
      lists,
      [1, 1, 2, 2, 2].map((n) => `${fresh.did}/status/revocation/${n}`),
    )
    const transactions = outcome.results.map(
      (row) => row.status === 'issued' && row.registration.transactionHash,
    )
    assert.equal(new Set(transactions).size, 1)
    for (const [number, registered] of [
      [1, 3],
      [2, 3],
    ] as const) {
      const key = house.ledger.statusLists.keyOf({ issuer: fresh.identity, purpose: 'revocation', number })
      assert.equal((await house.ledger.statusLists.get(key))?.registered, registered)
    }
  })

  it('passes over lists that another node opened', async () => {
    const shared = await house.createIssuer()
    await house.ledger.statusLists.createLists([
      { issuer: shared.identity, purpose: 'revocation', number: 1, capacity: 131_072, url: '' },
    ])
    const issued = await house.issue({ ...request, issuerDid: shared.did })
    assert.equal(issued.statusListId, `${shared.did}/status/revocation/2`)
  })
})
