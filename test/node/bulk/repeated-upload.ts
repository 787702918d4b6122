import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { type ClientRequest, type IncomingMessage, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { bulkPath, ended, order } from '../../bulk-client.ts'
import { type Answer, startNode, type TestNode } from '../../node.ts'
import { describeOnStacks, nodeStacks } from '../../stacks.ts'
import { expect, expectProblem, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'

const header = 'holderDid,degree.type,degree.name\n'
const row = (name: string) => `${holderDid},BachelorDegree,${name}\n`

describeOnStacks(
  'an upload that is repeated with its Idempotency-Key',
  (stack) => {
    let node: TestNode
    let drop: () => Promise<void>
    let query: Record<string, string>

    before(async () => {
      const database = await stack.create()
      drop = database.drop
      const dataDir = database.environment.DATA_DIR as string
      const environment = { ...database.environment, BULK_BODY_LIMIT: '5000000', BULK_CHUNK_ROWS: '10' }
      node = await startNode({ dataDir, environment })
      const issuerDid = await makeIssuer(node)
      query = { schemaId: await makeSchema(node, issuerDid), issuerDid, proofType: 'eddsa-jcs-2022' }
    })
    after(async () => {
      await node?.close()
      await drop?.()
    })

    const fresh = () => ({ 'idempotency-key': `"${randomUUID()}"` })
    const isReplayed = ({ headers }: Answer) => headers.get('idempotency-replayed') === 'true'
    const jobs = async () =>
      (await node.call('GET', `${bulkPath}?limit=200`)).body.items as { state: string }[]

    /** An upload whose rows the test sends one by one. */
    function beginUpload(headers: Record<string, string>): ClientRequest {
      const sent = request(`${node.node.url}${bulkPath}?${new URLSearchParams(query)}`, {
        ...{ method: 'POST', agent: false },
        headers: { authorization: `Bearer ${node.adminApiKey}`, 'content-type': 'text/csv', ...headers },
      })
      // the end of a line is known by what comes after it
      sent.write(header + row('a'))
      return sent
    }

    async function untilReceiving(count: number): Promise<void> {
      const deadline = Date.now() + 20_000
      while ((await jobs()).filter(({ state }) => state === 'receiving').length !== count) {
        assert.ok(Date.now() < deadline, `there are not ${count} uploads under way`)
        await delay(20)
      }
    }

    it('gets the same answer to the same file, and none to another one', async () => {
      const headers = fresh()
      const rows = header + row('a').repeat(100)
      const first = expect(202, await order(node, { query, rows, headers }))
      const count = (await jobs()).length
      const again = expect(202, await order(node, { query, rows, headers }))
      assert.deepEqual(again.body, first.body)
      assert.ok(isReplayed(again))
      for (const other of [rows.replace(/a\n$/, 'b\n'), rows + row('a'), rows.slice(0, -1), header])
        expectProblem(422, 'IDEMPOTENCY_KEY_REUSED', await order(node, { query, rows: other, headers }))
      // the same bytes as another kind of file
      const type = 'application/x-ndjson'
      expectProblem(422, 'IDEMPOTENCY_KEY_REUSED', await order(node, { query, rows, type, headers }))
      assert.equal((await jobs()).length, count)
      await ended(node, first.body.id)
      assert.deepEqual(expect(202, await order(node, { query, rows, headers })).body, first.body)
    })

    it('waits while the first one is being received', async () => {
      const headers = fresh()
      const upload = beginUpload(headers)
      await untilReceiving(1)
      const rows = header + row('a').repeat(2)
      for (const sent of [rows, header + row('b')]) {
        const answer = expectProblem(
          409,
          'IDEMPOTENCY_KEY_IN_USE',
          await order(node, { query, rows: sent, headers }),
        )
        assert.equal(answer.headers.get('retry-after'), '1')
      }
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>
      upload.end(row('a'))
      const [response] = await answered
      response.resume()
      assert.equal(response.statusCode, 202)
      await once(response, 'end')
      assert.ok(isReplayed(expect(202, await order(node, { query, rows, headers }))))
      const other = await order(node, { query, rows: header + row('b'), headers })
      expectProblem(422, 'IDEMPOTENCY_KEY_REUSED', other)
    })

    it('is taken in anew when the first one was cut off', async () => {
      const headers = fresh()
      const upload = beginUpload(headers)
      upload.on('error', () => {})
      await untilReceiving(1)
      upload.destroy()
      await untilReceiving(0)
      const rows = header + row('a')
      let answer = await order(node, { query, rows, headers })
      while (answer.status === 409) answer = await order(node, { query, rows, headers })
      assert.equal(expect(202, answer).body.total, 1)
    })

    it('is told a refusal again, as far as the refused file was read', async () => {
      const headers = fresh()
      const rows = `${header}${row('a').repeat(15)}${holderDid},"closed"too early,x\n`
      const refused = expectProblem(400, 'MALFORMED_REQUEST', await order(node, { query, rows, headers }))
      const again = await order(node, { query, rows, headers })
      assert.deepEqual(again.body, refused.body)
      assert.ok(isReplayed(again))
      const mended = rows.replace('"closed"too early', 'BachelorDegree')
      expectProblem(422, 'IDEMPOTENCY_KEY_REUSED', await order(node, { query, rows: mended, headers }))
      expect(202, await order(node, { query, rows: mended, headers: fresh() }))
    })

    it('is refused as soon as it is longer than the first one', async () => {
      const headers = fresh()
      expect(202, await order(node, { query, rows: header + row('a'), headers }))
      const upload = beginUpload(headers)
      const answered = once(upload, 'response') as Promise<[IncomingMessage]>
      // it is not at its end, and never will be
      upload.write(row('b'))
      const [response] = await answered
      assert.equal(response.statusCode, 422)
      upload.destroy()
    })
  },
  nodeStacks,
)
