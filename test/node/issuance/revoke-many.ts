import assert from 'node:assert/strict'
import type { Hex } from '../../../node/ledger/ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { degree, type Issuing, openIssuing } from '../../issuing.ts'
import { type FreshDatabase, stacks } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const COUNT = 10_000

describe('the revocation of 10,000 credentials in one call', () => {
  let chain: TestChain
  let fresh: FreshDatabase
  let house: Issuing
  let ids: string[]
  let list: { statusListId: string; key: Hex }

  before(async () => {
    chain = await startChain()
    fresh = await stacks[0]!.create()
    house = await openIssuing({ chain, location: fresh.location, relayer: { pollingInterval: 50 } })
    const issuer = await house.createIssuer()
    const { results } = await house.issueBatch({
      schemaId: (await house.registerSchema(issuer)).id,
      issuerDid: issuer.did,
      proofType: 'eddsa-jcs-2022',
      revocable: true,
      suspendable: false,
      dryRun: false,
      subjects: Array.from({ length: COUNT }, () => ({ holderDid, claims: degree })),
    })
    ids = results.map((row) => (row.status === 'issued' ? row.credentialId : assert.fail()))
    const { statusListId } = await house.status(ids[0]!)
    const name = { issuer: issuer.identity, purpose: 'revocation', number: 1 } as const
    list = { statusListId: statusListId!, key: house.ledger.statusLists.keyOf(name) }
  })

  after(async () => {
    await house?.close()
    await chain?.close()
    await fresh?.drop()
  })

  const publish = () =>
    house.publish({ statusListId: list.statusListId, segment: '', prefer: ([first = '']) => first })

  it('takes as few transactions as the limit of gas allows, and tells each credential its own', async () => {
    const before = await publish()
    // what a call before has done stays done
    const outcome = await house.changer.change({
      action: 'revoke',
      credentialIds: ids.slice(0, 4),
      partial: true,
    })
    assert.equal(outcome.credentialIds.length, 4)
    const started = performance.now()
    const { credentialIds, transactionHashes, refused } = await house.changer.change({
      action: 'revoke',
      credentialIds: [...ids, 'urn:uuid:unknown'],
      partial: true,
    })
    const milliseconds = Math.round(performance.now() - started)
    assert.equal(credentialIds.length, COUNT - 4)
    assert.deepEqual(refused.map(({ error }) => error.code).sort(), [
      ...Array(4).fill('ALREADY_REVOKED'),
      'CREDENTIAL_NOT_FOUND',
    ])
    const gas = await Promise.all(
      transactionHashes.map(async (hash) => Number((await house.ledger.receipt(hash as Hex))!.gasUsed)),
    )
    process.stdout.write(`      ${COUNT} revoked in ${milliseconds} ms, gas ${gas.join(' + ')}\n`)
    // 512 words of a list of 131,072, each written for the first time, do not fit into one transaction
    assert.equal(gas.length, 2)
    assert.ok(gas.every((one) => one <= 8_000_000))
    const { bits } = await house.ledger.statusLists.bitstring(list.key)
    const set = bits.reduce((total, byte) => total + byte.toString(2).replaceAll('0', '').length, 0)
    assert.equal(set, COUNT)
    const rows = await house.deps.credentials.getMany(ids)
    assert.ok(rows.every(({ status }) => status === 'revoked'))
    const after = await Promise.all(Array.from({ length: 20 }, publish))
    assert.equal(new Set(after.map(({ etag }) => etag)).size, 1)
    assert.notEqual(after[0]?.etag, before.etag)
  })
})
