import assert from 'node:assert/strict'
import { decodeJwt } from 'jose'
import type { Json, JsonObject } from '../../../../node/json.ts'
import { createSuites } from '../../../../node/suites/index.ts'
import type { DataModel, Suite } from '../../../../node/suites/suite.ts'
import type { TestNode } from '../../../node.ts'
import {
  callVcApi,
  credential,
  issue,
  makeDid,
  openToSuites,
  refusesToIssue,
  refusesToVerify,
  v1,
  verifies,
} from './vc-api-node.ts'

// What the W3C suites for Data Integrity (EdDSA, ECDSA with selective disclosure, BBS, Ed25519Signature2020) and
// VC-JOSE-COSE send and expect, for every suite of the node with each of its key types and data models.

/** Documents that every suite can secure, and a value that holders may hide. */
const documents: Record<'1.1' | '2.0', { document: JsonObject; hidden: string }> = {
  '1.1': {
    document: credential({
      '@context': [v1, 'https://www.w3.org/2018/credentials/examples/v1'],
      credentialSubject: { id: 'did:example:alice', degreeSchool: 'MIT', college: 'Engineering' },
    }),
    hidden: '/credentialSubject/college',
  },
  '2.0': {
    document: credential({
      credentialSubject: { id: 'did:example:alice', name: 'Alice', description: 'A credential.' },
    }),
    hidden: '/credentialSubject/description',
  },
}
const suites = createSuites({ publicUrl: 'https://node.example' })
const isW3c = (model: DataModel): model is '1.1' | '2.0' => model === '1.1' || model === '2.0'

/** A cryptosuite has its year in its name; older proofs have no mandatory pointers. */
const isCryptosuite = ({ name }: Suite) => /-20\d\d$/.test(name)

/** Embeds its proof; others are tokens, which come in an envelope. */
const embeds = ({ format }: Suite) => format === 'data-integrity'

describe('every suite by the VC API', () => {
  let node: TestNode
  const issuers = new Map<string, string>()
  before(async () => {
    node = await openToSuites()
    for (const type of new Set(suites.flatMap(({ keyTypes }) => keyTypes)))
      issuers.set(type, await makeDid(node, 'key', [type]))
  })
  after(() => node?.close())

  /** As a verifier gets it: of a base proof, what its holder derives. */
  async function shown(suite: Suite, secured: JsonObject, pointer: string): Promise<JsonObject> {
    if (!suite.derive || !embeds(suite)) return secured
    const answer = await callVcApi(node, 'POST', '/credentials/derive', {
      verifiableCredential: secured,
      options: { selectivePointers: [pointer] },
    })
    assert.equal(answer.status, 201, JSON.stringify(answer.body))
    return answer.body.verifiableCredential
  }

  const optionsFor = (suite: Suite): JsonObject => {
    if (!isCryptosuite(suite)) return { type: suite.name }
    return { cryptosuite: suite.name, ...(suite.derive && { mandatoryPointers: ['/issuer'] }) }
  }
  for (const suite of suites) {
    for (const keyType of suite.keyTypes) {
      for (const model of suite.dataModels.filter(isW3c)) {
        it(`${suite.name} with ${keyType} secures data model ${model}`, async () => {
          const { document, hidden } = documents[model]
          const id = `urn:uuid:${crypto.randomUUID()}`
          const issuer = issuers.get(keyType) as string
          const secured = await issue(node, { ...document, id, issuer }, optionsFor(suite))
          if (!embeds(suite)) {
            assert.equal(secured.type, 'EnvelopedVerifiableCredential')
            await verifies(node, secured)
            const changed = String(secured.id).replace(/.{12}$/, 'AAAAAAAAAAAA')
            await refusesToVerify(node, { ...secured, id: changed })
            return
          }
          const proven = await shown(suite, secured, hidden)
          assert.equal(proven.id, id)
          await verifies(node, proven)
          await refuseChanges(node, proven as JsonObject & { proof: JsonObject })
          // the base proof of a cryptosuite is for its holder alone
          if (suite.derive && isCryptosuite(suite)) await refusesToVerify(node, secured)
        })
      }
    }
  }

  for (const keyType of ['Ed25519', 'P-256', 'secp256k1']) {
    it(`JwtProof2020 with ${keyType} secures a credential about one subject, also without claims`, async () => {
      const id = 'did:example:alice'
      const issuer = issuers.get(keyType) as string
      const about = (credentialSubject: Json) => credential({ '@context': [v1], issuer, credentialSubject })
      const options = { type: 'JwtProof2020' }
      for (const credentialSubject of [{ id }, [{ id }]]) {
        const secured = await issue(node, about(credentialSubject), options)
        const claims = decodeJwt(String(secured.id).split(',')[1] as string)
        assert.equal(claims.sub, id)
        assert.deepEqual((claims.vc as JsonObject).credentialSubject, {})
        await verifies(node, secured)
      }
      const two = about([{ id }, { id: 'did:example:bob' }])
      const { status, body } = await refusesToIssue(node, two, options)
      assert.deepEqual([status, body.code], [422, 'CLAIMS_NOT_EXPRESSIBLE'])
    })
  }

  for (const suite of suites.filter(
    (each) => each.derive && embeds(each) && each.dataModels.includes('2.0'),
  )) {
    it(`${suite.name} derives from a document that defines its terms itself`, async () => {
      const issuer = issuers.get(suite.keyTypes[0] as string) as string
      const secured = await issue(
        node,
        { ...achievement, issuer },
        {
          cryptosuite: suite.name,
          mandatoryPointers: ['/issuer', '/credentialSubject/achievements/0/sailNumber'],
        },
      )
      const pointer = '/credentialSubject/achievements/0/sails/1'
      const derived = await shown(suite, secured, pointer)
      const text = JSON.stringify(derived.credentialSubject)
      for (const revealed of ['Earth101', 'Eagle']) assert.ok(text.includes(revealed), text)
      for (const hidden of ['Jane Doe', 'Osprey']) assert.ok(!text.includes(hidden), text)
      // what every derived proof would have to reveal is not added
      assert.equal(derived.id, undefined)
      await verifies(node, derived)
      await refusesToVerify(node, { ...derived, issuer: 'did:example:other' })
    })
  }
})

const achievement = credential({
  '@context': [
    'https://www.w3.org/ns/credentials/v2',
    {
      '@protected': true,
      SailingAchievement: {
        '@id': 'urn:example:SailingAchievement',
        '@context': {
          '@protected': true,
          id: '@id',
          type: '@type',
          sailNumber: 'urn:example:sailNumber',
          sails: {
            '@id': 'urn:example:sails',
            '@context': { '@protected': true, sailName: 'urn:example:sailName', size: 'urn:example:size' },
          },
        },
      },
      achievements: { '@id': 'urn:example:achievements', '@type': '@id' },
    },
  ],
  credentialSubject: {
    name: 'Jane Doe',
    achievements: [
      {
        type: 'SailingAchievement',
        sailNumber: 'Earth101',
        sails: [
          { sailName: 'Osprey', size: 5.5 },
          { sailName: 'Eagle', size: 6.1 },
        ],
      },
    ],
  },
})

async function refuseChanges(node: TestNode, proven: JsonObject & { proof: JsonObject }): Promise<void> {
  const { proof } = proven
  const withProof = (change: Record<string, Json>) => ({ ...proven, proof: { ...proof, ...change } })
  for (const changed of [
    { ...proven, credentialSubject: { ...(proven.credentialSubject as JsonObject), id: 'urn:invalid' } },
    { ...proven, type: ['VerifiableCredential', 'UndefinedType'] },
    { ...proven, proof: null },
    withProof({ type: 'UnknownProofType' }),
    withProof({ cryptosuite: 'invalid-cryptosuite' }),
    withProof({ verificationMethod: 'did:key:invalidVm' }),
    withProof({ proofPurpose: 'invalidPurpose' }),
    withProof({ proofValue: null }),
    withProof({ proofValue: String(proof.proofValue).slice(1) }),
    withProof({ proofValue: `a${String(proof.proofValue).slice(1)}` }),
    withProof({ created: 'not a date' }),
  ]) {
    if (JSON.stringify(changed) === JSON.stringify(proven)) continue
    await refusesToVerify(node, changed)
  }
  const { proofValue, ...without } = proof
  await refusesToVerify(node, { ...proven, proof: without })
  void proofValue
}
