import { createReadStream, createWriteStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { createProgress, type Screen } from './bulk-progress.ts'
import { serverEvents } from './event-stream.ts'
import { CliError } from './exit.ts'
import { parseInput, readBytes, type Sources } from './input.ts'
import { httpUrl, nodeAddress } from './network.ts'
import type { Command, Options } from './options.ts'
import type { Result } from './verify.ts'

/** What `cartulary bulk` needs besides what every command does. */
export interface BulkSources extends Sources {
  screen: Screen
  /** Calls back when the user interrupts; the result ends that. */
  onInterrupt(act: () => void): () => void
}

const jobSchema = z.object({
  id: z.string().regex(/^[\w-]{1,128}$/),
  state: z.enum(['receiving', 'running', 'paused', 'cancelled', 'failed', 'done']),
  type: z.enum(['csv', 'ndjson']),
  total: z.number(),
  n: z.number(),
  issued: z.number(),
  failed: z.number(),
  transactions: z.number(),
  rate: z.number().nullable(),
  etaSeconds: z.number().nullable(),
  reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
})
type Job = z.output<typeof jobSchema>

/** A node, and the key to use it with. */
interface Door {
  sources: BulkSources
  node: URL
  key: string
  interrupted: AbortSignal
}

const path = 'credentials/issue/bulk'
const isJobId = (subject: string): boolean => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(subject)
const mostAttempts = 30

/** `cartulary bulk`: sends a file, or takes up a job by its id, shows how far it is, and fetches what came of it. */
export async function bulk(sources: BulkSources, { subject, options }: Command): Promise<Result> {
  const interruption = new AbortController()
  const restore = sources.onInterrupt(() => interruption.abort())
  const node = requireNode(options)
  try {
    const key = await readKey(sources, options)
    const door: Door = { sources, node, key, interrupted: interruption.signal }
    const id = isJobId(subject) ? subject : (await send(door, subject, options)).id
    sources.screen.write(`job ${id}\n`)
    const job = await follow(door, id)
    return job ? await finish(door, { job, subject, options }) : detached(node, id)
  } finally {
    restore()
  }
}

function requireNode({ node }: Options): URL {
  const url = node === undefined ? undefined : httpUrl(node)
  if (url) return url
  throw new CliError('usage', 'Which node? Give --node its URL.')
}

async function readKey(sources: BulkSources, options: Options): Promise<string> {
  const file = options['api-key-file']
  const key =
    options.key ?? (file === undefined ? '' : (await readBytes(sources, file)).toString('utf8').trim())
  if (/^[\x21-\x7e]{1,512}$/.test(key)) return key
  throw new CliError(
    'usage',
    'Give --api-key-file a file with an API key of the node (credentials:issue, credentials:read).',
  )
}

/** Sends the file as it is read. */
async function send(door: Door, file: string, options: Options): Promise<Job> {
  const type = options.type ?? (/\.(ndjson|jsonl)$/i.test(file) ? 'ndjson' : 'csv')
  if (type !== 'csv' && type !== 'ndjson') throw new CliError('usage', '--type is csv or ndjson.')
  const url = nodeAddress(door.node, path)
  url.search = (await queryOf(door.sources, options)).toString()
  const body = file === '-' ? door.sources.stdin : await openFile(file)
  const response = await door.sources
    .fetch(url, {
      method: 'POST',
      headers: {
        ...authorization(door),
        'content-type': type === 'csv' ? 'text/csv' : 'application/x-ndjson',
      },
      body: ReadableStream.from(body),
      signal: door.interrupted,
      duplex: 'half',
    })
    .catch((error: Error) => {
      if (door.interrupted.aborted)
        throw new CliError('unknown', 'Interrupted before all rows had arrived: nothing is issued.')
      throw new CliError(
        'unavailable',
        `${door.node.origin} does not answer: ${error.cause ?? error.message}`,
      )
    })
  return jobSchema.parse(await answer(response))
}

async function openFile(file: string): Promise<AsyncIterable<Uint8Array>> {
  const found = await stat(file).catch((error: NodeJS.ErrnoException) => error)
  if (found instanceof Error)
    throw new CliError('unreadable', `${file} cannot be read: ${found.code ?? found.message}.`)
  if (!found.isFile()) throw new CliError('unreadable', `${file} is no file.`)
  return createReadStream(file)
}

async function queryOf(sources: BulkSources, options: Options): Promise<URLSearchParams> {
  const { schema, issuer, mapping, expires } = options
  if (schema === undefined || issuer === undefined)
    throw new CliError(
      'usage',
      'Give --schema the ID or alias of the schema, and --issuer the DID of the issuer.',
    )
  const columns =
    mapping === undefined || mapping.trimStart().startsWith('{')
      ? mapping
      : (await readBytes(sources, mapping)).toString('utf8')
  return new URLSearchParams({
    ...{ schemaId: schema, issuerDid: issuer },
    ...(options['proof-type'] !== undefined && { proofType: options['proof-type'] }),
    ...(expires !== undefined && { expirationDate: expires }),
    ...(columns !== undefined && { mapping: columns }),
    ...(options['not-revocable'] && { revocable: 'false' }),
    ...(options['dry-run'] && { dryRun: 'true' }),
  })
}

const authorization = ({ key }: Door) => ({ authorization: `Bearer ${key}` })

/** The JSON of an answer. @throws CliError with everything that the node found wrong */
async function answer(response: Response): Promise<unknown> {
  const body = parseInput(new Uint8Array(await response.arrayBuffer()), response.url) as {
    code?: string
    detail?: string
    errors?: { pointer: string; detail: string }[]
  }
  if (response.ok) return body
  const lines = (body.errors ?? []).map(({ pointer, detail }) => `  ${pointer} ${detail}`)
  const told = [`The node answers ${response.status} ${body.code ?? ''}: ${body.detail ?? ''}`, ...lines]
  throw new CliError(
    response.status >= 500 || response.status === 429 ? 'unavailable' : 'malformed',
    clean(told.join('\n')),
  )
}

const clean = (text: string): string => text.replace(/[^\P{Cc}\n]/gu, '\ufffd')

/** Shows how far a job is until it has ended; undefined when the user has had enough. */
async function follow(door: Door, id: string): Promise<Job | undefined> {
  const progress = createProgress(door.sources.screen)
  let lastEventId = ''
  let failures = 0
  try {
    while (!door.interrupted.aborted) {
      try {
        for await (const { event, id: eventId, data } of serverEvents(await listen(door, id, lastEventId))) {
          const job = jobSchema.parse(JSON.parse(data))
          const { reason } = job
          progress.show({
            ...job,
            reason: reason && { code: clean(reason.code), detail: clean(reason.detail) },
          })
          if (event === 'done') return job
          lastEventId = eventId
          failures = 0
        }
      } catch (error) {
        if (error instanceof CliError && error.exit !== 'unavailable') throw error
        if (++failures > mostAttempts) throw error
      }
      await delay(Math.min(1_000 * failures, 10_000), undefined, { signal: door.interrupted }).catch(() => {})
    }
    return undefined
  } finally {
    progress.end()
  }
}

async function listen(door: Door, id: string, lastEventId: string): Promise<AsyncIterable<Uint8Array>> {
  const headers = { ...authorization(door), ...(lastEventId && { 'last-event-id': lastEventId }) }
  const address = nodeAddress(door.node, `${path}/${id}/events`)
  const response = await door.sources.fetch(address, { headers, signal: door.interrupted }).catch(() => {
    throw new CliError('unavailable', `${door.node.origin} does not answer.`)
  })
  if (!response.ok) await answer(response)
  return response.body ?? (async function* () {})()
}

function detached(node: URL, id: string): Result {
  return {
    exit: 'unknown',
    output: `The job goes on without this command. To take it up again:\n  cartulary bulk ${id} --node ${node.href} --api-key-file FILE\n`,
  }
}

/** Fetches the files of what was issued and what was not, and says where they are. */
async function finish(
  door: Door,
  { job, subject, options }: { job: Job; subject: string; options: Options },
): Promise<Result> {
  const base = subject === '-' || isJobId(subject) ? `bulk-${job.id}` : subject
  const lines = [
    `${job.state}: ${job.issued} of ${job.total} rows issued, ${job.failed} failed, ${job.transactions} transactions`,
  ]
  if (job.reason) lines.push(clean(`${job.reason.code}: ${job.reason.detail}`))
  if (job.issued > 0 && !options['dry-run']) {
    const file = options.success ?? `${base}.success.${job.type}`
    await download(door, `${job.id}/success`, file)
    lines.push(`issued: ${file}`)
  }
  if (job.issued < job.total) {
    const file = options.failures ?? `${base}.failure.${job.type}`
    await download(door, `${job.id}/failure`, file)
    lines.push(`not issued, with the reasons: ${file}`)
  }
  const exit = job.state === 'done' && job.failed === 0 ? 'verified' : 'failed'
  return { exit, output: `${lines.join('\n')}\n` }
}

async function download(door: Door, what: string, file: string): Promise<void> {
  const response = await door.sources
    .fetch(nodeAddress(door.node, `${path}/${what}`), { headers: authorization(door) })
    .catch(() => {
      throw new CliError('unavailable', `${door.node.origin} does not answer.`)
    })
  if (!response.ok) await answer(response)
  // what holds ids and personal data is for this user alone
  const target = createWriteStream(file, { mode: 0o600 })
  await pipeline(response.body ? Readable.fromWeb(response.body as never) : Readable.from([]), target).catch(
    (error: NodeJS.ErrnoException) => {
      throw new CliError('unreadable', `${file} cannot be written: ${error.code ?? error.message}.`)
    },
  )
}
