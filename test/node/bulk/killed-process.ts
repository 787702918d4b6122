import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'
import { createBulkChunkStore } from '../../../node/stores/bulk-chunks.ts'
import { openDatabase } from '../../../node/stores/database.ts'
import { csvFile, ended, order } from '../../bulk-client.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { startNode, type TestNode } from '../../node.ts'
import { describeOnStacks, type FreshDatabase, nodeStacks } from '../../stacks.ts'
import { expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const program = join(import.meta.dirname, '../../bulk-process.ts')
const rows = 400
const limits = { BULK_CHUNK_ROWS: '20', BULK_TAKEOVER_MS: '1000', PUBLIC_URL: 'http://issuer.test' }

describeOnStacks(
  'a process that is killed in the middle of a bulk job',
  (stack) => {
    // after so many chunks; a start takes seconds
    const kills = stack === nodeStacks[0] ? [6, 12] : [8]
    let chain: TestChain
    let database: FreshDatabase

    before(async () => {
      chain = await startChain()
      database = await stack.create()
    })
    after(async () => {
      await chain?.close()
      await database?.drop()
    })

    const start = () =>
      startNode({
        chain,
        dataDir: database.environment.DATA_DIR as string,
        environment: { ...database.environment, ...limits },
      })

    /** Runs a node in a process of its own until so many chunks are recorded in all, and kills it at once. */
    async function runAndKill(node: TestNode, chunks: number): Promise<void> {
      const environment = { ...node.environment, ...limits, LOG_LEVEL: 'silent' }
      const child: ChildProcess = spawn(
        process.execPath,
        [
          program,
          JSON.stringify({ environment, chain: { rpcUrl: chain.rpcUrl, registries: chain.registries } }),
        ],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      )
      const closed = once(child, 'close')
      for await (const _url of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
        const opened = await openDatabase(database.location)
        const recorded = async () => {
          const { count } = await opened
            .selectFrom('bulk_chunks')
            .select((eb) => eb.fn.countAll<number | string>().as('count'))
            .where('state', '!=', 'waiting')
            .executeTakeFirstOrThrow()
          return Number(count)
        }
        while ((await recorded()) < chunks) await delay(2)
        child.kill('SIGKILL')
        await opened.destroy()
      }
      await closed
    }

    it('leaves a job that goes on where it was, with every row issued once', async () => {
      const first = await start()
      const issuerDid = await makeIssuer(first)
      const schemaId = await makeSchema(first, issuerDid)
      const lines = Array.from(
        { length: rows },
        (_, i) => `${holderDid},BachelorDegree,n${i},${i % 10 === 0 ? 'x' : 2020}`,
      )
      const text = ['holderDid,degree.type,degree.name,degree.graduationYear', ...lines].join('\n')
      const query = { issuerDid, schemaId, proofType: 'eddsa-jcs-2022' }
      const { id } = expect(202, await order(first, { query, rows: text })).body
      await first.close()
      for (const chunks of kills) await runAndKill(first, chunks)

      const last = await start()
      const job = await ended(last, id)
      assert.deepEqual(
        [job.state, job.total, job.issued, job.failed, job.registered],
        ['done', rows, 360, 40, 360],
      )
      const success = await csvFile(last, id, 'success')
      const failure = await csvFile(last, id, 'failure')
      const numbers = [...success.map(({ row }) => row), ...failure.map((row) => row['cartulary:row'])].map(
        Number,
      )
      assert.deepEqual(
        numbers.toSorted((a, b) => a - b),
        Array.from({ length: rows }, (_, i) => i + 1),
      )
      await last.close()

      const opened = await openDatabase(database.location)
      const issued = await opened
        .selectFrom('credentials')
        .innerJoin('registration_entries as entries', 'entries.credential_id', 'credentials.credential_id')
        .select(['credentials.credential_id', 'secured', 'status_index'])
        .execute()
      const names = issued.map(({ secured }) => JSON.parse(secured).credentialSubject.degree.name)
      assert.equal(new Set(names).size, 360, 'a row was issued twice or not at all')
      assert.equal(issued.length, 360)
      assert.equal(new Set(issued.map(({ status_index }) => status_index)).size, 360)
      const registered = await createBulkChunkStore(opened).registrations(
        issued.map(({ credential_id }) => credential_id),
      )
      assert.ok(registered.every(({ state }) => state === 'registered'))
      await opened.destroy()
      process.stdout.write(
        `      ${kills.length} processes killed; ${issued.length} rows issued once, ${failure.length} refused\n`,
      )
    })
  },
  nodeStacks,
)
