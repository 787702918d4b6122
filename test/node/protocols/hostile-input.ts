import assert from 'node:assert/strict'
import fc from 'fast-check'
import { startChain, type TestChain } from '../../chain.ts'
import { anything, inWords, nearly } from '../../hostile-values.ts'
import { type Answer, startNode, type TestNode } from '../../node.ts'
import { describeOnStacks, type FreshDatabase, stacks } from '../../stacks.ts'

const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
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
    let bodies: Record<string, unknown>

    before(async () => {
      chain = await startChain()
      fresh = await stack.create()
      const { DATA_DIR: dataDir = '', ...environment } = fresh.environment
      node = await startNode({
        chain,
        dataDir,
        environment: { ...environment, ANCHOR_WAIT_MS: '100', DID_WEB: 'true' },
      })
      const { paths } = (await node.call('GET', '/openapi.json')).body as { paths: Record<string, object> }
      addresses = Object.entries(paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => ({ method: method.toUpperCase(), path })),
      )
      bodies = await goodBodies(node)
    })

    after(async () => {
      await node?.close()
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

    it('gets an answer that is no failure: bodies that are nearly right', async () => {
      for (const [address, good] of Object.entries(bodies)) {
        const [method = '', path = ''] = address.split(' ')
        await fc.assert(
          fc.asyncProperty(nearly(good), async (body) => {
            await answered(method, path, { body: text(body) ?? '' })
          }),
          { numRuns: runs * 8 },
        )
      }
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

/** Requests that succeed, by address; the ids in them are of this node. */
async function goodBodies(node: TestNode): Promise<Record<string, unknown>> {
  const post = async (path: string, body: unknown) => {
    const answer = await node.call('POST', path, { body })
    assert.ok(answer.status < 300, JSON.stringify(answer.body))
    return answer.body
  }
  const { did: issuerDid } = await post('/api/v1/dids', { keys: ['Ed25519', 'P-256'] })
  const jsonSchema = {
    type: 'object',
    properties: { degree: { type: 'object', properties: { name: { type: 'string', pattern: '^[A-Z]' } } } },
  }
  const schema = {
    issuerDid,
    name: 'degree',
    version: '1',
    jsonSchema,
    alias: 'a-degree',
    context: { '@context': {} },
  }
  const { context: _, ...plain } = schema
  const { schemaId } = await post('/api/v1/schemas', plain)
  const claims = { degree: { name: 'Bachelor' } }
  const terms = {
    schemaId,
    issuerDid,
    proofType: 'eddsa-jcs-2022',
    statusEncoding: ['BitstringStatusListEntry'],
  }
  const issue = { ...terms, holderDid, claims, expirationDate: '2040-01-01T00:00:00Z', suspendable: true }
  const { credential, credentialId } = await post('/api/v1/credentials/issue', issue)
  const token = (
    await post('/api/v1/credentials/issue', { ...terms, holderDid, claims, proofType: 'vc+sd-jwt' })
  ).credential
  const linked = (
    await post('/api/v1/credentials/issue', { ...terms, holderDid, claims, proofType: 'eddsa-rdfc-2022' })
  ).credential
  const document = {
    '@context': ['https://www.w3.org/ns/credentials/v2'],
    ...{ type: ['VerifiableCredential'], issuer: issuerDid, credentialSubject: { id: holderDid } },
  }
  const id = encodeURIComponent(credentialId)
  const presentation = { credentials: [credential], holderDid: issuerDid, proofType: 'eddsa-rdfc-2022' }
  return {
    'POST /api/v1/dids': { method: 'key', keys: ['Ed25519'], name: 'A' },
    'POST /api/v1/schemas': schema,
    'POST /api/v1/contexts': {
      issuerDid,
      url: 'https://example.org/c',
      document: { '@context': { a: 'https://example.org/a' } },
    },
    'POST /api/v1/credentials/issue': { ...issue, dryRun: true },
    'POST /api/v1/credentials/issue/batch': { ...terms, dryRun: true, credentials: [{ holderDid, claims }] },
    'POST /api/v1/credentials/verify': { credential, chain: [credential], registration: {} },
    'POST /api/v1/credentials/verify?token': { credential: token },
    'POST /api/v1/credentials/verify?linked': { credential: linked },
    'POST /api/v1/credentials/derive': {
      credential: token,
      selectivePointers: ['/credentialSubject/degree'],
    },
    [`POST /api/v1/credentials/${id}/offers`]: { expiresInSeconds: 60 },
    'POST /api/v1/presentations': presentation,
    'POST /api/v1/api-keys': { name: 'a', scopes: ['credentials:read'], issuerDids: [issuerDid] },
    'POST /vc-api/credentials/issue': {
      credential: document,
      options: { type: 'DataIntegrityProof', cryptosuite: 'eddsa-rdfc-2022' },
    },
    'POST /vc-api/credentials/verify': { verifiableCredential: credential, options: {} },
    'POST /vc-api/presentations': {
      presentation: {
        type: ['VerifiablePresentation'],
        holder: issuerDid,
        verifiableCredential: [credential],
      },
      options: {},
    },
  }
}
