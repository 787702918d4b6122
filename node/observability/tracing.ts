import { AsyncLocalStorage } from 'node:async_hooks'
import {
  type Attributes,
  isValidSpanId,
  isValidTraceId,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  trace,
} from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'
import { type DatabaseQuery, databaseChannel, type ObservedWork, observationChannel } from '../observation.ts'

/** The span of one request. */
export interface RequestSpan {
  /** W3C Trace Context, 3.2: for whoever goes on with its work. */
  readonly traceparent: string
  /** Does work of which the spans are this one's children. */
  run<T>(work: () => T): T
  end(status: number): void
}

/** The traces of one node. */
export interface Tracing {
  beginRequest(request: {
    method: string
    route: string
    requestId: string
    traceparent: string | undefined
  }): RequestSpan
  /** Sends what has not been sent. */
  close(): Promise<void>
}

interface Options {
  /** Where OTLP over HTTP is received; `/v1/traces` is added. */
  endpoint: string
  serviceName: string
  version: string
}

const exportEveryMs = 1_000
const longestSql = 500

/** Sends spans of requests and of what is done for them, by a provider of its own: nothing of the process is changed. */
export function openTracing({ endpoint, serviceName, version }: Options): Tracing {
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/+$/, '')}/v1/traces` })
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': serviceName, 'service.version': version }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: exportEveryMs })],
  })
  const tracer = provider.getTracer('cartulary', version)
  const active = new AsyncLocalStorage<Span>()
  const begin: Begin = (name, { parent = active.getStore()?.spanContext(), ...options }) =>
    tracer.startSpan(name, options, parent ? trace.setSpanContext(ROOT_CONTEXT, parent) : ROOT_CONTEXT)
  const ends = [...watchWork(active, begin), watchDatabase(active, begin)]
  return {
    beginRequest: ({ method, route, requestId, traceparent }) => {
      const parent = parseTraceparent(traceparent)
      const span = begin(`${method} ${route}`, {
        kind: SpanKind.SERVER,
        attributes: { 'http.request.method': method, 'http.route': route, 'cartulary.request_id': requestId },
        ...(parent && { parent }),
      })
      return {
        traceparent: formatTraceparent(span.spanContext()),
        run: (work) => active.run(span, work),
        end: (status) => {
          span.setAttribute('http.response.status_code', status)
          if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end()
        },
      }
    },
    close: async () => {
      for (const end of ends) end()
      await provider.shutdown()
    },
  }
}

interface SpanOptions {
  kind?: SpanKind
  attributes?: Attributes
  links?: Link[]
  startTime?: number
  /** The span that is active when left out. */
  parent?: SpanContext
}
type Begin = (name: string, options: SpanOptions) => Span

/** How work of each kind is told; undefined: not at all, for what nobody waits for is of no trace. */
const tellers: {
  [Kind in keyof ObservedWork]: (
    work: ObservedWork[Kind],
    isTraced: boolean,
  ) => ({ name: string } & SpanOptions) | undefined
} = {
  rpc: ({ method }, isTraced) =>
    isTraced
      ? { name: method, kind: SpanKind.CLIENT, attributes: { 'rpc.system': 'jsonrpc', 'rpc.method': method } }
      : undefined,
  transaction: ({ call }, isTraced) => (isTraced ? { name: `transaction ${call}` } : undefined),
  step: ({ name }, isTraced) => (isTraced ? { name } : undefined),
  // of many requests, so it is a trace of its own, linked with theirs
  anchor: ({ anchorId, parents }) => ({
    name: 'anchor',
    kind: SpanKind.CONSUMER,
    attributes: { 'cartulary.anchor_id': anchorId },
    links: parents.flatMap((parent) => {
      const context = parseTraceparent(parent)
      return context ? [{ context }] : []
    }),
  }),
}

function watchWork(active: AsyncLocalStorage<Span>, begin: Begin): (() => void)[] {
  return (Object.keys(tellers) as (keyof ObservedWork)[]).map((kind) => {
    const spans = new WeakMap<object, Span>()
    const channel = observationChannel(kind)
    const onEnd = (work: unknown) => {
      const span = spans.get(work as object)
      if (span) endSpan(span, work as object)
    }
    channel.start.bindStore(active as AsyncLocalStorage<object>, (work) => {
      const present = active.getStore()
      const told = tellers[kind](work as never, present !== undefined)
      // what is not told keeps the span that is active, or none
      if (!told) return present as Span
      const span = begin(told.name, told)
      spans.set(work, span)
      return span
    })
    channel.asyncEnd.subscribe(onEnd)
    return () => {
      channel.start.unbindStore(active as AsyncLocalStorage<object>)
      channel.asyncEnd.unsubscribe(onEnd)
    }
  })
}

function endSpan(span: Span, work: { result?: unknown; error?: unknown }): void {
  const receipts = [work.result].flat() as (
    | { transactionHash?: unknown; blockNumber?: unknown }
    | undefined
  )[]
  const hashes = receipts.flatMap((receipt) =>
    typeof receipt?.transactionHash === 'string' ? receipt.transactionHash : [],
  )
  if (hashes.length > 0) span.setAttribute('cartulary.transaction_hash', hashes.join(' '))
  if (typeof work.result === 'number') span.setAttribute('cartulary.entries', work.result)
  // the code alone: a message may hold what is not for everybody
  const { code } = (work.error ?? {}) as { code?: unknown }
  if (work.error !== undefined)
    span.setStatus({ code: SpanStatusCode.ERROR, message: String(code ?? 'error') })
  span.end()
}

/** Statements without their values, each told when it has ended. */
function watchDatabase(active: AsyncLocalStorage<Span>, begin: Begin): () => void {
  const onQuery = (message: unknown) => {
    if (active.getStore() === undefined) return
    const { sql, milliseconds, failed } = message as DatabaseQuery
    const span = begin(sql.split(' ', 1)[0] ?? 'query', {
      kind: SpanKind.CLIENT,
      attributes: { 'db.query.text': sql.slice(0, longestSql) },
      startTime: Date.now() - milliseconds,
    })
    if (failed) span.setStatus({ code: SpanStatusCode.ERROR })
    span.end()
  }
  databaseChannel.subscribe(onQuery)
  return () => databaseChannel.unsubscribe(onQuery)
}

/** @returns undefined for what does not follow W3C Trace Context, 3.2.2 */
function parseTraceparent(text: string | undefined): SpanContext | undefined {
  const [, traceId, spanId, flags] = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/.exec(text ?? '') ?? []
  if (!traceId || !spanId || !flags || !isValidTraceId(traceId) || !isValidSpanId(spanId)) return undefined
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true }
}

const formatTraceparent = ({ traceId, spanId, traceFlags }: SpanContext): string =>
  `00-${traceId}-${spanId}-${(traceFlags & 1).toString(16).padStart(2, '0')}`
