import assert from 'node:assert/strict'
import { migrateStorage } from '../../../node/composition/storage.ts'
import { parseConfig } from '../../../node/config.ts'
import { observationChannel } from '../../../node/observation.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { startNode, type TestNode } from '../../node.ts'
import { startProcess, type TestProcess } from '../../process.ts'
import { describeOnStacks, postgres } from '../../stacks.ts'
import { at, bachelor, expect, holderDid, makeIssuer, makeSchema } from '../protocols/rest/scenario.ts'
import { type OtlpReceiver, type OtlpSpan, startOtlpReceiver } from './otlp-receiver.ts'

const attribute = (span: OtlpSpan, name: string) =>
  Object.values(span.attributes.find(({ key }) => key === name)?.value ?? {})[0]

describe('traces', () => {
  let receiver: OtlpReceiver
  let node: TestNode
  let chain: TestChain
  let issuerDid: string

  before(async () => {
    receiver = await startOtlpReceiver()
    chain = await startChain()
    node = await startNode({
      chain,
      environment: { OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url, OTEL_SERVICE_NAME: 'issuer of the test' },
    })
    issuerDid = (await node.call('POST', '/api/v1/dids', { body: { method: 'ethr', keys: ['Ed25519'] } }))
      .body.did
  })

  after(async () => {
    await chain.close()
    await receiver.close()
  })

  const degree = { type: 'BachelorDegree', name: 'Secret Name', university: 'MIT', graduationYear: 2025 }
  it('follow one issue from the request to its transaction', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736'
    const { body, status } = await node.call('POST', '/api/v1/credentials/issue', {
      headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
      body: {
        ...{ schemaId: 'education-degree-v1', issuerDid, holderDid, proofType: 'eddsa-jcs-2022' },
        claims: { degree },
      },
    })
    assert.equal(status, 201, JSON.stringify(body))
    const request = await receiver.find((span) => span.traceId === traceId && span.name.startsWith('POST '))
    assert.equal(request.name, 'POST /api/v1/credentials/issue')
    assert.equal(request.parentSpanId, '00f067aa0ba902b7')
    assert.equal(Number(attribute(request, 'http.response.status_code')), 201)
    assert.match(String(attribute(request, 'cartulary.request_id')), /^[0-9a-f-]{36}$/)

    const own = receiver.spans.filter((span) => span.traceId === traceId)
    const steps = own.filter(({ parentSpanId }) => parentSpanId === request.spanId)
    const begun = steps.toSorted((a, b) => Number(BigInt(a.startTimeUnixNano) - BigInt(b.startTimeUnixNano)))
    assert.deepEqual(
      begun.map(({ name }) => name).filter((name) => / |sign|record/.test(name)),
      ['check terms', 'check holder', 'allocate status', 'sign', 'record', 'wait for the ledger'],
    )
    const recording = steps.find(({ name }) => name === 'record')!
    const statements = own.filter(({ parentSpanId }) => parentSpanId === recording.spanId)
    assert.ok(
      statements.some((span) => /insert into "credentials"/.test(String(attribute(span, 'db.query.text')))),
    )

    const anchor = await receiver.find(
      ({ name, links }) =>
        name === 'anchor' && links?.some((link) => link.spanId === request.spanId) === true,
    )
    assert.equal(Number(attribute(anchor, 'cartulary.entries')), 1)
    const sent = await receiver.find(
      ({ name, parentSpanId }) => name.startsWith('transaction ') && parentSpanId === anchor.spanId,
    )
    assert.equal(attribute(sent, 'cartulary.transaction_hash'), body.transactionHash)
    const asked = receiver.spans
      .filter(({ parentSpanId }) => parentSpanId === sent.spanId)
      .map(({ name }) => name)
    assert.ok(asked.includes('eth_sendRawTransaction'), asked.join())
    assert.deepEqual([...receiver.services], ['issuer of the test'])
  })

  it('hold nothing of what is issued, and no values of statements', () => {
    const text = JSON.stringify(receiver.spans)
    for (const secret of ['Secret Name', holderDid, node.adminApiKey])
      assert.equal(text.includes(secret), false)
  })

  it('take no parent that is none', async () => {
    await node.call('GET', '/api/v1/network', { headers: { traceparent: '00-nonsense' } })
    const span = await receiver.find(({ name }) => name === 'GET /api/v1/network')
    assert.equal(span.parentSpanId ?? '', '')
  })

  it('cost nothing without an endpoint: nobody is told of anything that only they want', async () => {
    const other = await startNode({ chain })
    await other.close()
    await node.close()
    assert.equal(observationChannel('step').hasSubscribers, false)
    assert.equal(observationChannel('rpc').hasSubscribers, false)
  })
})

describeOnStacks(
  'traces of an API and a worker',
  (stack) => {
    it('lead from the request in one to the transaction in the other', async () => {
      const [receiver, chain, fresh] = [await startOtlpReceiver(), await startChain(), await stack.create()]
      const environment = {
        ...{ ...fresh.environment, PUBLIC_URL: 'https://issuer.example' },
        OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      }
      const named = (OTEL_SERVICE_NAME: string) => ({ ...environment, OTEL_SERVICE_NAME })
      await migrateStorage(parseConfig(environment))
      const dataDir = fresh.environment.DATA_DIR as string
      const api = await startNode({ chain, dataDir, environment: named('api'), jobs: false })
      let worker: TestProcess | undefined
      try {
        worker = await startProcess('worker', { chain, environment: named('worker') })
        const issuerDid = await makeIssuer(api)
        const terms = { issuerDid, schemaId: await makeSchema(api, issuerDid), proofType: 'eddsa-jcs-2022' }
        const traceId = '0af7651916cd43dd8448eb211c80319c'
        const { body } = expect(
          201,
          await api.call('POST', at('credentials', 'issue'), {
            headers: { traceparent: `00-${traceId}-b7ad6b7169203331-01` },
            body: { ...terms, holderDid, claims: bachelor },
          }),
        )
        const request = await receiver.find(
          (span) => span.traceId === traceId && span.name.startsWith('POST '),
        )
        const anchor = await receiver.find(
          ({ name, links }) =>
            name === 'anchor' && links?.some((link) => link.spanId === request.spanId) === true,
        )
        assert.equal(anchor.links?.find(({ spanId }) => spanId === request.spanId)?.traceId, traceId)
        const sent = await receiver.find(
          ({ name, parentSpanId }) => name.startsWith('transaction ') && parentSpanId === anchor.spanId,
        )
        assert.equal(attribute(sent, 'cartulary.transaction_hash'), body.transactionHash)
        assert.deepEqual(
          [request, anchor, sent].map(({ service }) => service),
          ['api', 'worker', 'worker'],
        )
      } finally {
        await worker?.end('SIGKILL')
        await api.close()
        await fresh.drop()
        await chain.close()
        await receiver.close()
      }
    })
  },
  [postgres],
)
