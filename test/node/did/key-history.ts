import assert from 'node:assert/strict'
import fc from 'fast-check'
import {
  compromiseAttribute,
  compromiseStatement,
  publicKeyOf,
  readKeyHistory,
} from '../../../node/did/key-history.ts'
import { createDidResolver } from '../../../node/did/resolver.ts'
import type { DidChange, Ledger } from '../../../node/ledger/ledger.ts'
import { openLedger } from '../../../node/ledger/open-ledger.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { digestSigner, fundedKey } from '../../digest-signer.ts'

const key = (byte: number) => Uint8Array.from([0xed, 0x01, ...new Uint8Array(32).fill(byte)])
const delegate = (byte: number) => `0x${byte.toString(16).padStart(40, '0')}` as const

/** Changes that a document takes in or not, few enough for the same one to come twice. */
const change: fc.Arbitrary<DidChange> = fc.oneof(
  fc.record({
    kind: fc.constant('setAttribute' as const),
    name: fc.constantFrom(
      'did/pub/Multikey/veriKey/base58',
      'did/pub/Secp256k1/veriKey/hex',
      'did/svc/Hub',
      'other',
    ),
    value: fc.constantFrom(key(1), key(2)),
    validity: fc.constantFrom(60, 86_400, 4_000_000_000),
  }),
  fc.record({
    kind: fc.constant('revokeAttribute' as const),
    name: fc.constantFrom('did/pub/Multikey/veriKey/base58', 'did/pub/Secp256k1/veriKey/hex', 'did/svc/Hub'),
    value: fc.constantFrom(key(1), key(2)),
  }),
  fc.record({
    kind: fc.constant('setAttribute' as const),
    name: fc.constant(compromiseAttribute),
    value: fc.constant(compromiseStatement('00'.repeat(32), new Date(0))),
    validity: fc.constant(86_400),
  }),
  fc.record({
    kind: fc.constant('addDelegate' as const),
    type: fc.constantFrom('veriKey', 'sigAuth', 'status'),
    delegate: fc.constantFrom(delegate(1), delegate(2)),
    validity: fc.constantFrom(60, 86_400),
  }),
  fc.record({
    kind: fc.constant('revokeDelegate' as const),
    type: fc.constantFrom('veriKey', 'status'),
    delegate: fc.constantFrom(delegate(1), delegate(2)),
  }),
)

describe('the history of keys', () => {
  let chain: TestChain
  let ledger: Ledger

  before(async () => {
    chain = await startChain()
    ledger = await openLedger({ ...chain, relayer: digestSigner(fundedKey), pollingInterval: 5 })
  })
  after(async () => {
    await ledger?.close()
    await chain?.close()
  })

  it('lists the ids that the npm resolver lists, in every version, whatever was changed', async () => {
    const { chainId, rpcUrl, registries } = chain
    const resolver = createDidResolver({ chainId, rpcUrl, didRegistry: registries.didRegistry })
    const transactions = fc.array(fc.array(change, { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    })
    await fc.assert(
      fc.asyncProperty(transactions, async (batches) => {
        const owner = digestSigner()
        for (const changes of batches) {
          await ledger.dids.applyChangesSigned({ identity: owner.address, changes, sign: owner.signDigest })
          await chain.request('evm_increaseTime', [40])
        }
        const did = ledger.didOf(owner.address)
        const events = await ledger.dids.history(owner.address)
        for (const { blockNumber, time } of events) {
          const { didDocument } = await resolver.resolve(`${did}?versionId=${blockNumber}`)
          const listed = didDocument?.assertionMethod?.map((id) => String(id).split('#')[1])
          // what happened up to then, so that a later listing continues no earlier one
          const past = events.filter((event) => event.blockNumber <= blockNumber)
          const { periods } = readKeyHistory(owner.address, past) ?? { periods: [] }
          const then = periods.filter(
            ({ isEnded, until }) => !isEnded && (until === null || Date.parse(until) >= Date.parse(time)),
          )
          const ids = then.map(({ fragment }) => fragment)
          for (const id of listed ?? []) assert.ok(ids.includes(id as string), `${id} in ${ids}`)
          for (const { fragment, attribute } of then) {
            const shown = didDocument?.verificationMethod?.find(({ id }) => id === `${did}#${fragment}`)
            const key = attribute && publicKeyOf(attribute)
            if (shown && key) assert.deepEqual(shown, { id: shown.id, controller: did, ...key })
          }
        }
      }),
      { numRuns: 15 },
    )
  })

  it('does not guess at numbers that resolvers do not agree on', async () => {
    const owner = digestSigner()
    const strange: DidChange = { kind: 'setAttribute', name: 'did/pub/a b', value: key(1), validity: 60 }
    await ledger.dids.applyChangesSigned({
      identity: owner.address,
      changes: [strange],
      sign: owner.signDigest,
    })
    assert.equal(readKeyHistory(owner.address, await ledger.dids.history(owner.address)), undefined)
  })
})
