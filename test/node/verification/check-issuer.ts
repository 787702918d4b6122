import assert from 'node:assert/strict'
import { checkIssuer } from '../../../node/verification/check-issuer.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degreeClaims, degreeSchema } from './degree.ts'
import { type LedgerIssuers, openLedgerIssuers } from './ledger-issuers.ts'

describe('checkIssuer', () => {
  let chain: TestChain
  let issuers: LedgerIssuers

  before(async () => {
    chain = await startChain()
    issuers = await openLedgerIssuers(chain)
  })
  after(async () => {
    await issuers?.close()
    await chain?.close()
  })

  it('passes an active issuer of this ledger, and did:key', async () => {
    const { did } = await issuers.createIssuer()
    const key = 'did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2'
    for (const id of [did, key]) {
      assert.deepEqual(await checkIssuer(issuers.deps, id), { status: 'pass', did: id, active: true })
    }
  })

  it('fails a deactivated issuer, alone: its signature still holds', async () => {
    const issuer = await issuers.createIssuer()
    const schema = await issuers.registerSchema(issuer, degreeSchema)
    const credential = await issuers.sign({ issuer, schema, claims: degreeClaims })
    assert.equal((await verifyCredential(issuers.deps, { credential })).verified, true)
    await issuer.deactivate()
    const { verified, checks } = await verifyCredential(issuers.deps, { credential })
    assert.equal(verified, false)
    assert.deepEqual(checks.issuer, {
      status: 'fail',
      did: issuer.did,
      active: false,
      reason: checks.issuer.reason,
    })
    assert.match(String(checks.issuer.reason), /^The issuer DID was deactivated at \d{4}-/)
    assert.equal(checks.proof.status, 'pass')
  })

  it('fails what is no DID', async () => {
    for (const did of ['https://issuer.example', 'did:ethr:0x7a69:0x12', 'did:key:zzz']) {
      const { status, active } = await checkIssuer(issuers.deps, did)
      assert.deepEqual({ did, status, active }, { did, status: 'fail', active: null })
    }
  })

  it('cannot decide about a DID of another chain or of a method that is not known here', async () => {
    for (const did of ['did:ethr:0x1:0x90f79bf6eb2c4f870365e785982e1f101e93b906', 'did:example:123']) {
      const { status, reason } = await checkIssuer(issuers.deps, did)
      assert.equal(status, 'unknown', did)
      assert.ok(reason)
    }
  })
})
