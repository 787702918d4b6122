import assert from 'node:assert/strict'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import type { Hex } from '../../../node/ledger/ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, fails, type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

describeOnNodeStacks('issueBatch', (stack) => {
  let chain: TestChain
  let fresh: FreshDatabase
  let house: Issuing
  let terms: IssuanceTerms

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
    const issuer = await house.createIssuer()
    terms = await house.degreeTerms(issuer)
  })

  after(async () => {
    await house?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const subjects = (count: number) => Array.from({ length: count }, () => ({ holderDid, claims: degree }))

  it('registers 1,000 credentials of one list in one transaction of at most 42,000 gas', async () => {
    await house.issue({ ...terms, holderDid, claims: degree })
    const outcome = await house.issueBatch({ ...terms, subjects: subjects(1_000) })
    assert.deepEqual([outcome.issued, outcome.failed], [1_000, 0])
    const hash = outcome.registration.transactionHash as Hex
    const receipt = await house.ledger.receipt(hash)
    assert.ok(receipt && receipt.gasUsed <= 42_000n, String(receipt?.gasUsed))
    const indices = outcome.results.map((row) => row.status === 'issued' && row.statusListIndex)
    assert.equal(new Set(indices).size, 1_000)
    const [first] = outcome.results
    assert.ok(first?.status === 'issued')
    const key = house.ledger.statusLists.keyOf({
      issuer: house.ledger.identityOf(terms.issuerDid) as Hex,
      purpose: 'revocation',
      number: 1,
    })
    const [registered] = await house.ledger.statusLists.registrationInTransaction(key, hash)
    assert.equal(registered?.count, 1_000)
    assert.equal((await house.prove(first.credentialId)).root, registered?.root)
  })

  it('lets a bad row fail alone, with its reason, in its place', async () => {
    const rows = subjects(5)
    rows[1] = { holderDid, claims: { degree: { type: 'BachelorDegree', name: 7 as never, year: 1 } } }
    rows[3] = { holderDid: 'did:key:zzz', claims: degree }
    const outcome = await house.issueBatch({ ...terms, subjects: rows })
    assert.deepEqual(
      outcome.results.map((row) => (row.status === 'failed' ? row.error.code : row.status)),
      ['issued', 'SCHEMA_VALIDATION_FAILED', 'issued', 'HOLDER_NOT_FOUND', 'issued'],
    )
    assert.deepEqual([outcome.issued, outcome.failed], [3, 2])
    const [, bad] = outcome.results
    assert.equal(bad?.status === 'failed' && bad.error.violations[0]?.pointer, '/claims/degree/name')
    assert.equal(outcome.registration.state, 'registered')
  })

  it('registers nothing when every row is bad', async () => {
    const { blockNumber } = await house.ledger.head()
    const outcome = await house.issueBatch({ ...terms, subjects: [{ holderDid, claims: {} }] })
    assert.deepEqual([outcome.issued, outcome.failed, outcome.registration.state], [0, 1, 'none'])
    assert.equal((await house.ledger.head()).blockNumber, blockNumber)
  })

  it('fails as a whole for what concerns all rows', () =>
    assert.rejects(
      house.issueBatch({ ...terms, proofType: 'none', subjects: subjects(2) }),
      fails('PROOF_TYPE_UNSUPPORTED'),
    ))

  it('writes nothing in a dry run', async () => {
    const { blockNumber } = await house.ledger.head()
    const outcome = await house.issueBatch({
      ...terms,
      dryRun: true,
      subjects: [...subjects(2), { holderDid, claims: {} }],
    })
    assert.deepEqual([outcome.issued, outcome.failed], [2, 1])
    const [row] = outcome.results
    assert.ok(row?.status === 'issued' && JSON.parse(row.secured.text).proof === undefined)
    assert.equal(await house.deps.credentials.get(row.credentialId), undefined)
    assert.equal((await house.ledger.head()).blockNumber, blockNumber)
  })

  it('leaves the event loop its turns', async () => {
    let turns = 0
    let working = true
    const count = () => {
      turns++
      if (working) setImmediate(count)
    }
    setImmediate(count)
    await house.issueBatch({ ...terms, revocable: false, subjects: subjects(1_000) })
    working = false
    assert.ok(turns > 10, String(turns))
  })
})
