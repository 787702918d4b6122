import assert from 'node:assert/strict'
import { parse } from 'csv-parse/sync'
import type { Answer, CallOptions, TestNode } from './node.ts'

export const bulkPath = '/api/v1/credentials/issue/bulk'

/** One server-sent event. */
export interface ServerEvent {
  event: string
  id: string
  // biome-ignore lint/suspicious/noExplicitAny: tests read what they expect
  data: any
}

/** Sends a file of rows; `query` is what they have in common. */
export function order(
  node: TestNode,
  input: { query: Record<string, string>; rows: string; type?: string } & Pick<
    CallOptions,
    'key' | 'headers'
  >,
): Promise<Answer> {
  const { query, rows: body, type = 'text/csv', headers, ...options } = input
  const path = `${bulkPath}?${new URLSearchParams(query)}`
  return node.call('POST', path, { ...options, body, headers: { 'content-type': type, ...headers } })
}

/** The events of a job as they come. */
export async function* follow(
  node: TestNode,
  id: string,
  { lastEventId }: { lastEventId?: string } = {},
): AsyncGenerator<ServerEvent> {
  const response = await fetch(`${node.node.url}${bulkPath}/${id}/events`, {
    headers: {
      authorization: `Bearer ${node.adminApiKey}`,
      ...(lastEventId && { 'last-event-id': lastEventId }),
    },
  })
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('content-type'), 'text/event-stream')
  let rest = ''
  for await (const piece of (response.body as ReadableStream).pipeThrough(new TextDecoderStream())) {
    const blocks = (rest + piece).split('\n\n')
    rest = blocks.pop() ?? ''
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)))
      if (fields.event) yield { event: fields.event, id: fields.id, data: JSON.parse(fields.data) }
    }
  }
}

/** Follows a job to its end and gives what it is like then. */
export async function ended(node: TestNode, id: string) {
  let last: ServerEvent | undefined
  for await (const event of follow(node, id)) last = event
  assert.equal(last?.event, 'done')
  return last.data
}

/** A file of a job. */
export async function download(
  node: TestNode,
  id: string,
  name: string,
  accept = '*/*',
): Promise<{ type: string; text: string }> {
  const headers = { authorization: `Bearer ${node.adminApiKey}`, accept }
  const response = await fetch(`${node.node.url}${bulkPath}/${id}/${name}`, { headers })
  const text = await response.text()
  assert.equal(response.status, 200, text)
  return { type: response.headers.get('content-type') ?? '', text }
}

/** The same as CSV records by the names of their columns. */
export async function csvFile(node: TestNode, id: string, name: string): Promise<Record<string, string>[]> {
  const { type, text } = await download(node, id, name, 'text/csv')
  assert.match(type, /^text\/csv/)
  return parse(text, { columns: true, relax_column_count: true })
}

/** The same as objects. */
export async function ndjsonFile(node: TestNode, id: string, name: string) {
  const { type, text } = await download(node, id, name, 'application/x-ndjson')
  assert.equal(type, 'application/x-ndjson')
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}

/**
 * Asserts that a job has ended well with every row issued and registered once, by its files; `names` are what the
 * degrees of its rows are called, each another one. Gives the ids of the credentials.
 */
export async function everyRowOnce(
  node: TestNode,
  job: { id: string; state: string; issued: number; failed: number; registered: number },
  names: readonly string[],
): Promise<string[]> {
  const { id, state, issued, failed, registered } = job
  const all = names.length
  assert.deepEqual(
    { state, issued, failed, registered },
    { state: 'done', issued: all, failed: 0, registered: all },
  )
  const rows = await ndjsonFile(node, id, 'success?include=credentials')
  assert.deepEqual(
    rows.map(({ row, credential }) => [row, credential.credentialSubject.degree.name]),
    names.map((name, position) => [position + 1, name]),
  )
  assert.ok(rows.every(({ registration }) => registration === 'registered'))
  return rows.map(({ credentialId }) => credentialId)
}
