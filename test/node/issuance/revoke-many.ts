import assert from 'node:assert/strict'
import { gunzipSync } from 'node:zlib'
import { startNode, type TestNode } from '../../node.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'
import { at, bachelor, expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const COUNT = 10_000

describeOnNodeStacks('the revocation of 10,000 credentials in one call', (stack) => {
  let fresh: FreshDatabase
  let node: TestNode
  let ids: string[]
  let list: string

  before(async () => {
    // whoever reads the list is answered by what the ledger says at that moment
    fresh = await stack.create()
    node = await startNode({ environment: { ...fresh.environment, LEDGER_CACHE_MS: '0' } })
    const issuerDid = await makeIssuer(node)
    const body = {
      ...{ issuerDid, schemaId: await makeSchema(node, issuerDid), proofType: 'eddsa-jcs-2022' },
      credentials: Array.from({ length: COUNT }, () => ({ holderDid, claims: bachelor })),
    }
    const { results } = expect(
      200,
      await node.call('POST', at('credentials', 'issue', 'batch'), { body }),
    ).body
    ids = results.map(({ credentialId }: { credentialId: string }) => credentialId)
    list = at('status-lists', results[0].statusListId)
  })
  after(async () => {
    await node?.close()
    await fresh?.drop()
  })

  const revoke = async (credentialIds: readonly string[]) => {
    const body = { credentialIds, partial: true }
    return expect(200, await node.call('POST', at('credentials', 'revoke'), { body })).body
  }
  const read = async () => expect(200, await node.call('GET', list, { key: null }))
  const tagOf = (answer: Awaited<ReturnType<typeof read>>) => answer.headers.get('etag') as string
  const setBits = (encodedList: string) =>
    gunzipSync(Buffer.from(encodedList.slice(1), 'base64url')).reduce(
      (total, byte) => total + byte.toString(2).replaceAll('0', '').length,
      0,
    )

  it('takes as few transactions as gas allows, and publishes the list once', async () => {
    const { chain } = node
    // what a call before has done stays done
    assert.equal((await revoke(ids.slice(0, 4))).credentialIds.length, 4)
    const tags = [tagOf(await read())]
    // one of its transactions fits into a block, so that there is a time between them
    await chain.request('evm_setBlockGasLimit', ['0xe4e1c0'])
    await chain.request('evm_setAutomine', [false])
    const started = performance.now()
    const revoking = revoke(ids)
    let done = false
    revoking
      .finally(() => {
        done = true
      })
      .catch(() => {})
    const pending = async () =>
      ((await chain.request('eth_getBlockByNumber', ['pending', false])) as { transactions: string[] })
        .transactions.length
    while ((await pending()) === 0) tags.push(tagOf(await read()))
    for (let last = false; !last; ) {
      last = done
      if (!last) await chain.request('evm_mine')
      for (let n = 0; n < 3; n++) tags.push(tagOf(await read()))
    }
    const { credentialIds, transactionHashes, refused } = await revoking
    const milliseconds = Math.round(performance.now() - started)
    assert.equal(credentialIds.length, COUNT - 4)
    assert.deepEqual(
      refused.map(({ code }: { code: string }) => code),
      Array(4).fill('ALREADY_REVOKED'),
    )
    const client = await chain.viem.getPublicClient()
    const receipts = await Promise.all(
      transactionHashes.map((hash: `0x${string}`) => client.getTransactionReceipt({ hash })),
    )
    const gas = receipts.map(({ gasUsed }) => Number(gasUsed))
    process.stdout.write(
      `      ${COUNT} revoked in ${milliseconds} ms, gas ${gas.join(' + ')}, the list read ${tags.length} times\n`,
    )
    // 512 words of a list of 131,072, each written for the first time, do not fit into one transaction
    assert.equal(gas.length, 2)
    assert.ok(gas.every((one) => one <= 8_000_000))
    assert.notEqual(receipts[0].blockNumber, receipts[1].blockNumber)
    // before and after, nothing in between
    assert.equal(tags.filter((tag, place) => tag !== tags[place - 1]).length, 2)
    const { body } = await read()
    assert.equal(setBits(body.credentialSubject.encodedList), COUNT)
    const again = await revoke(ids)
    assert.deepEqual(again.credentialIds, [])
    assert.ok(again.refused.every(({ code }: { code: string }) => code === 'ALREADY_REVOKED'))
  })
})
