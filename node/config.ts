import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import { z } from 'zod'
import type { Address, Hex, RegistryAddresses } from './ledger/ledger.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/** Everything that can be set from outside; frozen. Durations in milliseconds, sizes in bytes. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Without a slash at the end; goes into what is signed. */
  readonly publicUrl: string
  /** Absolute path. */
  readonly dataDir: string
  /** Port of an own local chain. */
  readonly chainPort: number
  /** A chain that runs elsewhere; undefined: an own local chain. */
  readonly chain: { readonly rpcUrl: string; readonly registries: RegistryAddresses } | undefined
  /** What GET /network may tell the public. */
  readonly rpcPublicUrl: string | undefined
  readonly adminApiKey: string | undefined
  /** 32 bytes in hex or base64. */
  readonly keyEncryptionKey: string | undefined
  readonly relayerPrivateKey: Hex | undefined
  readonly anchorWaitMs: number
  readonly ledgerCacheMs: number
  readonly finalityDepth: number
  readonly didWeb: boolean
  /** Whether lists that are not of this ledger are fetched: not, from public hosts, or from this machine too. */
  readonly statusListFetch: (typeof fetchModes)[number]
  /** Listens with TLS alone; undefined: without. */
  readonly tls: TlsFiles | undefined
  /** Whether did:key and did:web may issue what has no status: they are not on the ledger. */
  readonly offLedgerIssuers: boolean
  /** Where the W3C VC API is mounted: a path without a slash at the end. */
  readonly vcApiPrefix: string
  /** False: who reaches this loopback address may use the VC API without a key. */
  readonly vcApiAuth: boolean
  /** The DID that issues by the VC API where a credential names no issuer. */
  readonly vcApiIssuer: string | undefined
  /** Most DIDs that this node keeps. */
  readonly didQuota: number
  /** Requests a minute for each API key, and for each address without one. */
  readonly rateLimit: number
  readonly rateLimitAnonymous: number
  /** Addresses of reverse proxies whose X-Forwarded-For names the caller; none when left out. */
  readonly trustProxy: string | undefined
  readonly bodyLimit: number
  readonly batchBodyLimit: number
  readonly logLevel: (typeof logLevels)[number]
  readonly confirmPublicUrlChange: boolean
}

/** Every value of the configuration that cannot be used, each with the way out. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly string[]

  constructor(problems: readonly string[]) {
    super(['The configuration cannot be used:', ...problems.map((line) => `  - ${line}`)].join('\n'))
    this.problems = problems
  }
}

const fetchModes = ['off', 'public', 'loopback'] as const
const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const whole = (min: number, max: number, fallback: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)
    .default(fallback)

const flag = z
  .enum(['true', 'false', '1', '0'], 'must be true or false')
  .transform((value) => value === 'true' || value === '1')
  .default(false)

const httpUrl = z
  .string()
  .refine(
    (value) => URL.canParse(value) && /^https?:$/.test(new URL(value).protocol),
    'must be an http(s) URL',
  )

const publicUrl = httpUrl
  .refine(
    (value) => !URL.canParse(value) || !/[?#@]/.test(value),
    'must have no user name, query or fragment: it goes into signed credentials',
  )
  .transform((value) => value.replace(/\/+$/, ''))

const address = z
  .string('is missing')
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hex digits')
  .transform((value) => value.toLowerCase() as Address)

const registries = z.object({
  didRegistry: address,
  schemaRegistry: address,
  credentialDefinitionRegistry: address,
  statusListRegistry: address,
})

const keyEncryptionKey = z
  .string()
  .regex(/^([0-9a-fA-F]{64}|[\w+/-]{43}=?)$/, 'must be 32 bytes, in hex or base64: openssl rand -hex 32')

const prefix = z
  .string()
  .regex(/^(\/[A-Za-z0-9._~-]+){1,4}$/, 'must be a path such as /vc-api, without a slash at the end')
  .refine(
    (value) => !/^\/(api|docs|health|openapi\.json|\.well-known)(\/|$)/.test(value),
    'must not be /api, /docs, /health or another address of the node',
  )

const addressList = z
  .string()
  .refine(
    (value) =>
      value
        .split(',')
        .every(
          (entry) =>
            /^(\d{1,2}|1[01]\d|12[0-8])$/.test(entry.trim().split('/')[1] ?? '0') &&
            isIP(entry.trim().split('/')[0] ?? '') > 0,
        ),
    'must be IP addresses or ranges, separated by commas: 10.0.0.1,192.168.0.0/16',
  )

const variables = z.object({
  PORT: whole(1, 65_535, 3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: publicUrl.optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  CHAIN_PORT: whole(1, 65_535, 8545),
  RPC_URL: httpUrl.optional(),
  REGISTRIES: z.string().optional(),
  RPC_PUBLIC_URL: httpUrl.optional(),
  ADMIN_API_KEY: z
    .string()
    .regex(/^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 printable characters without spaces')
    .optional(),
  KEY_ENCRYPTION_KEY: keyEncryptionKey.optional(),
  RELAYER_PRIVATE_KEY: z
    .string()
    .regex(/^0x[0-9a-fA-F]{64}$/, 'must be 0x and 64 hex digits')
    .transform((value) => value.toLowerCase() as Hex)
    .optional(),
  ANCHOR_WAIT_MS: whole(0, 600_000, 15_000),
  LEDGER_CACHE_MS: whole(0, 3_600_000, 5_000),
  FINALITY_DEPTH: whole(0, 10_000, 0),
  DID_WEB: flag,
  STATUS_LIST_FETCH: z.enum(fetchModes, `must be one of ${fetchModes.join(', ')}`).default('off'),
  TLS_CERT: z.string().optional(),
  TLS_KEY: z.string().optional(),
  OFF_LEDGER_ISSUERS: flag,
  VC_API_PREFIX: prefix.default('/vc-api'),
  VC_API_AUTH: z.enum(['on', 'off'], 'must be on or off').default('on'),
  VC_API_ISSUER: z
    .string()
    .regex(/^did:[a-z0-9]+:[A-Za-z0-9._:%-]{1,2000}$/, 'must be a DID')
    .optional(),
  DID_QUOTA: whole(1, 1_000_000_000, 10_000),
  RATE_LIMIT: whole(1, 10_000_000, 6_000),
  RATE_LIMIT_ANONYMOUS: whole(1, 10_000_000, 600),
  TRUST_PROXY: addressList.optional(),
  BODY_LIMIT: whole(1_024, 268_435_456, 1_048_576),
  BATCH_BODY_LIMIT: whole(1_024, 268_435_456, 33_554_432),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  CONFIRM_PUBLIC_URL_CHANGE: flag,
})

type Variables = z.output<typeof variables>
type Environment = Readonly<Record<string, string | undefined>>

/** Reads the configuration of this process. @throws ConfigError */
export function readConfig(): Config {
  return parseConfig(process.env)
}

/** Parses variables; an empty one counts as not set. @throws ConfigError with every bad value at once */
export function parseConfig(environment: Environment): Config {
  const present = Object.entries(environment).filter(([, value]) => value !== undefined && value !== '')
  const parsed = variables.safeParse(Object.fromEntries(present))
  const problems = parsed.success ? [] : parsed.error.issues.map(describeIssue)
  const registered = readRegistries(environment.REGISTRIES, problems)
  const tls = readTlsFiles({ cert: environment.TLS_CERT, key: environment.TLS_KEY }, problems)
  checkTogether(environment, problems)
  if (!parsed.success || problems.length > 0) throw new ConfigError(problems)
  return Object.freeze({ ...assemble(parsed.data, registered), ...served(parsed.data, tls) })
}

/** How the node is reached, and what for. */
function served(values: Variables, tls: TlsFiles | undefined) {
  return {
    tls,
    publicUrl: values.PUBLIC_URL ?? `${tls ? 'https' : 'http'}://127.0.0.1:${values.PORT}`,
    offLedgerIssuers: values.OFF_LEDGER_ISSUERS,
    vcApiPrefix: values.VC_API_PREFIX,
    vcApiAuth: values.VC_API_AUTH === 'on',
    vcApiIssuer: values.VC_API_ISSUER,
  }
}

type Served = 'publicUrl' | 'tls' | 'offLedgerIssuers' | 'vcApiPrefix' | 'vcApiAuth' | 'vcApiIssuer'

function assemble(values: Variables, registered: RegistryAddresses | undefined): Omit<Config, Served> {
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: resolve(values.DATA_DIR),
    chainPort: values.CHAIN_PORT,
    chain:
      values.RPC_URL && registered
        ? Object.freeze({ rpcUrl: values.RPC_URL, registries: registered })
        : undefined,
    rpcPublicUrl: values.RPC_PUBLIC_URL,
    adminApiKey: values.ADMIN_API_KEY,
    keyEncryptionKey: values.KEY_ENCRYPTION_KEY,
    relayerPrivateKey: values.RELAYER_PRIVATE_KEY,
    anchorWaitMs: values.ANCHOR_WAIT_MS,
    ledgerCacheMs: values.LEDGER_CACHE_MS,
    finalityDepth: values.FINALITY_DEPTH,
    didWeb: values.DID_WEB,
    statusListFetch: values.STATUS_LIST_FETCH,
    didQuota: values.DID_QUOTA,
    rateLimit: values.RATE_LIMIT,
    rateLimitAnonymous: values.RATE_LIMIT_ANONYMOUS,
    trustProxy: values.TRUST_PROXY,
    bodyLimit: values.BODY_LIMIT,
    batchBodyLimit: values.BATCH_BODY_LIMIT,
    logLevel: values.LOG_LEVEL,
    confirmPublicUrlChange: values.CONFIRM_PUBLIC_URL_CHANGE,
  }
}

/** Names the variable and what it must be, never its value: it may be a secret. */
function describeIssue(issue: { path: readonly PropertyKey[]; message: string }): string {
  return `${issue.path.join('.')} ${issue.message}.`
}

function checkTogether(environment: Environment, problems: string[]): void {
  checkVcApi(environment, problems)
  if (environment.RPC_URL && !environment.REGISTRIES) {
    problems.push(
      'REGISTRIES is required with RPC_URL: a file or JSON with the addresses that `npm run deploy` printed.',
    )
  }
  if (environment.REGISTRIES && !environment.RPC_URL) {
    problems.push('RPC_URL is required with REGISTRIES; leave both out for an own local chain.')
  }
  if (environment.HOST && !isLoopback(environment.HOST) && !environment.PUBLIC_URL) {
    problems.push(
      'PUBLIC_URL is required when HOST is not a loopback address: set the URL under which verifiers reach this node.',
    )
  }
}

/** Without keys nobody else may reach the VC API: neither by another address nor through a proxy. */
function checkVcApi(environment: Environment, problems: string[]): void {
  if (environment.VC_API_AUTH !== 'off') return
  const { HOST, PUBLIC_URL, TRUST_PROXY } = environment
  const published = PUBLIC_URL && URL.canParse(PUBLIC_URL) ? new URL(PUBLIC_URL).hostname : '127.0.0.1'
  const isLocal = isLoopback(HOST || '127.0.0.1') && isLoopback(published.replace(/^\[|\]$/g, ''))
  if (isLocal && !TRUST_PROXY) return
  problems.push(
    'VC_API_AUTH=off is for loopback alone: HOST and PUBLIC_URL must be loopback addresses, TRUST_PROXY not set.',
  )
}

function isLoopback(host: string): boolean {
  if (host === 'localhost' || host === '::1') return true
  return isIP(host) === 4 && host.startsWith('127.')
}

function readRegistries(value: string | undefined, problems: string[]): RegistryAddresses | undefined {
  if (!value) return undefined
  const parsed = registries.safeParse(readJson(value, problems))
  if (parsed.success) return Object.freeze(parsed.data)
  if (problems.some((line) => line.startsWith('REGISTRIES'))) return undefined
  problems.push(...parsed.error.issues.map((issue) => `REGISTRIES: ${describeIssue(issue)}`))
  return undefined
}

function readJson(value: string, problems: string[]): unknown {
  try {
    return JSON.parse(value.trimStart().startsWith('{') ? value : readFileSync(value, 'utf8'))
  } catch {
    problems.push('REGISTRIES must be JSON, or the path of a readable file with JSON.')
    return undefined
  }
}
