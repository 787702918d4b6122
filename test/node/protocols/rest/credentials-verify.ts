import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

type Credential = Record<string, unknown> & { credentialSubject: object; proof: object }

describe('POST /credentials/verify', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const verify = async (credential: unknown, chain?: unknown[]) => {
    const body = { credential, ...(chain && { chain }) }
    return expect(200, await node.call('POST', '/api/v1/credentials/verify', { body, key: null })).body
  }
  /** Names of the checks with a verdict other than pass. */
  const flaws = ({ checks }: { checks: Record<string, { status: string }> }) =>
    Object.entries(checks)
      .filter(([, { status }]) => status !== 'pass')
      .map(([name, { status }]) => `${name} ${status}`)

  it('answers each check with its verdict', async () => {
    const { credential, credentialId, statusListId, statusListIndex } = await issueDegree(node, {
      issuerDid,
      schemaId,
      expirationDate: '2031-01-01T00:00:00Z',
    })
    const { checks, ...outcome } = await verify(credential)
    assert.deepEqual(outcome, { verified: true, credentialId })
    const { verificationMethod } = credential.proof
    const { key, ...proof } = checks.proof
    assert.deepEqual(proof, { status: 'pass', type: 'Ed25519Signature2020', verificationMethod })
    assert.equal(key.compromisedSince, null)
    assert.ok(Date.parse(key.validFrom) <= Date.now() && Date.now() < Date.parse(key.validUntil))
    assert.deepEqual(checks.issuer, { status: 'pass', did: issuerDid, active: true })
    assert.deepEqual(checks.schema, { status: 'pass', schemaId })
    assert.equal(checks.expiration.expirationDate, '2031-01-01T00:00:00Z')
    assert.deepEqual(checks.revocation, {
      status: 'pass',
      revoked: false,
      suspended: false,
      statusListId,
      statusListIndex,
    })
  })

  it('refuses a tampered copy for its proof', async () => {
    for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022']) {
      const { credential } = await issueDegree(node, { issuerDid, schemaId, proofType })
      const tampered = structuredClone(credential)
      tampered.credentialSubject.degree.name = 'Doctor of Everything'
      assert.deepEqual(flaws(await verify(tampered)), ['proof fail'], proofType)
    }
    const { credential } = await issueDegree(node, { issuerDid, schemaId, proofType: 'JwtProof2020' })
    const [header, payload, signature] = credential.split('.')
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
    const forged = Buffer.from(JSON.stringify({ ...claims, exp: 4_102_444_800 })).toString('base64url')
    assert.deepEqual(flaws(await verify(`${header}.${forged}.${signature}`)), ['proof fail'])
  })

  it('tells what is no credential', async () => {
    for (const credential of [{}, { type: ['VerifiableCredential'] }, 'a.b.c', 'nonsense']) {
      const answer = await node.call('POST', '/api/v1/credentials/verify', { body: { credential } })
      expectProblem(400, 'MALFORMED_REQUEST', answer)
    }
    for (const body of [{}, { credential: 1 }, { credential: {}, chain: 'x' }]) {
      expectProblem(400, 'MALFORMED_REQUEST', await node.call('POST', '/api/v1/credentials/verify', { body }))
    }
  })

  it('fails for a deactivated issuer alone', async () => {
    const other = await makeIssuer(node)
    const { credential } = await issueDegree(node, { issuerDid: other, schemaId })
    expect(200, await node.call('DELETE', at('dids', other)))
    const outcome = await verify(credential)
    assert.equal(outcome.verified, false)
    assert.equal(outcome.checks.issuer.status, 'fail')
    assert.equal(outcome.checks.issuer.active, false)
  })

  describe('of agent delegations', () => {
    let agents: string[]
    let root: { credential: Credential; credentialId: string }

    const delegate = (
      index: number,
      claims: Record<string, unknown>,
      expirationDate = '2031-01-01T00:00:00Z',
    ) => {
      const [delegator, holderDid] = [agents[index], agents[index + 1]]
      const body = {
        schemaId: 'agent-delegation-v1',
        issuerDid: delegator,
        holderDid,
        expirationDate,
        claims: { delegator, delegate: holderDid, scope: ['purchase-groceries'], ...claims },
      }
      return node.call('POST', '/api/v1/credentials/issue', { body })
    }

    before(async () => {
      agents = [await makeIssuer(node), await makeIssuer(node), await makeIssuer(node)]
      const claims = {
        scope: ['purchase-groceries', 'compare-prices'],
        constraints: { maxSpendPerWeek: 200, authorizedMerchants: ['FreshMart', 'OrganicCo'] },
        maxDepth: 1,
      }
      root = expect(201, await delegate(0, claims)).body
    })

    const child = (claims: Record<string, unknown> = {}, expirationDate?: string) =>
      delegate(
        1,
        {
          parentCredentialId: root.credentialId,
          constraints: { maxSpendPerWeek: 100, authorizedMerchants: ['FreshMart'] },
          maxDepth: 0,
          ...claims,
        },
        expirationDate,
      )

    it('follows the chain to its root', async () => {
      const { credential } = expect(201, await child()).body
      const outcome = await verify(credential, [root.credential])
      assert.equal(outcome.verified, true, JSON.stringify(outcome))
      assert.equal(outcome.checks.delegation.onBehalfOf, agents[0])
      assert.deepEqual(flaws(await verify(credential)), ['delegation unknown'])
    })

    it('refuses to issue what exceeds the parent', async () => {
      for (const claims of [
        { scope: ['everything'] },
        { constraints: { maxSpendPerWeek: 300, authorizedMerchants: ['FreshMart'] } },
        { constraints: { maxSpendPerWeek: 100 } },
        { maxDepth: 1 },
        { parentCredentialId: 'urn:uuid:00000000-0000-4000-8000-000000000000' },
      ]) {
        expectProblem(422, 'DELEGATION_INVALID', await child(claims))
      }
      expectProblem(422, 'DELEGATION_INVALID', await child({}, '2032-01-01T00:00:00Z'))
    })

    it('tells what a delegation allows to nobody who may not narrow it', async () => {
      agents.push(await makeIssuer(node), await makeIssuer(node))
      const [, , , stranger, other] = agents
      const claims = { delegator: stranger, delegate: other, scope: ['everything'] }
      const narrow = async (parentCredentialId: string) => {
        const answer = await delegate(
          3,
          { ...claims, parentCredentialId, maxDepth: 7 },
          '2040-01-01T00:00:00Z',
        )
        return expectProblem(422, 'DELEGATION_INVALID', answer).body.errors
      }
      const unknown = 'urn:uuid:00000000-0000-4000-8000-000000000000'
      assert.deepEqual(await narrow(root.credentialId), await narrow(unknown))
    })

    it('fails for every child of a revoked parent', async () => {
      const { credential } = expect(201, await child()).body
      const body = { credentialId: root.credentialId }
      expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body }))
      assert.deepEqual(flaws(await verify(credential, [root.credential])), ['delegation fail'])
    })
  })
})
