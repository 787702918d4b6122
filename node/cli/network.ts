import * as z from 'zod'
import { type RegisteredContext, registeredContextSchema } from '../bundle/bundle.ts'
import type { RegistryAddresses } from '../ledger/ledger.ts'
import { CliError } from './exit.ts'
import { fetchJson, parseInput, readBytes, type Sources } from './input.ts'
import type { Options } from './options.ts'

const address = z
  .string()
  .regex(/^0x[0-9a-f]{40}$/i)
  .transform((text) => text.toLowerCase() as `0x${string}`)
const registriesSchema = z.looseObject({
  didRegistry: address,
  schemaRegistry: address,
  credentialDefinitionRegistry: address,
  statusListRegistry: address,
})
const networkSchema = z.looseObject({
  chainId: z.number().int().optional(),
  rpcUrl: z.url({ protocol: /^https?$/ }).nullish(),
  registries: registriesSchema,
})

/** What --contexts names. @throws CliError */
export async function readContexts(sources: Sources, { contexts }: Options): Promise<RegisteredContext[]> {
  if (contexts === undefined) return []
  const parsed = z
    .array(registeredContextSchema)
    .max(100)
    .safeParse(parseInput(await readBytes(sources, contexts), contexts))
  if (parsed.success) return parsed.data
  throw new CliError('malformed', `${contexts} is no list of {"issuer", "url", "document"}.`)
}

/** Where the chain answers and the registries stand. */
export interface Network {
  rpcUrl: string
  registries: RegistryAddresses
  chainId?: number
}

/** An address of HTTP, or undefined for any other text. */
export function httpUrl(text: string): URL | undefined {
  return /^https?:\/\//i.test(text) && URL.canParse(text) ? new URL(text) : undefined
}

/** An address below a node's public URL. */
export const nodeAddress = (node: URL, path: string): URL =>
  new URL(`${node.href.replace(/\/+$/, '')}/api/v1/${path}`)

async function readWhere(sources: Sources, where: string): Promise<unknown> {
  const url = httpUrl(where)
  if (url) return fetchJson(sources, nodeAddress(url, 'network'))
  const isJson = where.trimStart().startsWith('{')
  return parseInput(
    isJson ? Buffer.from(where) : await readBytes(sources, where),
    'The value of --registries',
  )
}

/** @throws CliError */
export async function readNetwork(sources: Sources, { rpc, registries, node }: Options): Promise<Network> {
  const where = registries ?? node
  if (where === undefined) {
    throw new CliError(
      'usage',
      'Where are the registries? Give --registries a file or JSON with their addresses, or the URL of a node.',
    )
  }
  const received = await readWhere(sources, where)
  const bare = registriesSchema.safeParse(received)
  const parsed = bare.success ? { data: { registries: bare.data } } : networkSchema.safeParse(received)
  if (!parsed.data) {
    throw new CliError(
      'malformed',
      `${where} does not give the registries: didRegistry, schemaRegistry, credentialDefinitionRegistry and ` +
        'statusListRegistry, each an address, by themselves or under registries.',
    )
  }
  const { registries: addresses, chainId, rpcUrl: told } = parsed.data as z.infer<typeof networkSchema>
  const rpcUrl = rpc ?? told
  if (!rpcUrl || !httpUrl(rpcUrl)) {
    throw new CliError('usage', 'Which chain? Give --rpc the URL of its JSON-RPC, over http or https.')
  }
  return { rpcUrl, registries: addresses, ...(chainId === undefined ? {} : { chainId }) }
}
