import assert from 'node:assert/strict'
import { observationChannel } from '../../../node/observation.ts'
import { startChain, type TestChain } from '../../chain.ts'
import { startNode, type TestNode } from '../../node.ts'
import { type OtlpReceiver, type OtlpSpan, startOtlpReceiver } from './otlp-receiver.ts'

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
  const holderDid = 'did:key:z6MkhaXgBZDvotDkL5257faiztiGiC2QtKLGpbnnEGta2doK'
  const attribute = (span: OtlpSpan, name: string) =>
    Object.values(span.attributes.find(({ key }) => key === name)?.value ?? {})[0]

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
