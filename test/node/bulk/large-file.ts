import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { setTimeout as delay } from 'node:timers/promises'
import { sql } from 'kysely'
import { type Database, openDatabase } from '../../../node/stores/database.ts'
import { startFlags } from '../../../scripts/start-flags.ts'
import { bulkPath } from '../../bulk-client.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { adminApiKey } from '../../node.ts'
import { startProcess, type TestProcess } from '../../process.ts'
import { memoryOf } from '../../process-memory.ts'
import { counterOf } from '../../registered-once.ts'
import { checkGroups } from '../../registration-groups.ts'
import { expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const rows = Number(process.env.SOAK_ROWS ?? 20_000)
const limitMb = 512
/** By so many megabytes the peak of a second half may be above that of the first: of 1,000,000 rows 67 bytes each. */
const slackMb = 32
const headers = { authorization: `Bearer ${adminApiKey}` }
const say = (text: string) => process.stdout.write(`      ${text}\n`)
const nameOf = (row: number) => `Bachelor of Science ${row}`

describe(`a file of ${rows} rows`, () => {
  let chain: TestChain
  let folder: string
  let node: TestProcess
  let database: Database
  let issuerDid: string
  let schemaId: string

  before(async () => {
    chain = await startChain()
    folder = await mkdtemp(join(tmpdir(), 'cartulary-'))
    node = await startProcess('all', { chain, environment: { DATA_DIR: folder }, flags: startFlags() })
    database = await openDatabase({ file: join(folder, 'cartulary.db') })
    issuerDid = await makeIssuer(node)
    schemaId = await makeSchema(node, issuerDid)
  })
  after(async () => {
    await node?.end('SIGKILL')
    await database?.destroy()
    await chain?.close()
    await rm(folder, { recursive: true })
  })

  const peak = () => memoryOf(node.pid, 'VmHWM')

  /** Sends the file as a stream and gives the job, with the peak at the middle of the upload. */
  async function upload(): Promise<{ id: string; half: number }> {
    let half = 0
    const encoder = new TextEncoder()
    function* lines() {
      let text = 'holderDid,degree.type,degree.name\n'
      for (let row = 1; row <= rows; row++) {
        text += `${holderDid},BachelorDegree,${nameOf(row)}\n`
        if (row === Math.ceil(rows / 2)) half = peak()
        if (text.length < 65_536 && row < rows) continue
        yield encoder.encode(text)
        text = ''
      }
    }
    const query = new URLSearchParams({ schemaId, issuerDid, proofType: 'eddsa-jcs-2022' })
    const response = await fetch(`${node.url}${bulkPath}?${query}`, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'text/csv' },
      body: ReadableStream.from(lines()),
      duplex: 'half',
    })
    const { id, ...rest } = (await response.json()) as { id: string }
    assert.equal(response.status, 202, JSON.stringify(rest))
    return { id, half }
  }

  async function until(id: string, isSo: (job: { n: number; state: string }) => boolean) {
    for (;;) {
      const { body } = expect(200, await node.call('GET', `${bulkPath}/${id}`))
      if (isSo(body)) return body
      assert.notEqual(body.state, 'failed', JSON.stringify(body))
      await delay(100)
    }
  }

  /** Reads the file of successes line by line: each row is there once, in its place, with its own credential. */
  async function readSuccesses(id: string): Promise<void> {
    const response = await fetch(`${node.url}${bulkPath}/${id}/success?include=credentials`, {
      headers: { ...headers, accept: 'application/x-ndjson' },
    })
    assert.equal(response.status, 200)
    let row = 0
    const body = Readable.fromWeb(response.body as NonNullable<typeof response.body>)
    for await (const line of createInterface({ input: body })) {
      const told = JSON.parse(line)
      const { name } = told.credential.credentialSubject.degree
      assert.deepEqual([told.row, told.registration, name], [++row, 'registered', nameOf(row)])
    }
    assert.equal(row, rows)
  }

  /** Each credential has an index of its own, and each list's counter on the ledger is as high as its credentials are many. */
  async function checkLists(): Promise<void> {
    const { rows: lists } = await sql<{ key: string; entries: number; indices: number }>`select key,
      count(*) as entries, count(distinct status_index) as indices from registration_entries as entries
      join credentials on credentials.credential_id = entries.credential_id
      join status_lists as lists on lists.status_list_id = entries.status_list_id group by key`.execute(
      database,
    )
    for (const { key, entries, indices } of lists)
      assert.deepEqual([indices, await counterOf(chain, key)], [entries, entries])
    assert.equal(
      lists.reduce((total, { entries }) => total + entries, 0),
      rows,
    )
    await checkGroups(database)
  }

  it('is issued and registered row by row once, in memory that does not grow with it', async () => {
    const started = performance.now()
    const { id, half: uploadHalf } = await upload()
    const uploaded = peak()
    await until(id, ({ n }) => n >= rows / 2)
    const half = peak()
    const job = await until(id, ({ state }) => state === 'done')
    const all = peak()
    const seconds = ((performance.now() - started) / 1_000).toFixed(0)
    say(
      `${rows} rows in ${seconds} s; peaks ${uploadHalf}, ${uploaded} MB (upload), ${half}, ${all} MB (issuing)`,
    )
    assert.deepEqual([job.issued, job.failed, job.registered], [rows, 0, rows])
    await readSuccesses(id)
    await checkLists()
    say(`peak ${peak()} MB with the file of successes`)
    assert.ok(uploaded - uploadHalf < slackMb, 'the second half of the upload takes more than the first')
    assert.ok(all - half < slackMb, 'the second half takes more than the first')
    assert.ok(peak() < limitMb)
  }).timeout(120_000 + rows * 20)
})
