import { open } from 'node:fs/promises'
import * as z from 'zod'
import type { AuditEntry } from '../audit/entry.ts'
import type { AnchoredHead } from '../audit/read-log.ts'
import type { JsonObject } from '../json.ts'
import { CliError } from './exit.ts'
import { fetchJson, type Sources } from './input.ts'
import { nodeAddress } from './network.ts'

const hash = z.string().regex(/^[0-9a-f]{64}$/)
const ledgerHash = z.string().regex(/^0x[0-9a-f]{64}$/)
const seq = z.number().int().min(1)

const entrySchema = z.union([
  z.strictObject({
    ...{ seq, hash, id: z.string(), at: z.string(), tenantId: z.string(), actor: z.string() },
    ...{ requestId: z.string().nullable(), type: z.string(), subject: z.string() },
    data: z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>,
  }),
  z.strictObject({ seq, hash, digest: hash }),
])
const anchorSchema = z.strictObject({
  ...{ seq, hash, listKey: ledgerHash, root: ledgerHash, proof: z.array(ledgerHash).max(24) },
  ...{ transactionHash: ledgerHash, blockNumber: z.number().int().min(0) },
})
const lineSchema = z.union([z.object({ entry: z.unknown() }), z.object({ anchor: z.unknown() })])

/** Where a log is read from, more than once. */
export interface AuditSource {
  entries(): AsyncIterable<AuditEntry>
  anchors(): AsyncIterable<AnchoredHead>
}

function parse<T>(schema: z.ZodType<T>, value: unknown, where: string): T {
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const [issue] = parsed.error.issues
  throw new CliError('malformed', `${where} is none: ${issue?.path.join('/') || '/'} ${issue?.message}`)
}

/** The log of a running node. */
export function nodeSource(sources: Pick<Sources, 'fetch'>, node: URL, key: string): AuditSource {
  async function* pages(path: string): AsyncIterable<unknown> {
    for (let cursor: string | null = ''; cursor !== null; ) {
      const question = `${path}?limit=1000${cursor && `&cursor=${encodeURIComponent(cursor)}`}`
      const headers = { authorization: `Bearer ${key}` }
      const page = (await fetchJson(sources, nodeAddress(node, question), headers)) as {
        items: unknown[]
        nextCursor: string | null
      }
      yield* page.items
      cursor = page.nextCursor
    }
  }
  return {
    async *entries() {
      for await (const item of pages('audit')) yield parse(entrySchema, item, 'An entry of the node')
    },
    async *anchors() {
      for await (const item of pages('audit/anchors'))
        yield parse(anchorSchema, item, 'An anchor of the node')
    },
  }
}

/** The log in a file: one JSON object a line, `{"entry": …}` or `{"anchor": …}`, as `cartulary audit export` writes it. */
export function fileSource(file: string): AuditSource {
  async function* lines(): AsyncIterable<{ value: object; where: string }> {
    const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
      throw new CliError('unreadable', `${file} cannot be read: ${error.code ?? error.message}.`)
    })
    let number = 0
    for await (const line of handle.readLines()) {
      number++
      const where = `Line ${number} of ${file}`
      if (line.trim() !== '') yield { value: parse(lineSchema, parseJson(line, where), where), where }
    }
  }
  return {
    async *entries() {
      for await (const { value, where } of lines())
        if ('entry' in value) yield parse(entrySchema, value.entry, where)
    },
    async *anchors() {
      for await (const { value, where } of lines())
        if ('anchor' in value) yield parse(anchorSchema, value.anchor, where)
    },
  }
}

function parseJson(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    throw new CliError('malformed', `${where} is no JSON.`)
  }
}
