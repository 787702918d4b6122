import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { IssuanceTerms } from '../../../node/issuance/issuance.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { type ChainProxy, type RpcRequest, startChainProxy } from '../../chain-proxy.ts'
import { openIssuing } from '../../issuing.ts'
import { checkAgreement, settled } from '../../ledger-agreement.ts'
import { describeOnNodeStacks, type FreshDatabase } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
const program = join(import.meta.dirname, '../../issuing-process.ts')
const isBroadcast = ({ method }: RpcRequest) => method === 'eth_sendRawTransaction'

describeOnNodeStacks('processes that write with one account', (stack) => {
  let chain: TestChain
  let proxy: ChainProxy
  let fresh: FreshDatabase
  let terms: IssuanceTerms
  const acknowledged: string[] = []

  const options = () => ({
    chain: { rpcUrl: chain.rpcUrl, registries: chain.registries },
    location: fresh.location,
    queueUrl: fresh.queueUrl,
    rpcUrl: proxy.url,
    gatherMs: 20,
    relayer: { stuckAfter: 500 },
  })

  before(async () => {
    chain = await startChain()
    proxy = await startChainProxy(chain.rpcUrl)
    fresh = await stack.create()
    const house = await openIssuing(options())
    const issuer = await house.createIssuer()
    terms = await house.degreeTerms(issuer)
    await house.close()
  })

  after(async () => {
    await proxy?.close()
    await chain?.close()
    await fresh?.drop()
  })

  afterEach(() => proxy.behave(() => 'pass'))

  /** A process that issues until it is killed, after so many acknowledgements or by somebody else. */
  function run(acknowledgements: number): { child: ChildProcess; ended: Promise<void> } {
    const child = spawn(process.execPath, [program, JSON.stringify({ ...options(), terms, holderDid })], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const closed = once(child, 'close')
    const read = async () => {
      let count = 0
      for await (const id of createInterface({ input: child.stdout! })) {
        acknowledged.push(id)
        if (++count === acknowledgements) child.kill('SIGKILL')
      }
      await closed
    }
    return { child, ended: read() }
  }

  /** What is left when a process of its own has made good what the others left behind. */
  async function check(title: string): Promise<void> {
    const house = await openIssuing(options())
    try {
      await settled(house)
      const counts = await checkAgreement(house, chain.rpcUrl, acknowledged)
      process.stdout.write(`      ${title}: ${JSON.stringify(counts)}\n`)
      const rows = await house.database
        .selectFrom('transactions')
        .select(['nonce', 'attempt', 'state'])
        .execute()
      const first = rows.filter(({ attempt }) => attempt === 0).map(({ nonce }) => nonce)
      assert.equal(new Set(first).size, first.length, 'a nonce was given out twice')
    } finally {
      await house.close()
    }
  }

  it('share its nonces, and lose nothing when both are killed', async () => {
    await Promise.all([run(24).ended, run(24).ended])
    await check('two processes')
  })

  for (const [when, fate] of [
    ['between signing and broadcasting', 'lose request'],
    ['between broadcasting and noting', 'lose answer'],
  ] as const)
    it(`lose nothing when one is killed ${when}`, async () => {
      const { child, ended } = run(1_000)
      let met = 0
      proxy.behave((requests) => {
        if (!requests.some(isBroadcast) || ++met < 3) return 'pass'
        child.kill('SIGKILL')
        return fate
      })
      await ended
      assert.ok(met >= 3)
      proxy.behave(() => 'pass')
      await check(when)
    })
})
