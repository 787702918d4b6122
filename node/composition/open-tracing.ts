import { readFileSync } from 'node:fs'
import type { Config } from '../config.ts'
import type { Tracing } from '../observability/tracing.ts'

/** The traces of a node; undefined without OTEL_EXPORTER_OTLP_ENDPOINT: then nothing of OpenTelemetry is loaded. */
export async function openTracing({ traces }: Pick<Config, 'traces'>): Promise<Tracing | undefined> {
  if (!traces) return undefined
  const { openTracing: open } = await import('../observability/tracing.ts')
  const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  return open({ ...traces, version })
}
