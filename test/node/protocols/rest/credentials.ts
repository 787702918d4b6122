import assert from 'node:assert/strict'
import { concatHex, encodeAbiParameters, keccak256, parseAbiParameters } from 'viem'
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

describe('issued credentials', () => {
  let node: TestNode
  let issuers: string[]
  let schemaId: string
  let boundKey: string
  const issued: { credentialId: string; credential: unknown }[] = []

  before(async () => {
    node = await startNode()
    issuers = [await makeIssuer(node), await makeIssuer(node)]
    schemaId = await makeSchema(node, issuers[0] as string, { alias: 'listed-degree' })
    for (const issuerDid of [...issuers, ...issuers, ...issuers]) {
      issued.push(await issueDegree(node, { issuerDid, schemaId }))
    }
    const body = { name: 'a', scopes: ['credentials:read'], issuerDids: [issuers[0]] }
    boundKey = expect(201, await node.call('POST', '/api/v1/api-keys', { body })).body.key
  })
  after(() => node.close())

  const list = async (query: string, key?: string) =>
    expect(200, await node.call('GET', `/api/v1/credentials${query}`, key ? { key } : {})).body

  it('are listed page by page, each once', async () => {
    const seen: string[] = []
    let cursor: string | null = null
    do {
      const page = await list(`?limit=2${cursor ? `&cursor=${cursor}` : ''}`)
      assert.ok(page.items.length <= 2)
      seen.push(...page.items.map(({ credentialId }: { credentialId: string }) => credentialId))
      cursor = page.nextCursor
    } while (cursor)
    assert.deepEqual(seen.toSorted(), issued.map(({ credentialId }) => credentialId).toSorted())
  })

  it('are filtered', async () => {
    assert.equal((await list(`?issuerDid=${issuers[1]}`)).items.length, 3)
    assert.equal((await list(`?holderDid=${holderDid}`)).items.length, 6)
    assert.equal((await list('?status=revoked')).items.length, 0)
    assert.equal((await list(`?schemaId=${encodeURIComponent(schemaId)}`)).items.length, 6)
    assert.equal((await list('?schemaId=listed-degree')).items.length, 6)
    assert.equal((await list('?schemaId=another')).items.length, 0)
    expectProblem(400, 'MALFORMED_REQUEST', await node.call('GET', '/api/v1/credentials?limit=0&colour=red'))
  })

  it('are refused where the cursor is none', async () => {
    for (const path of ['credentials', 'dids', 'schemas']) {
      const answer = await node.call('GET', `/api/v1/${path}?cursor=zzz`)
      assert.equal(expectProblem(400, 'MALFORMED_REQUEST', answer).body.errors[0].pointer, '/cursor')
    }
  })

  it('are given back as they were issued', async () => {
    const [first] = issued as [(typeof issued)[0]]
    const { body } = expect(200, await node.call('GET', at('credentials', first.credentialId)))
    assert.deepEqual(body.credential, first.credential)
    assert.deepEqual([body.issuerDid, body.holderDid, body.schemaId], [issuers[0], holderDid, schemaId])
    assert.deepEqual(
      [body.status, body.registration, body.proofType],
      ['valid', 'registered', 'Ed25519Signature2020'],
    )
  })

  it('are hidden from a key that is bound to another issuer', async () => {
    const { items } = await list('', boundKey)
    assert.equal(items.length, 3)
    assert.ok(items.every(({ issuerDid }: { issuerDid: string }) => issuerDid === issuers[0]))
    assert.deepEqual((await list(`?issuerDid=${issuers[1]}`, boundKey)).items, [])
    const foreign = issued[1]?.credentialId as string
    const answer = await node.call('GET', at('credentials', foreign), { key: boundKey })
    expectProblem(404, 'CREDENTIAL_NOT_FOUND', answer)
  })

  it('have a proof of registration that anyone can check', async () => {
    const made = await node.call('POST', '/api/v1/credentials/issue/batch', {
      body: {
        schemaId,
        issuerDid: issuers[0],
        credentials: Array.from({ length: 7 }, () => ({ holderDid, claims: bachelor })),
      },
    })
    for (const { credentialId } of expect(200, made).body.results) {
      const { body } = expect(
        200,
        await node.call('GET', at('credentials', credentialId, 'registration'), { key: null }),
      )
      assert.equal(body.transactionHash, made.body.transactionHash)
      const client = await node.chain.viem.getPublicClient()
      const receipt = await client.getTransactionReceipt({ hash: body.transactionHash })
      assert.ok(
        receipt.logs.some(({ data, topics }) => `${data}${topics.join()}`.includes(body.root.slice(2))),
      )
      assert.equal(rootOf(body), body.root)
    }
  })

  it('without a status entry have none', async () => {
    const { credentialId } = await issueDegree(node, {
      issuerDid: issuers[0] as string,
      schemaId,
      revocable: false,
    })
    const answer = await node.call('GET', at('credentials', credentialId, 'registration'))
    expectProblem(409, 'CREDENTIAL_NOT_REVOCABLE', answer)
    expectProblem(
      404,
      'CREDENTIAL_NOT_FOUND',
      await node.call('GET', at('credentials', 'urn:none', 'registration')),
    )
  })
})

type Hash = `0x${string}`

/** Climbs an OpenZeppelin tree: pairs are sorted, leaves are hashed twice. */
function rootOf(input: { statusListKey: Hash; statusListIndex: number; digest: Hash; proof: Hash[] }): Hash {
  const { statusListKey, statusListIndex, digest, proof } = input
  const values = parseAbiParameters('bytes32, uint256, bytes32')
  const encoded = encodeAbiParameters(values, [statusListKey, BigInt(statusListIndex), digest])
  return proof.reduce(
    (node, sibling) => keccak256(node < sibling ? concatHex([node, sibling]) : concatHex([sibling, node])),
    keccak256(keccak256(encoded)),
  )
}
