import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import type { CredentialContent } from '../../../node/formats/format.ts'
import type { JsonObject } from '../../../node/json.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import type { OpenedSchema } from '../../../node/schemas/open-schema.ts'
import { signJws } from '../../../node/suites/sign-jws.ts'
import type { Checks } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { startChainProxy } from '../../chain-proxy.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuer, type LedgerIssuers, openLedgerIssuers, type Wish } from './ledger-issuers.ts'

describe('checkStatus', () => {
  let chain: TestChain
  let issuers: LedgerIssuers
  let issuer: LedgerIssuer
  let schema: OpenedSchema
  let next = 1_000

  before(async () => {
    chain = await startChain()
    issuers = await openLedgerIssuers(chain)
    issuer = await issuers.createIssuer()
    schema = await issuers.registerSchema(issuer, degreeSchema)
    await issuers.openLists(issuer)
  })
  after(async () => {
    await issuers?.close()
    await chain?.close()
  })

  const sign = (wish: Partial<Wish>) =>
    issuers.sign({ issuer, schema, claims: degreeClaims, proofType: 'eddsa-jcs-2022', ...wish })

  /** Verifies; the proof must hold, so that the status alone decides. */
  async function judge(credential: unknown): Promise<Checks['revocation']> {
    const { verified, checks } = await verifyCredential(issuers.deps, { credential })
    assert.equal(checks.proof.status, 'pass', checks.proof.reason)
    assert.equal(verified, checks.revocation.status === 'pass')
    return checks.revocation
  }

  const both = (index: number): NonNullable<Wish['status']> => [
    { purpose: 'revocation', index },
    { purpose: 'suspension', index },
  ]

  const withEntry = async (change: (entry: JsonObject) => JsonObject, index = next++) =>
    judge(
      await sign({
        status: [{ purpose: 'revocation', index }],
        content: (content) => ({ ...content, credentialStatus: content.credentialStatus.map(change) }),
      }),
    )

  it('fails a revoked credential for that reason alone, and not its neighbours', async () => {
    const index = 94_567
    const credential = await sign({ status: [{ purpose: 'revocation', index }] })
    const neighbours = await Promise.all(
      [index - 1, index + 1].map((at) => sign({ status: [{ purpose: 'revocation', index: at }] })),
    )
    assert.equal((await judge(credential)).status, 'pass')
    await issuers.setStatus(issuer, 'revocation', index)
    const { checks } = await verifyCredential(issuers.deps, { credential })
    const { revocation, ...others } = checks
    assert.deepEqual(revocation, {
      status: 'fail',
      revoked: true,
      suspended: false,
      statusListId: `${issuer.did}/status/revocation/1`,
      statusListIndex: index,
      reason: 'The credential has been revoked.',
    })
    for (const { status } of Object.values(others)) assert.equal(status, 'pass')
    for (const neighbour of neighbours) assert.equal((await judge(neighbour)).status, 'pass')
  })

  it('fails a suspended credential until it is reinstated', async () => {
    const index = next++
    const credential = await sign({ status: both(index) })
    assert.equal((await judge(credential)).status, 'pass')
    await issuers.setStatus(issuer, 'suspension', index)
    const { status, revoked, suspended, reason } = await judge(credential)
    assert.deepEqual({ status, revoked, suspended }, { status: 'fail', revoked: false, suspended: true })
    assert.match(reason ?? '', /suspended/)
    await issuers.setStatus(issuer, 'suspension', index, false)
    assert.equal((await judge(credential)).status, 'pass')
  })

  it('tells both when a credential is suspended and revoked', async () => {
    const index = next++
    const credential = await sign({ status: both(index) })
    await issuers.setStatus(issuer, 'suspension', index)
    await issuers.setStatus(issuer, 'revocation', index)
    const { status, revoked, suspended } = await judge(credential)
    assert.deepEqual({ status, revoked, suspended }, { status: 'fail', revoked: true, suspended: true })
  })

  it("fails an entry in another issuer's list", async () => {
    const other = await issuers.createIssuer()
    await issuers.openLists(other)
    const id = `${other.did}/status/revocation/1#7`
    const { status, reason } = await withEntry((entry) => ({ ...entry, id }))
    assert.equal(status, 'fail')
    assert.match(reason ?? '', /does not belong to the issuer/)
  })

  it('refuses an index that was swapped after signing: the proof covers it', async () => {
    const index = next++
    const credential = (await sign({ status: [{ purpose: 'revocation', index }] })) as JsonObject
    await issuers.setStatus(issuer, 'revocation', index)
    const { credentialStatus: entry } = credential as { credentialStatus: JsonObject }
    for (const swapped of [
      { ...entry, statusListIndex: String(index + 1) },
      { ...entry, id: `${entry.id}`.replace(/#.*/, `#${index + 1}`), statusListIndex: String(index + 1) },
    ]) {
      const { verified, checks } = await verifyCredential(issuers.deps, {
        credential: { ...credential, credentialStatus: swapped },
      })
      assert.equal(verified, false)
      assert.equal(checks.proof.status, 'fail')
    }
  })

  it('goes by statusListIndex, which the issuer signed, whatever the fragment of the id says', async () => {
    const index = next++
    await issuers.setStatus(issuer, 'revocation', index)
    const { status } = await withEntry(
      (entry) => ({ ...entry, id: `${entry.id}`.replace(/#.*/, '#1') }),
      index,
    )
    assert.equal(status, 'fail')
  })

  it('fails a list that is not on the ledger, an index outside it, and a purpose that is not its own', async () => {
    for (const [change, expected] of [
      [(entry) => ({ ...entry, id: `${issuer.did}/status/revocation/9#1` }), /not on the ledger/],
      [(entry) => ({ ...entry, statusListIndex: '131072' }), /outside the list/],
      [(entry) => ({ ...entry, statusPurpose: 'suspension' }), /another purpose/],
    ] as const satisfies readonly [(entry: JsonObject) => JsonObject, RegExp][]) {
      const { status, reason } = await withEntry(change)
      assert.equal(status, 'fail')
      assert.match(reason ?? '', expected)
    }
  })

  it('fails a malformed entry', async () => {
    for (const change of [
      (entry) => ({ ...entry, statusListIndex: '-1' }),
      (entry) => ({ ...entry, statusListIndex: '01' }),
      (entry) => ({ ...entry, statusListIndex: '4294967296' }),
      (entry) => ({ ...entry, statusListIndex: 5 }),
      ({ statusPurpose: _, ...entry }) => entry,
    ] as const satisfies readonly ((entry: JsonObject) => JsonObject)[]) {
      const { status, revoked, reason } = await withEntry(change)
      assert.equal(status, 'fail')
      assert.equal(revoked, null)
      assert.match(reason ?? '', /malformed/)
    }
  })

  it('cannot decide about an entry of another kind, purpose or size, or of another ledger', async () => {
    const elsewhere = 'https://issuer.example/lists/1'
    const otherLedger = `did:ethr:0x1:${issuer.identity}/status/revocation/1`
    for (const [change, expected] of [
      [(entry) => ({ ...entry, type: 'UnheardOf' }), /of a kind that is not known/],
      [(entry) => ({ ...entry, statusPurpose: 'message' }), /the purpose "message" are not read/],
      [(entry) => ({ ...entry, statusSize: 2 }), /more than one bit/],
      [
        (entry) => ({ ...entry, id: `${elsewhere}#5`, statusListCredential: elsewhere }),
        /does not name a list of this ledger, and no others are fetched/,
      ],
    ] as const satisfies readonly [(entry: JsonObject) => JsonObject, RegExp][]) {
      const { status, revoked, reason } = await withEntry(change)
      assert.deepEqual({ status, revoked }, { status: 'unknown', revoked: null })
      assert.match(reason ?? '', expected)
    }
    const { status } = await withEntry((entry) => ({ ...entry, id: `${otherLedger}#5` }))
    assert.equal(status, 'fail', 'a list of another DID than the issuer')
  })

  it('finds the list by its address when the entry has no id', async () => {
    const index = next++
    await issuers.setStatus(issuer, 'revocation', index)
    const { status, statusListId } = await withEntry(({ id: _, ...entry }) => entry, index)
    assert.deepEqual(
      { status, statusListId },
      { status: 'fail', statusListId: `${issuer.did}/status/revocation/1` },
    )
  })

  for (const [statusEncoding, proofType] of [
    ['BitstringStatusListEntry', 'eddsa-jcs-2022'],
    ['StatusList2021Entry', 'Ed25519Signature2020'],
    ['TokenStatusList', 'vc+jwt'],
    ['StatusListRegistryEntry', 'eddsa-rdfc-2022'],
  ] as const) {
    it(`reads the words of the ledger for ${statusEncoding}, and knows nothing without the chain`, async () => {
      const index = next++
      const purposes = statusEncoding === 'TokenStatusList' ? both(index).slice(0, 1) : both(index)
      const credential = await sign({ status: purposes, statusEncoding, proofType })
      assert.equal((await judge(credential)).status, 'pass')
      await issuers.setStatus(issuer, 'suspension', index)
      const found = await judge(credential)
      assert.deepEqual([found.status, found.revoked, found.suspended], ['fail', false, true])
      const proxy = await startChainProxy(chain.rpcUrl)
      const ledger = await openLedger({ ...chain, rpcUrl: proxy.url, relayer: digestSigner(fundedKey) })
      try {
        proxy.behave(() => 'lose request')
        const { checks } = await verifyCredential({ ...issuers.deps, ledger }, { credential })
        const { status, revoked, suspended, statusListIndex } = checks.revocation
        assert.deepEqual([status, revoked, suspended, statusListIndex], ['unknown', null, null, index])
      } finally {
        await ledger.close()
        await proxy.close()
      }
    })
  }

  it('reads the status claim of a token of data model 1.1, too', async () => {
    const index = next++
    const statusEncoding = 'TokenStatusList'
    const [status] = both(index)
    const token = await sign({ status: [status as never], statusEncoding, proofType: 'vc+jwt' })
    const { status: claim } = decodeJwt(token as string)
    const plain = decodeJwt((await sign({ proofType: 'JwtProof2020' })) as string)
    const payload = { ...plain, status: claim } as JsonObject
    const signed = await signJws({ header: { typ: 'JWT' }, payload }, issuer.key('Ed25519'))
    assert.equal((await judge(signed)).status, 'pass')
    await issuers.setStatus(issuer, 'revocation', index)
    assert.equal((await judge(signed)).revoked, true)
  })

  it('reads no more than sixteen entries', async () => {
    const many = (content: CredentialContent) => ({
      ...content,
      credentialStatus: Array.from({ length: 17 }, () => content.credentialStatus[0] as JsonObject),
    })
    const { status, reason } = await judge(await sign({ status: both(next++), content: many }))
    assert.deepEqual([status, /More than 16/.test(reason ?? '')], ['unknown', true])
  })

  it('does not let an undecidable entry hide that another one is revoked, in whatever order', async () => {
    const index = next++
    await issuers.setStatus(issuer, 'revocation', index)
    for (const turned of [false, true]) {
      const credential = await sign({
        status: both(index),
        content: (content) => {
          const [revocation, suspension] = content.credentialStatus as [JsonObject, JsonObject]
          const entries = [revocation, { ...suspension, type: 'UnheardOf' }]
          return { ...content, credentialStatus: turned ? entries.toReversed() : entries }
        },
      })
      const { status, revoked, suspended } = await judge(credential)
      assert.deepEqual({ status, revoked, suspended }, { status: 'fail', revoked: true, suspended: null })
    }
  })
})
