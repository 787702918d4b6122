import { open } from 'node:fs/promises'
import { CliError } from './exit.ts'

const mostBytes = 32 * 1024 * 1024

/** What the command reads besides its arguments. */
export interface Sources {
  stdin: AsyncIterable<Uint8Array>
  fetch: typeof fetch
}

async function collect(chunks: AsyncIterable<Uint8Array>, name: string): Promise<Buffer> {
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of chunks) {
    size += part.length
    if (size > mostBytes) throw new CliError('unreadable', `${name} is larger than ${mostBytes} bytes.`)
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The bytes of a file, or of standard input for `-`. @throws CliError */
export async function readBytes({ stdin }: Pick<Sources, 'stdin'>, file: string): Promise<Buffer> {
  if (file === '-') return collect(stdin, 'Standard input')
  const handle = await open(file).catch((error: NodeJS.ErrnoException) => {
    throw new CliError('unreadable', `${file} cannot be read: ${error.code ?? error.message}.`)
  })
  return collect(handle.createReadStream(), file).catch((error: NodeJS.ErrnoException) => {
    if (error instanceof CliError) throw error
    throw new CliError('unreadable', `${file} cannot be read: ${error.code ?? error.message}.`)
  })
}

/** JSON as a value, anything else as the text of a token. @throws CliError */
export function parseInput(bytes: Uint8Array, name: string): unknown {
  const content = Buffer.from(bytes).toString('utf8').trim()
  if (content === '') throw new CliError('malformed', `${name} is empty.`)
  if (!/^[{["]/.test(content)) return content
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new CliError('malformed', `${name} is no JSON: ${(error as Error).message}`)
  }
}

/** A file as JSON or a token. @throws CliError */
export async function readInput(sources: Pick<Sources, 'stdin'>, file: string): Promise<unknown> {
  return parseInput(await readBytes(sources, file), file === '-' ? 'Standard input' : file)
}

/** JSON of an address. @throws CliError */
export async function fetchJson(
  sources: Pick<Sources, 'fetch'>,
  url: URL,
  headers: Record<string, string> = {},
): Promise<unknown> {
  const signal = AbortSignal.timeout(15_000)
  const response = await sources.fetch(url, { headers, signal }).catch(() => undefined)
  if (!response) throw new CliError('unavailable', `${url.origin} does not answer.`)
  const body = response.body ? await collect(response.body, url.href) : Buffer.alloc(0)
  if (!response.ok) {
    const { detail = '', title = '' } = parseProblem(body)
    throw new CliError('unavailable', `${url.href} answers ${response.status}. ${detail || title}`.trim())
  }
  return parseInput(body, url.href)
}

function parseProblem(body: Buffer): { detail?: string; title?: string } {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    return {}
  }
}
