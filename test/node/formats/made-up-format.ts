import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { openVerification } from '../../../node/composition/open-verification.ts'
import { formats } from '../../../node/formats/index.ts'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import { issue } from '../../../node/issuance/issue.ts'
import { issueBatch } from '../../../node/issuance/issue-batch.ts'
import type { PipelineDeps } from '../../../node/issuance/pipeline.ts'
import { parseSecured } from '../../../node/secured-text.ts'
import { createSuites } from '../../../node/suites/index.ts'
import type { VerificationDeps } from '../../../node/verification/verification.ts'
import { verifyCredential } from '../../../node/verification/verify-credential.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { letter, signedLetter } from './letter.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'

describe('a format that one file adds', () => {
  let chain: TestChain
  let folder: string
  let house: Issuing
  let pipeline: PipelineDeps
  let verification: VerificationDeps
  let terms: IssuanceTerms
  // what its lines in formats/index.ts and suites/index.ts would do
  const lists = {
    formats: [...formats, letter],
    suites: [...createSuites({ publicUrl: 'http://127.0.0.1:3000' }), signedLetter],
  }

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    house = await openIssuing({ chain, location: { file: join(folder, 'node.db') } })
    const { ledger, resolver } = house
    const opened = openVerification({
      ...{ ledger, resolver, suites: lists.suites, ttlMs: 0, statusListFetch: 'off' },
    })
    verification = { ...opened.deps, ...lists }
    pipeline = { ...house.deps, ...lists }
    const issuer = await house.createIssuer()
    terms = {
      schemaId: (await house.registerSchema(issuer)).id,
      issuerDid: issuer.did,
      proofType: 'SignedLetter',
      revocable: true,
      suspendable: true,
      dryRun: false,
    }
  })
  after(async () => {
    await house?.close()
    await chain?.close()
    await rm(folder, { recursive: true })
  })

  const write = () => issue(pipeline, { ...terms, holderDid, claims: degree })
  const verify = (credential: unknown) => verifyCredential(verification, { credential })

  it('is issued, registered and verified', async () => {
    const { credential, credentialId, registration } = await write()
    assert.match(String(credential), /^Dear verifier,\n/)
    assert.equal(registration.state, 'registered')
    const { verified, checks } = await verify(credential)
    assert.ok(verified, JSON.stringify(checks))
    assert.equal(checks.proof.type, 'SignedLetter')
    assert.equal((await house.deps.credentials.get(credentialId))?.format, 'letter')
    assert.ok(await house.prove(credentialId))
  })

  it('is issued to many', async () => {
    const subjects = Array.from({ length: 3 }, () => ({ holderDid, claims: degree }))
    const { results, issued } = await issueBatch(pipeline, { ...terms, subjects })
    assert.equal(issued, 3)
    for (const row of results)
      assert.ok(row.status === 'issued' && (await verify(parseSecured(row.secured.text))).verified)
  })

  it('does not verify when it is tampered with', async () => {
    const { credential } = await write()
    const [salutation, method, body = '', signature] = String(credential).split('\n')
    const text = Buffer.from(body, 'base64url').toString().replace('Bachelor of Science', 'Master of Science')
    const changed = [salutation, method, Buffer.from(text).toString('base64url'), signature].join('\n')
    const { verified, checks } = await verify(changed)
    assert.deepEqual([verified, checks.proof.status, checks.schema.status], [false, 'fail', 'pass'])
  })

  it('is suspended, reinstated and revoked', async () => {
    const { credential, credentialId } = await write()
    const credentialIds = [credentialId]
    await house.changer.change({ action: 'suspend', credentialIds })
    assert.equal((await verify(credential)).checks.revocation.suspended, true)
    await house.changer.change({ action: 'reinstate', credentialIds })
    assert.ok((await verify(credential)).verified)
    await house.changer.change({ action: 'revoke', credentialIds })
    const { verified, checks } = await verify(credential)
    assert.deepEqual(
      [verified, checks.revocation.revoked, checks.proof.status, checks.issuer.status],
      [false, true, 'pass', 'pass'],
    )
  })

  it('is not known without its file', async () => {
    const { credential } = await write()
    await assert.rejects(verifyCredential({ ...verification, formats }, { credential }), {
      code: 'MALFORMED_REQUEST',
    })
    await assert.rejects(house.issue({ ...terms, holderDid, claims: degree }), {
      code: 'PROOF_TYPE_UNSUPPORTED',
    })
  })
})
