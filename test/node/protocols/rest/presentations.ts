import assert from 'node:assert/strict'
import { startNode, type TestNode } from '../../../node.ts'
import { at, bachelor, expect, expectProblem, issueDegree, makeIssuer, makeSchema } from './scenario.ts'

type Presentation = Record<string, unknown> & {
  proof: Record<string, unknown>
  verifiableCredential: Record<string, unknown>[]
}

const asked = { challenge: 'b3c1f6d2', domain: 'https://verifier.example' }
const embedded = ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'eddsa-jcs-2022']

describe('presentations', () => {
  let node: TestNode
  let issuerDid: string
  let schemaId: string
  let holderDid: string

  const makeHolder = async (keys = ['Ed25519']): Promise<string> =>
    expect(201, await node.call('POST', '/api/v1/dids', { body: { method: 'key', keys } })).body.did

  before(async () => {
    node = await startNode()
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
    holderDid = await makeHolder()
  })
  after(() => node.close())

  const issue = async (terms: Record<string, unknown> = {}) =>
    (await issueDegree(node, { issuerDid, schemaId, holderDid, dataModel: '2.0', ...terms })).credential
  const present = (credentials: unknown[], terms: Record<string, unknown> = {}) =>
    node.call('POST', '/api/v1/presentations', {
      body: { credentials, holderDid, proofType: 'eddsa-rdfc-2022', ...asked, ...terms },
    })
  const presented = async (credentials: unknown[], terms: Record<string, unknown> = {}) =>
    expect(201, await present(credentials, terms)).body.presentation as Presentation
  const verify = async (presentation: unknown, terms: Record<string, unknown> = asked) => {
    const body = { presentation, ...terms }
    return expect(200, await node.call('POST', '/api/v1/presentations/verify', { body, key: null })).body
  }
  const flaws = ({ checks }: { checks: Record<string, { status: string }> }) =>
    Object.entries(checks)
      .filter(([, { status }]) => status !== 'pass')
      .map(([name, { status }]) => `${name} ${status}`)

  for (const dataModel of ['1.1', '2.0']) {
    it(`with an EIP-712 proof inside are refused by linked data and made by JCS, data model ${dataModel}`, async () => {
      const wallet = await makeIssuer(node, ['secp256k1'])
      const { gpa: _, ...degree } = bachelor.degree
      const terms = { issuerDid: wallet, schemaId: await makeSchema(node, wallet), claims: { degree } }
      const credential = await issue({ ...terms, proofType: 'EthereumEip712Signature2021', dataModel })
      for (const proofType of ['Ed25519Signature2020', 'eddsa-rdfc-2022']) {
        const refused = await present([credential], { proofType })
        expectProblem(422, 'CLAIMS_NOT_EXPRESSIBLE', refused)
        assert.match(refused.body.detail, /eddsa-jcs-2022/)
      }
      for (const proofType of dataModel === '2.0' ? ['eddsa-jcs-2022', 'vc+jwt'] : ['eddsa-jcs-2022']) {
        const outcome = await verify(await presented([credential], { proofType }))
        assert.equal(outcome.verified, true, JSON.stringify(outcome))
      }
    })
  }

  for (const proofType of embedded) {
    for (const dataModel of ['1.1', '2.0']) {
      it(`are made and verified with ${proofType}, data model ${dataModel}`, async () => {
        const credential = await issue({ proofType, dataModel })
        const presentation = await presented([credential], { proofType })
        assert.equal(presentation.holder, holderDid)
        assert.deepEqual(presentation.verifiableCredential, [credential])
        const outcome = await verify(presentation)
        assert.equal(outcome.verified, true, JSON.stringify(outcome))
        const { verificationMethod } = presentation.proof
        assert.deepEqual(
          {
            ...outcome,
            credentials: outcome.credentials.map(({ verified }: { verified: boolean }) => verified),
          },
          {
            verified: true,
            presentationId: presentation.id,
            holder: holderDid,
            checks: {
              proof: { status: 'pass', type: proofType, verificationMethod },
              holder: { status: 'pass', did: holderDid, active: true },
              binding: { status: 'pass' },
            },
            credentials: [true],
          },
        )
      })
    }
  }

  it('hold credentials of several types and schemas, tokens in envelopes', async () => {
    const other = await makeSchema(node, issuerDid, { name: 'other-degree' })
    const credentials = [
      await issue(),
      await issue({ proofType: 'eddsa-jcs-2022', schemaId: other }),
      await issue({ dataModel: '1.1', proofType: 'JwtProof2020' }),
    ]
    const presentation = await presented(credentials)
    const [, , envelope] = presentation.verifiableCredential
    assert.equal(envelope?.type, 'EnvelopedVerifiableCredential')
    const outcome = await verify(presentation)
    assert.equal(outcome.verified, true, JSON.stringify(outcome))
    assert.equal(outcome.credentials.length, 3)
  })

  it('are signed with every kind of key that a proof type has', async () => {
    const credential = await issue()
    for (const [proofType, key] of [
      ['ecdsa-rdfc-2019', 'P-256'],
      ['ecdsa-jcs-2019', 'P-256'],
      ['EthereumEip712Signature2021', 'secp256k1'],
    ]) {
      const by = await makeHolder([key as string])
      // fractions have no type in EIP-712
      const credentials = key === 'secp256k1' ? [] : [credential]
      const outcome = await verify(await presented(credentials, { proofType, holderDid: by }))
      const expected = credentials.length > 0 ? ['binding fail'] : []
      assert.deepEqual(flaws(outcome), expected, proofType)
    }
  })

  it('say with no credential that the holder is here', async () => {
    const outcome = await verify(await presented([]))
    assert.deepEqual([outcome.verified, outcome.credentials], [true, []])
  })

  describe('that an attacker sends', () => {
    let presentation: Presentation

    before(async () => {
      presentation = await presented([await issue()])
    })

    it('again fail for their challenge and domain', async () => {
      for (const terms of [
        { ...asked, challenge: 'other' },
        { ...asked, domain: 'https://other.example' },
      ]) {
        assert.deepEqual(flaws(await verify(presentation, terms)), ['proof fail'])
      }
      const { challenge: _, ...unasked } = asked
      assert.deepEqual(flaws(await verify(await presented([], { challenge: undefined }))), ['proof fail'])
      assert.deepEqual(flaws(await verify(presentation, unasked)), [])
    })

    it('in the name of another holder fail', async () => {
      const thief = await makeHolder()
      const swapped = await verify({ ...presentation, holder: thief })
      assert.deepEqual(flaws(swapped), ['proof fail', 'binding fail'])
      const stolen = await presented([await issue()], { holderDid: thief })
      assert.deepEqual(flaws(await verify(stolen)), ['binding fail'])
      const unbound = await verify(stolen, { ...asked, holderBinding: false })
      assert.equal(unbound.verified, true)
      assert.equal(unbound.checks.binding, undefined)
      const { holder: _, ...nameless } = stolen
      assert.deepEqual(flaws(await verify(nameless)), ['proof fail', 'binding fail'])
    })

    it('with a credential exchanged, added or taken out fail', async () => {
      const other = await issue()
      const [own] = presentation.verifiableCredential
      for (const verifiableCredential of [[other], [own, other], [], undefined, own]) {
        const outcome = await verify({ ...presentation, verifiableCredential })
        const isSame = verifiableCredential === own
        assert.deepEqual(flaws(outcome), isSame ? [] : ['proof fail'], JSON.stringify(outcome))
      }
    })

    it('with a changed credential fail for both', async () => {
      const copy = structuredClone(presentation)
      Object.assign(copy.verifiableCredential[0]?.credentialSubject as object, {
        degree: { type: 'MasterDegree', name: 'Everything' },
      })
      const outcome = await verify(copy)
      assert.deepEqual(flaws(outcome), ['proof fail'])
      assert.deepEqual(flaws(outcome.credentials[0]), ['proof fail'])
    })

    it('with the proof of another document, or a credential for a presentation, fail', async () => {
      const { proof } = await presented([await issue()])
      assert.deepEqual(flaws(await verify({ ...presentation, proof })), ['proof fail'])
      const credential = await issue()
      const asserted = await verify({ ...presentation, proof: credential.proof })
      assert.deepEqual(flaws(asserted), ['proof fail'])
      const body = { presentation: credential }
      expectProblem(
        400,
        'MALFORMED_REQUEST',
        await node.call('POST', '/api/v1/presentations/verify', { body }),
      )
    })

    it('without a proof cannot be told from anybody’s', async () => {
      const { proof: _, ...unproven } = presentation
      const outcome = await verify(unproven)
      assert.deepEqual([outcome.verified, flaws(outcome)], [false, ['proof unknown']])
    })

    it('in which presentations or too many credentials hide are refused', async () => {
      const [own] = presentation.verifiableCredential
      const many = Array.from({ length: 100 }, () => own)
      for (const verifiableCredential of [[presentation], many, ['x'], [{}], [null]]) {
        const body = { presentation: { ...presentation, verifiableCredential } }
        expectProblem(
          400,
          'MALFORMED_REQUEST',
          await node.call('POST', '/api/v1/presentations/verify', { body }),
        )
      }
      expectProblem(400, 'MALFORMED_REQUEST', await present(many))
    })
  })

  it('of a revoked credential verify no more', async () => {
    const { credential, credentialId } = await issueDegree(node, {
      ...{ issuerDid, schemaId, holderDid },
      ...{ dataModel: '2.0', proofType: 'eddsa-rdfc-2022' },
    })
    const presentation = await presented([credential])
    assert.equal((await verify(presentation)).verified, true)
    expect(200, await node.call('POST', '/api/v1/credentials/revoke', { body: { credentialId } }))
    const outcome = await verify(presentation)
    assert.deepEqual([outcome.verified, flaws(outcome)], [false, []])
    assert.deepEqual(flaws(outcome.credentials[0]), ['revocation fail'])
  })

  it('are made for callers that may act for the holder alone', async () => {
    const keyFor = async (scopes: string[], issuerDids: string[]) =>
      expect(201, await node.call('POST', '/api/v1/api-keys', { body: { name: 'x', scopes, issuerDids } }))
        .body.key
    const body = { credentials: [], holderDid, ...asked }
    const call = (key: string | null) => node.call('POST', '/api/v1/presentations', { body, key })
    expectProblem(401, 'UNAUTHORIZED', await call(null))
    expectProblem(403, 'FORBIDDEN', await call(await keyFor(['credentials:issue'], [holderDid])))
    expectProblem(403, 'FORBIDDEN', await call(await keyFor(['presentations:create'], [issuerDid])))
    expect(201, await call(await keyFor(['presentations:create'], [holderDid])))
  })

  it('are refused where the holder has no key for them, or is none of this node', async () => {
    // an issuer's keys are for assertions
    expectProblem(422, 'AUTHENTICATION_KEY_MISSING', await present([], { holderDid: issuerDid }))
    const other = await makeHolder(['secp256k1'])
    expectProblem(422, 'AUTHENTICATION_KEY_MISSING', await present([], { holderDid: other }))
    const foreign = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
    expectProblem(404, 'DID_NOT_FOUND', await present([], { holderDid: foreign }))
    for (const proofType of ['none', 'ecdsa-sd-2023', 'bbs-2023', 'BbsBlsSignature2020'])
      expectProblem(400, 'PROOF_TYPE_UNSUPPORTED', await present([], { proofType }))
    const newer = [await issue()]
    expectProblem(422, 'DATA_MODEL_UNSUPPORTED', await present(newer, { dataModel: '1.1' }))
  })

  describe('of an Ethereum account', () => {
    const proofType = 'EthereumEip712Signature2021'
    const { gpa: _, ...whole } = bachelor.degree
    const claims = { degree: whole }

    for (const dataModel of ['1.1', '2.0']) {
      it(`are signed as typed data by the controller of a did:ethr, data model ${dataModel}`, async () => {
        const account = await makeIssuer(node, ['secp256k1'])
        const ownSchema = await makeSchema(node, account)
        const terms = { issuerDid: account, schemaId: ownSchema, holderDid: account, claims }
        const { credential } = await issueDegree(node, { ...terms, proofType, dataModel })
        const presentation = await presented([credential], { holderDid: account, proofType })
        assert.equal(presentation.proof.verificationMethod, `${account}#controller`)
        const outcome = await verify(presentation)
        assert.equal(outcome.verified, true, JSON.stringify(outcome))
        assert.equal(outcome.credentials[0].checks.proof.type, proofType)
        const proof = { ...presentation.proof, challenge: 'another' }
        assert.deepEqual(
          flaws(await verify({ ...presentation, proof }, { ...asked, challenge: 'another' })),
          ['proof fail'],
        )
      })
    }

    it('fail once its DID has been deactivated', async () => {
      const account = await makeIssuer(node, ['secp256k1'])
      const presentation = await presented([], { holderDid: account, proofType })
      assert.deepEqual(flaws(await verify(presentation)), [])
      expect(200, await node.call('DELETE', at('dids', account)))
      const outcome = await verify(presentation)
      assert.deepEqual([outcome.verified, outcome.checks.holder.active], [false, false])
    })

    it('cannot hold what has no type, and say so', async () => {
      const account = await makeIssuer(node, ['secp256k1'])
      const ownSchema = await makeSchema(node, account)
      const body = { schemaId: ownSchema, issuerDid: account, holderDid, claims: bachelor, proofType }
      const answer = await node.call('POST', '/api/v1/credentials/issue', { body })
      expectProblem(422, 'CLAIMS_NOT_EXPRESSIBLE', answer)
      assert.equal(answer.body.errors[0].pointer, '/credentialSubject/degree/gpa')
    })
  })

  describe('of derived credentials', () => {
    const derive = (credential: unknown, selectivePointers: readonly string[]) =>
      node.call('POST', '/api/v1/credentials/derive', { body: { credential, selectivePointers } })

    it('reveal what was chosen and what the issuer made mandatory, and nothing else', async () => {
      const issuer = await makeIssuer(node, ['P-256'])
      const schema = await makeSchema(node, issuer)
      const { credential } = await issueDegree(node, {
        ...{ issuerDid: issuer, schemaId: schema, holderDid, dataModel: '2.0', proofType: 'ecdsa-sd-2023' },
        mandatoryPointers: ['/issuer', '/validFrom', '/credentialSchema', '/credentialStatus'],
      })
      const answer = await derive(credential, ['/credentialSubject/id', '/credentialSubject/degree/name'])
      const derived = expect(200, answer).body.credential
      assert.deepEqual(Object.keys(derived.credentialSubject.degree).sort(), ['name', 'type'])
      const outcome = await verify(await presented([derived]))
      assert.deepEqual(flaws(outcome), [])
      assert.equal(outcome.credentials[0].checks.proof.status, 'pass', JSON.stringify(outcome))
      derived.credentialSubject.degree.name = 'Doctor of Everything'
      assert.deepEqual(flaws(await verify(await presented([derived]))), [])
      const [forged] = (await verify(await presented([derived]))).credentials
      assert.equal(forged.checks.proof.status, 'fail')
      expectProblem(422, 'DERIVATION_FAILED', await derive(credential, ['/credentialSubject/nothing']))
    })

    it('are refused where a proof reveals everything, and for bad pointers', async () => {
      expectProblem(422, 'DERIVATION_FAILED', await derive(await issue(), ['/issuer']))
      expectProblem(400, 'MALFORMED_REQUEST', await derive(await issue(), ['issuer']))
      expectProblem(400, 'MALFORMED_REQUEST', await derive(await issue(), ['/a~2']))
      const many = Array.from({ length: 65 }, (_, index) => `/${index}`)
      expectProblem(400, 'MALFORMED_REQUEST', await derive(await issue(), many))
      expectProblem(400, 'MALFORMED_REQUEST', await derive({}, ['/issuer']))
      const body = { credential: await issue(), selectivePointers: [] }
      const anonymous = await node.call('POST', '/api/v1/credentials/derive', { body, key: null })
      expectProblem(401, 'UNAUTHORIZED', anonymous)
    })
  })
})
