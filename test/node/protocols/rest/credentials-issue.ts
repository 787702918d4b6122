import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import {
  at,
  bachelor,
  expect,
  expectProblem,
  holderDid,
  issueDegree,
  makeIssuer,
  makeSchema,
} from './scenario.ts'

describe('POST /credentials/issue', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node, ['Ed25519', 'P-256'])
    schemaId = await makeSchema(node, issuerDid, { alias: 'university-degree-v1' })
  })
  after(() => node.close())

  const issue = (body: Record<string, unknown>, key?: string | null) =>
    node.call('POST', '/api/v1/credentials/issue', {
      body: { schemaId, issuerDid, holderDid, claims: bachelor, ...body },
      ...(key !== undefined && { key }),
    })
  const stored = async () => (await node.call('GET', '/api/v1/credentials?limit=200')).body.items.length

  it('answers the request of the flow with a signed, registered credential', async () => {
    const { body } = expect(
      201,
      await issue({
        expirationDate: '2030-12-31T23:59:59Z',
        proofType: 'Ed25519Signature2020',
        revocable: true,
      }),
    )
    const { credential } = body
    assert.equal(credential['@context'][0], 'https://www.w3.org/2018/credentials/v1')
    assert.equal(credential.id, body.credentialId)
    assert.match(body.credentialId, /^urn:uuid:/)
    assert.deepEqual(credential.type, ['VerifiableCredential', 'UniversityDegreeCredential'])
    assert.deepEqual(credential.issuer, { id: issuerDid, name: 'MIT' })
    assert.equal(credential.expirationDate, '2030-12-31T23:59:59Z')
    assert.deepEqual(credential.credentialSubject, { id: holderDid, ...bachelor })
    assert.equal(credential.credentialStatus.id, `${body.statusListId}#${body.statusListIndex}`)
    assert.equal(credential.credentialSchema.id, schemaId)
    assert.equal(credential.proof.type, 'Ed25519Signature2020')
    assert.equal(body.registration, 'registered')
    const client = await node.chain.viem.getPublicClient()
    const receipt = await client.getTransactionReceipt({ hash: body.transactionHash })
    assert.equal(receipt.status, 'success')
  })

  for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022', 'JwtProof2020']) {
    it(`issues ${proofType}, which verifies`, async () => {
      const { credential } = await issueDegree(node, { issuerDid, schemaId, proofType })
      const { body } = expect(
        200,
        await node.call('POST', '/api/v1/credentials/verify', { body: { credential }, key: null }),
      )
      assert.equal(body.verified, true, JSON.stringify(body))
    })
  }

  it('knows a schema by its alias, the holder as subjectDid, the expiry as validUntil', async () => {
    const body = {
      schemaId: 'university-degree-v1',
      issuerDid,
      subjectDid: holderDid,
      claims: bachelor,
      validUntil: '2031-01-01T00:00:00Z',
    }
    const answer = expect(201, await node.call('POST', '/api/v1/credentials/issue', { body }))
    assert.equal(answer.body.credential.expirationDate, '2031-01-01T00:00:00Z')
    assert.equal(answer.body.credential.credentialSubject.id, holderDid)
  })

  it('issues in data model 2.0 where it is asked for', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId, dataModel: '2.0' })
    assert.equal(credential['@context'][0], 'https://www.w3.org/ns/credentials/v2')
    assert.ok(credential.validFrom)
  })

  it('registers nothing for a credential that is not revocable', async () => {
    const body = await issueDegree(node, { issuerDid, schemaId, revocable: false })
    assert.deepEqual(
      [body.transactionHash, body.registration, body.statusListId, body.statusListIndex],
      [null, 'none', null, null],
    )
    assert.equal(body.credential.credentialStatus, undefined)
  })

  it('gives a suspendable credential one index in two lists', async () => {
    const { credential } = await issueDegree(node, { issuerDid, schemaId, suspendable: true })
    const [first, second] = credential.credentialStatus
    assert.deepEqual([first.statusPurpose, second.statusPurpose], ['revocation', 'suspension'])
    assert.equal(first.statusListIndex, second.statusListIndex)
  })

  it('does every check and writes nothing in a dry run', async () => {
    const count = await stored()
    expect(200, await issue({ dryRun: true }))
    expectProblem(422, 'SCHEMA_VALIDATION_FAILED', await issue({ dryRun: true, claims: {} }))
    assert.equal(await stored(), count)
  })

  it('refuses what the flow refuses, each with its code, and writes nothing', async () => {
    const count = await stored()
    const unknown = `did:ethr:0x7a69:0x${'12'.repeat(20)}`
    const cases: [number, string, Record<string, unknown>][] = [
      [404, 'ISSUER_NOT_FOUND', { issuerDid: unknown }],
      [404, 'ISSUER_NOT_FOUND', { issuerDid: holderDid }],
      [404, 'ISSUER_NOT_FOUND', { issuerDid: issuerDid.replace('0x7a69', '0x1') }],
      [404, 'SCHEMA_NOT_FOUND', { schemaId: `${issuerDid}/schema/none/1` }],
      [404, 'SCHEMA_NOT_FOUND', { schemaId: 'no-such-alias' }],
      [422, 'HOLDER_NOT_FOUND', { holderDid: 'did:key:zNonsense' }],
      [400, 'PROOF_TYPE_UNSUPPORTED', { proofType: 'RsaSignature2018' }],
      [422, 'EXPIRATION_INVALID', { expirationDate: '2001-01-01T00:00:00Z' }],
      [400, 'MALFORMED_REQUEST', { expirationDate: 'tomorrow' }],
      [
        400,
        'MALFORMED_REQUEST',
        { validUntil: '2031-01-01T00:00:00Z', expirationDate: '2031-01-01T00:00:00Z' },
      ],
      [400, 'MALFORMED_REQUEST', { subjectDid: issuerDid }],
    ]
    for (const [status, code, body] of cases) expectProblem(status, code, await issue(body))
    assert.equal(await stored(), count)
  })

  it('lists every violation of the claims with its pointer', async () => {
    const claims = { degree: { type: 'Diploma', graduationYear: 1066 }, extra: true }
    const { body } = expectProblem(422, 'SCHEMA_VALIDATION_FAILED', await issue({ claims }))
    const pointers: string[] = body.errors.map(({ pointer }: { pointer: string }) => pointer)
    for (const pointer of ['/claims/degree/type', '/claims/degree/graduationYear']) {
      assert.ok(pointers.includes(pointer), JSON.stringify(body.errors))
    }
    assert.ok(pointers.length >= 4)
  })

  it('wants an assertion key that the proof type can use', async () => {
    const other = await makeIssuer(node, ['P-256'])
    const answer = await issue({ issuerDid: other, proofType: 'eddsa-jcs-2022' })
    expectProblem(422, 'ASSERTION_KEY_MISSING', answer)
    await issueDegree(node, { issuerDid: other, schemaId, proofType: 'JwtProof2020' })
  })

  it('refuses a deactivated issuer, which nobody brings back', async () => {
    const other = await makeIssuer(node)
    await issueDegree(node, { issuerDid: other, schemaId })
    expect(200, await node.call('DELETE', at('dids', other)))
    expectProblem(409, 'ISSUER_DEACTIVATED', await issue({ issuerDid: other }))
    expectProblem(
      409,
      'ISSUER_DEACTIVATED',
      await node.call('PATCH', at('dids', other), { body: { name: 'x' } }),
    )
    expectProblem(
      409,
      'ISSUER_DEACTIVATED',
      await node.call('POST', at('dids', other, 'keys', 'rotate'), { body: {} }),
    )
  })

  it('refuses a deactivated schema, and a restricted one to issuers that are not allowed', async () => {
    const restricted = await makeSchema(node, issuerDid, { restricted: true })
    const other = await makeIssuer(node)
    expectProblem(403, 'SCHEMA_RESTRICTED', await issue({ schemaId: restricted, issuerDid: other }))
    const allow = { issuerDids: [other] }
    expect(200, await node.call('POST', at('schemas', restricted, 'issuers'), { body: allow }))
    await issueDegree(node, { issuerDid: other, schemaId: restricted })
    expect(200, await node.call('POST', at('schemas', restricted, 'deactivate')))
    expectProblem(409, 'SCHEMA_DEACTIVATED', await issue({ schemaId: restricted }))
  })

  it('refuses a key that is bound to another issuer', async () => {
    const other = await makeIssuer(node)
    const made = await node.call('POST', '/api/v1/api-keys', {
      body: { name: 'b', scopes: ['credentials:issue'], issuerDids: [other] },
    })
    const { key } = expect(201, made).body
    expectProblem(403, 'FORBIDDEN', await issue({}, key))
    expect(201, await issue({ issuerDid: other }, key))
  })

  it('needs at most 20 transactions for 200 concurrent calls, and tells each its own', async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => issueDegree(node, { issuerDid, schemaId })),
    )
    const hashes = new Set(answers.map(({ transactionHash }) => transactionHash))
    assert.ok(hashes.size <= 20, `${hashes.size} transactions`)
    assert.equal(new Set(answers.map(({ statusListIndex }) => statusListIndex)).size, 200)
    for (const { credentialId, transactionHash } of answers.slice(0, 5)) {
      const { body } = expect(200, await node.call('GET', at('credentials', credentialId, 'registration')))
      assert.equal(body.transactionHash, transactionHash)
    }
  })
})

describe('POST /credentials/issue/batch', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(() => node.close())

  const batch = (credentials: unknown[], query = '', extra: Record<string, unknown> = {}) =>
    node.call('POST', `/api/v1/credentials/issue/batch${query}`, {
      body: { schemaId, issuerDid, credentials, ...extra },
    })

  it('registers 1,000 credentials in one transaction of at most 42,000 gas', async () => {
    await batch([{ holderDid, claims: bachelor }])
    const { body } = expect(
      200,
      await batch(Array.from({ length: 1_000 }, () => ({ holderDid, claims: bachelor }))),
    )
    assert.deepEqual([body.issued, body.failed, body.results.length], [1_000, 0, 1_000])
    assert.equal(
      new Set(body.results.map(({ credentialId }: { credentialId: string }) => credentialId)).size,
      1_000,
    )
    const client = await node.chain.viem.getPublicClient()
    const receipt = await client.getTransactionReceipt({ hash: body.transactionHash })
    assert.ok(receipt.gasUsed <= 42_000n, `${receipt.gasUsed} gas`)
  })

  it('fails a bad row alone, with its reason', async () => {
    const { body } = expect(
      200,
      await batch([
        { holderDid, claims: bachelor },
        { holderDid, claims: { degree: { type: 'Diploma' } } },
        { holderDid: 'did:key:zNonsense', claims: bachelor },
        { claims: bachelor },
        'nonsense',
        { subjectDid: holderDid, claims: bachelor },
      ]),
    )
    assert.deepEqual([body.issued, body.failed], [2, 4])
    assert.deepEqual(
      body.results.map((row: { status: string; error?: { code: string } }) => row.error?.code ?? row.status),
      [
        'issued',
        'SCHEMA_VALIDATION_FAILED',
        'HOLDER_NOT_FOUND',
        'MALFORMED_REQUEST',
        'MALFORMED_REQUEST',
        'issued',
      ],
    )
    assert.equal(body.results[0].credential, undefined)
    assert.ok(body.results[1].error.errors.length > 0)
    assert.deepEqual([body.results[1].holderDid, body.results[3].holderDid], [holderDid, null])
  })

  it('adds the credentials where they are asked for', async () => {
    const { body } = expect(200, await batch([{ holderDid, claims: bachelor }], '?include=credentials'))
    assert.equal(body.results[0].credential.id, body.results[0].credentialId)
  })

  it('refuses an empty batch, more than 10,000 rows and an unknown issuer as a whole', async () => {
    expectProblem(400, 'MALFORMED_REQUEST', await batch([]))
    expectProblem(400, 'MALFORMED_REQUEST', await batch(Array.from({ length: 10_001 }, () => 1)))
    const rows = [{ holderDid, claims: bachelor }]
    const answer = await batch(rows, '', { issuerDid: `did:ethr:0x7a69:0x${'12'.repeat(20)}` })
    expectProblem(404, 'ISSUER_NOT_FOUND', answer)
  })
})
