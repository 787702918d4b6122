import assert from 'node:assert/strict'
import { type Hex, hexToBytes, stringToHex, toHex } from 'viem'
import { compromiseAttribute, compromiseStatement, keyFingerprint } from '../../../../node/did/key-history.ts'
import { didRegistryAbi } from '../../../../node/ledger/abi.ts'
import { startNode, type TestNode } from '../../../node.ts'
import { at, expect, expectProblem, issueDegree, makeSchema } from './scenario.ts'

interface Event {
  change: { kind: string; name: string; value: Hex }
}

// The owner of a DID whose keys are here writes onto the ledger what the node does not.
describe('keys of which the ledger says something else than the node, over HTTP', () => {
  let node: TestNode
  before(async () => {
    node = await startNode({ environment: { LEDGER_CACHE_MS: '0' } })
  })
  after(() => node?.close())

  /** Takes in the DID of an account of the chain, and gives what its owner can do. */
  async function takeIn(account: number) {
    const owner = (await node.chain.viem.getWalletClients())[account]
    assert.ok(owner)
    const identity = owner.account.address
    const did = `did:ethr:0x7a69:${identity.toLowerCase()}`
    const body = { did, keys: ['Ed25519', 'Bls12381G2'] }
    const client = await node.chain.viem.getPublicClient()
    const mined = async (hash: Promise<Hex>) => {
      await client.waitForTransactionReceipt({ hash: await hash })
    }
    const take = () => node.call('POST', '/api/v1/dids/import', { body })
    await mined(owner.sendTransaction((await take()).body))
    expect(201, await take())
    const setAttribute = (name: string, value: Hex) => {
      const args = [identity, stringToHex(name, { size: 32 }), value, 86_400n] as const
      const address = node.chain.registries.didRegistry
      return mined(owner.writeContract({ address, abi: didRegistryAbi, functionName: 'setAttribute', args }))
    }
    return { did, setAttribute }
  }

  const issue = async (did: string) =>
    issueDegree(node, {
      ...{ issuerDid: did, schemaId: await makeSchema(node, did), dataModel: '1.1' },
      proofType: 'BbsBlsSignature2020',
    })
  const present = (holderDid: string, credential: unknown) =>
    node.call('POST', '/api/v1/presentations', {
      body: {
        credentials: [credential],
        holderDid,
        proofType: 'eddsa-rdfc-2022',
        challenge: 'c',
        domain: 'd',
      },
    })

  it('makes no presentation with a key that its owner says is stolen: KEY_NOT_VALID', async () => {
    const { did, setAttribute } = await takeIn(3)
    const { credential } = await issue(did)
    const { events } = expect(200, await node.call('GET', at('dids', did, 'history'))).body
    for (const { change } of events as Event[]) {
      if (change.kind !== 'attributeChanged') continue
      const fingerprint = keyFingerprint(hexToBytes(change.value))
      await setAttribute(compromiseAttribute, toHex(compromiseStatement(fingerprint, new Date())))
    }
    expectProblem(422, 'KEY_NOT_VALID', await present(did, credential))
  })

  it('says so where a history does not tell which key has which id: KEY_DOUBTFUL', async () => {
    const { did, setAttribute } = await takeIn(4)
    const { credential } = await issue(did)
    const derive = () =>
      node.call('POST', '/api/v1/credentials/derive', {
        body: { credential, selectivePointers: ['/credentialSubject/degree/name'] },
      })
    expect(200, await derive())
    // a name that resolvers count or not, as its time runs
    await setAttribute('did/pub/Made-Up/veriKey', '0x01')
    expectProblem(422, 'KEY_DOUBTFUL', await derive())
    expectProblem(422, 'KEY_DOUBTFUL', await present(did, credential))
    const answer = await node.call('POST', '/api/v1/credentials/verify', { body: { credential } })
    const { verified, checks } = expect(200, answer).body
    assert.deepEqual([verified, checks.proof.status], [false, 'unknown'])
  })
})
