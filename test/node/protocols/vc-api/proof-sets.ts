import assert from 'node:assert/strict'
import type { JsonObject } from '../../../../node/json.ts'
import type { TestNode } from '../../../node.ts'
import {
  credential,
  issue,
  makeDid,
  openToSuites,
  refusesToIssue,
  refusesToVerify,
  v1,
  v2,
  verifies,
} from './vc-api-node.ts'

// An issuer may add its proof to those of a credential, or refuse it (VCALM, POST /credentials/issue, `credential`).

const proofsOf = (secured: JsonObject) => [secured.proof].flat() as JsonObject[]

describe('proofs that are added to a credential', () => {
  let node: TestNode
  let issuer: string
  let recorded = 0
  before(async () => {
    node = await openToSuites()
    issuer = await makeDid(node, 'ethr', ['Ed25519'])
  })
  after(() => node?.close())

  const asked = () =>
    credential({
      issuer,
      id: `urn:uuid:${crypto.randomUUID()}`,
      credentialSubject: { id: 'urn:a', name: 'A' },
    })
  const proofId = () => `urn:uuid:${crypto.randomUUID()}`
  const countOf = async () =>
    (await node.call('GET', `/api/v1/credentials?issuerDid=${issuer}&limit=100`)).body.items.length as number
  const rdfc = { cryptosuite: 'eddsa-rdfc-2022' }
  const jcs = { cryptosuite: 'eddsa-jcs-2022' }

  /** Refused with 400, and nothing is recorded. */
  async function refuses(document: JsonObject, options: JsonObject): Promise<string> {
    const { status, body } = await refusesToIssue(node, document, options)
    assert.equal(status, 400, JSON.stringify(body))
    assert.equal(await countOf(), recorded)
    return JSON.stringify(body)
  }
  beforeEach(async () => {
    recorded = await countOf()
  })

  it('makes a set, leaving document and proofs as they are', async () => {
    const suiteContext = 'https://w3id.org/security/suites/ed25519-2020/v1'
    const first = await issue(node, { ...asked(), '@context': [v2, suiteContext] }, rdfc)
    const both = await issue(node, first, jcs)
    const { proof, ...document } = both
    const { proof: _, ...before } = first
    assert.deepEqual(document, before)
    const [kept, added] = proofsOf({ proof })
    assert.deepEqual(kept, first.proof)
    assert.equal(added?.cryptosuite, 'eddsa-jcs-2022')
    await verifies(node, both)
    const three = await issue(node, both, { type: 'Ed25519Signature2020' })
    assert.equal(proofsOf(three).length, 3)
    await verifies(node, three)
    for (const [index] of proofsOf(three).entries()) {
      const proofs = proofsOf(three).map((each, at) =>
        at === index ? { ...each, created: '2020-01-01T00:00:00Z' } : each,
      )
      await refusesToVerify(node, { ...three, proof: proofs })
    }
  })

  it('makes a chain, of which no link can be exchanged', async () => {
    const [one, two] = [proofId(), proofId()]
    const first = await issue(node, asked(), { ...rdfc, proofId: one })
    assert.equal(first.proof.id, one)
    const chain = await issue(node, first, { ...rdfc, proofId: two, previousProof: one })
    const [kept, added] = proofsOf(chain)
    assert.deepEqual([kept, added?.id, added?.previousProof], [first.proof, two, one])
    await verifies(node, chain)
    const other = await issue(node, (({ proof: _, ...document }) => document)(first), {
      ...jcs,
      proofId: one,
    })
    await refusesToVerify(node, { ...chain, proof: [other.proof, added] })
    const longer = await issue(node, chain, { ...jcs, previousProof: [one, two] })
    assert.deepEqual(proofsOf(longer)[2]?.previousProof, [one, two])
    await verifies(node, longer)
  })

  it('refuses a document whose proofs are for another issuer', async () => {
    const secured = await issue(node, asked(), rdfc)
    const endorser = await makeDid(node, 'key', ['Ed25519'])
    const { body } = await refusesToIssue(node, { ...secured, issuer: endorser }, rdfc)
    assert.match(JSON.stringify(body), /must hold/)
  })

  it('adds nothing to proofs that do not hold', async () => {
    const secured = await issue(node, asked(), rdfc)
    recorded += 1
    const subject = { id: 'urn:a', name: 'B' }
    assert.match(await refuses({ ...secured, credentialSubject: subject }, jcs), /must hold/)
    assert.match(
      await refuses({ ...secured, proof: { ...secured.proof, cryptosuite: 'later-2099' } }, jcs),
      /must hold/,
    )
    for (const proof of [null, [], 'yes', [null], {}, [secured.proof, {}]]) {
      await refuses({ ...secured, proof: proof as never }, jcs)
    }
    const many = Array.from({ length: 16 }, () => secured.proof)
    assert.match(await refuses({ ...secured, proof: many }, jcs), /more than 16/)
  })

  it('refuses to change what is signed, and links that lead nowhere', async () => {
    const [id, other] = [proofId(), proofId()]
    const secured = await issue(node, asked(), { ...rdfc, proofId: id })
    recorded += 1
    await refuses(secured, { ...jcs, proofId: id })
    await refuses(secured, { ...jcs, previousProof: other })
    await refuses(asked(), { ...jcs, previousProof: other })
    await refuses(secured, { ...jcs, proofId: 'no URL' })
    await refuses(secured, { ...jcs, statusPurpose: 'revocation', credentialId: other })
    await refuses(secured, { type: 'vc+jwt' })
    // the context of the older suite does not know previousProof
    await refuses(secured, { type: 'Ed25519Signature2020', previousProof: id })
  })

  it('refuses proofs with selective disclosure, which stand alone', async () => {
    const keyed = await makeDid(node, 'key', ['P-256'])
    const options = { cryptosuite: 'ecdsa-sd-2023', mandatoryPointers: ['/issuer'] }
    const base = await issue(node, { ...asked(), issuer: keyed }, options)
    const plain = await issue(node, { ...asked(), issuer: keyed }, { cryptosuite: 'ecdsa-rdfc-2019' })
    await refusesToIssue(node, plain, options)
    await refusesToIssue(node, base, { cryptosuite: 'ecdsa-rdfc-2019' })
  })

  it('dates and names no document of data model 1.1 that is signed', async () => {
    const { id: _, ...document } = asked()
    const dated = { ...document, '@context': [v1], issuanceDate: '2026-01-01T00:00:00Z' }
    const nobody = { ...dated, credentialSubject: { id: 'urn:a' } }
    const first = await issue(node, nobody, rdfc)
    const { proof, ...both } = await issue(node, first, jcs)
    const { proof: __, ...before } = first
    assert.deepEqual(both, before)
    await verifies(node, { ...both, proof })
  })
})
