import assert from 'node:assert/strict'
import fc from 'fast-check'
import { startChain, type TestChain } from '../../chain.ts'
import { anything, eachPart, inWords, nearly, noText } from '../../hostile-values.ts'
import { type Answer, startNode, type TestNode } from '../../node.ts'
import { describeOnStacks, type FreshDatabase, stacks } from '../../stacks.ts'
import { type Receiver, startReceiver } from '../webhooks/receiver.ts'
import { type Description, type RightRequest, rightRequests } from './right-requests.ts'

const runs = Number(process.env.HOSTILE_RUNS ?? 3)
/** No answer to a small request takes longer, on a machine that has other things to do as well. */
const patienceMs = 10_000

interface Address {
  method: string
  path: string
}

describeOnStacks(
  'whatever is sent to a node',
  (stack) => {
    let chain: TestChain
    let fresh: FreshDatabase
    let node: TestNode
    let addresses: Address[]
    let receiver: Receiver
    let requests: RightRequest[]

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      const { DATA_DIR: dataDir = '', ...environment } = fresh.environment
      node = await startNode({
        chain,
        dataDir,
        environment: { ...environment, ANCHOR_WAIT_MS: '100', DID_WEB: 'true', CONNECTION_PEERS: 'loopback' },
      })
      const description: Description = (await node.call('GET', '/openapi.json')).body
      addresses = Object.entries(description.paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
      )
      receiver = await startReceiver()
      requests = await rightRequests(node, description, receiver)
    })

    after(async () => {
      await node?.close()
      await receiver?.close()
      await chain?.close()
      await fresh?.drop()
    })

    async function answered(
      method: string,
      path: string,
      options: Parameters<TestNode['call']>[2],
    ): Promise<Answer> {
      const started = performance.now()
      const answer = await node.call(method, path, options)
      const took = performance.now() - started
      const asked = `${method} ${path} ${JSON.stringify(options).slice(0, 1_000)}`
      assert.ok(took < patienceMs, `${took} ms for ${asked}`)
      // 502 and 503 say that somebody else did not answer, such as the host of a did:web
      const isFine = answer.status < 500 || (answer.status !== 500 && answer.body.code !== undefined)
      assert.ok(isFine, `${answer.status} ${JSON.stringify(answer.body)} for ${asked}`)
      return answer
    }

    const fill = (path: string, values: readonly unknown[]) => {
      let next = 0
      return path.replaceAll(/\{[^}]+\}/g, () => {
        const value = inWords(values[next++ % values.length])
        // what no client can send, and an empty part makes another address
        return encodeURIComponent(value.toWellFormed().slice(0, 3_000)) || 'x'
      })
    }
    const text = (body: unknown) => JSON.stringify(body)

    const send = ({ method, path, key, form }: RightRequest, body: unknown) =>
      answered(method, path, {
        body: form ? form.write(body) : (text(body) ?? ''),
        ...(key !== undefined && { key }),
        ...(form && { headers: { 'content-type': form.type } }),
      })

    it('takes the bodies that the others are made of', async () => {
      for (const request of requests) {
        const { status, body } = await send(request, request.body)
        const isTaken = request.status === undefined ? status < 300 : status === request.status
        assert.ok(isTaken, `${request.operation}: ${status} ${text(body)}`)
      }
    })

    it('gets an answer that is no failure: bodies that are nearly right, for every operation that has one', async () => {
      for (const request of requests) {
        await fc.assert(
          fc.asyncProperty(nearly(request.body), async (body) => {
            await send(request, body)
          }),
          { numRuns: runs * 4 },
        )
      }
    }).timeout(240_000)

    // what does not hang on the database is tried on one
    if (stack === stacks[0])
      it('gets an answer that is no failure: bodies with a part that no text can be made of', async () => {
        for (const request of requests)
          for (const body of eachPart(request.body, noText)) await send(request, body)
      }).timeout(240_000)

    it('gets an answer that is no failure: any body, any part of an address, any header', async () => {
      const parts = fc.array(anything, { minLength: 1, maxLength: 3 })
      for (const { method, path } of addresses) {
        await fc.assert(
          fc.asyncProperty(parts, anything, anything, async (values, body, odd) => {
            const query = `?cursor=${encodeURIComponent(inWords(odd).toWellFormed())}&limit=${encodeURIComponent(inWords(body).toWellFormed().slice(0, 100))}`
            const header = inWords(odd)
              .replaceAll(/[^\x20-\x7e]/g, '')
              .slice(0, 500)
              .trim()
            await answered(method, fill(path, values) + (method === 'GET' ? query : ''), {
              ...(method !== 'GET' && method !== 'DELETE' && { body: text(body) ?? '' }),
              headers: {
                accept: header,
                'idempotency-key': header,
                'if-none-match': header,
                'x-forwarded-for': header,
              },
            })
          }),
          { numRuns: runs },
        )
      }
    }).timeout(240_000)

    it('is refused where it cannot be written down as it is, or poisons objects', async () => {
      for (const odd of [String.raw`"\ud800"`, String.raw`"a\u0000b"`]) {
        for (const body of [`{"name":${odd},"scopes":["credentials:read"],"issuerDids":"*"}`, `{${odd}:1}`]) {
          const { status, body: problem } = await node.call('POST', '/api/v1/api-keys', { body })
          assert.deepEqual([status, problem.code], [400, 'MALFORMED_REQUEST'], body)
        }
      }
      // the escape of a backslash before them is text like any other
      const harmless = String.raw`{"name":"\\u0000 \\ud800 \ud83d\ude00","scopes":["credentials:read"],"issuerDids":"*"}`
      const made = await node.call('POST', '/api/v1/api-keys', { body: harmless })
      assert.equal(made.body.name, String.raw`\u0000 \ud800 😀`)
      const key = JSON.stringify({ name: 'x', scopes: ['credentials:read'], issuerDids: '*' })
      for (const poison of [
        `{"__proto__":{"isAdmin":true},${key.slice(1)}`,
        key.replace('{', '{"name":"y",'),
        `${'['.repeat(100_000)}`,
      ]) {
        assert.equal((await node.call('POST', '/api/v1/api-keys', { body: poison })).status, 400)
      }
      assert.equal(({} as { isAdmin?: boolean }).isAdmin, undefined)
      assert.equal((await node.call('GET', '/api/v1/credentials/a%00b')).status, 400)
    })

    it('leads to no file and no other host', async () => {
      for (const path of [
        '/docs/static/..%2f..%2fpackage.json',
        '/docs/static/%2e%2e/%2e%2e/package.json',
        '/docs/static//etc/passwd',
        '/..%2f..%2fetc%2fpasswd',
        '/api/v1/contexts/..%2f..%2fpackage.json',
        '/..%5c..%5cpackage.json/did.json',
        '/.well-known/..%2fdid.json',
      ]) {
        const { status } = await node.call('GET', path, { key: null })
        assert.ok(status >= 400 && status < 500, `${status} for ${path}`)
      }
    })
  },
  stacks,
)
