import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { startChain, type TestChain } from '../../chain.ts'
import { type Issuing, openIssuing } from '../../issuing.ts'
import { describeOnStacks, type FreshDatabase, postgres } from '../../stacks.ts'

const program = join(import.meta.dirname, '../../allocating-process.ts')
const processes = 8
const total = 100_000
/** So many entries the first list still has: all processes meet its end, and open the next one at once. */
const left = 40_000

describeOnStacks(
  'allocation by eight processes',
  (stack) => {
    let chain: TestChain
    let fresh: FreshDatabase
    let house: Issuing

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      house = await openIssuing({ chain, location: fresh.location, jobs: false })
    })

    after(async () => {
      await house?.close()
      await chain?.close()
      await fresh?.drop()
    })

    async function allocate(issuerDid: string): Promise<string[]> {
      const child = spawn(
        process.execPath,
        [
          program,
          JSON.stringify({
            chain: { rpcUrl: chain.rpcUrl, registries: chain.registries },
            ...{ location: fresh.location, issuerDid },
            ...{ total: total / processes, most: 200 },
          }),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      return (await text(child.stdout)).trimEnd().split('\n')
    }

    it(`hands out ${total} indices, none twice and none left out`, async () => {
      const { did } = await house.createIssuer()
      await house.deps.allocateStatus({ issuer: { did } as never, count: 1 })
      const { start } = await house.database
        .updateTable('status_pairs')
        .set((eb) => ({ next: eb('capacity', '-', left) }))
        .where('issuer_did', '=', did)
        .returning('next as start')
        .executeTakeFirstOrThrow()
      const lines = (await Promise.all(Array.from({ length: processes }, () => allocate(did)))).flat()
      const pairs = await house.database
        .selectFrom('status_pairs')
        .selectAll()
        .where('issuer_did', '=', did)
        .orderBy('number')
        .execute()
      const perList = new Map<string, number>()
      for (const line of new Set(lines)) {
        const [list = ''] = line.split(' ')
        perList.set(list, (perList.get(list) ?? 0) + 1)
      }
      assert.equal(lines.length, total)
      assert.equal(new Set(lines).size, total, 'an index was handed out twice')
      for (const { pair_id, state, number, next, capacity } of pairs) {
        assert.equal(state, 'open')
        const { revocation } = await house.deps.statusLists.listsOf(pair_id)
        // what was handed out is what was taken: nothing is left out
        const taken = Math.min(next, capacity) - (number === 1 ? start : 0)
        assert.equal(perList.get(revocation.status_list_id), taken)
      }
      assert.equal(pairs.length, 2)
      process.stdout.write(
        `      ${processes} processes, ${lines.length} indices in ${pairs.length} lists: 0 twice, 0 left out\n`,
      )
    })
  },
  [postgres],
)
