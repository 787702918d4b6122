import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'
import { resolve } from 'node:path'
import type { z } from 'zod'
import type { BulkLimits } from './bulk/bulk-limits.ts'
import {
  type fetchModes,
  type logLevels,
  registries,
  variables,
  type webhookHosts,
} from './config-variables.ts'
import type { Hex, RegistryAddresses } from './ledger/ledger.ts'
import type { Quotas } from './stores/room.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'

/** Everything that can be set from outside; frozen. Durations in milliseconds, sizes in bytes. */
export interface Config {
  readonly port: number
  readonly host: string
  /** Without a slash at the end; goes into what is signed. */
  readonly publicUrl: string
  /** Absolute path. */
  readonly dataDir: string
  /** A PostgreSQL database, with its password; undefined: SQLite in the data directory. */
  readonly databaseUrl: string | undefined
  /** Most connections of this process to that database. */
  readonly databaseConnections: number
  /** A Redis or PostgreSQL by which processes tell each other of work, with its password; undefined: none does. */
  readonly queueUrl: string | undefined
  /** Where a worker tells of its health; undefined: nowhere. */
  readonly workerPort: number | undefined
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
  /** What transactions may cost, in wei. */
  readonly fees: { readonly maxFeePerGas: bigint; readonly priorityFeePerGas: bigint | undefined }
  /** After which a transaction that is not mined offers more. */
  readonly txStuckMs: number
  readonly didWeb: boolean
  /** Whether lists that are not of this ledger are fetched: not, from public hosts, or from this machine too. */
  readonly statusListFetch: (typeof fetchModes)[number]
  /** Which other nodes connections are made with: none, those of public hosts, or those of this machine too. */
  readonly connectionPeers: (typeof fetchModes)[number]
  /** Instead of an API key, for whoever scrapes metrics. */
  readonly metricsToken: string | undefined
  /** Where traces are sent by OTLP over HTTP; undefined: nowhere. */
  readonly traces: { readonly endpoint: string; readonly serviceName: string } | undefined
  /** Which hosts webhooks are sent to: public ones over https, or this machine, too. */
  readonly webhookHosts: (typeof webhookHosts)[number]
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
  /** Most rows of each kind that one owner has: a tenant, a DID, an issuer, a credential. */
  readonly quotas: Quotas
  /** Requests a minute for each API key, and for each address without one. */
  readonly rateLimit: number
  readonly rateLimitAnonymous: number
  /** Addresses of reverse proxies whose X-Forwarded-For names the caller; none when left out. */
  readonly trustProxy: string | undefined
  /** Bytes of bodies of requests that are being answered; what would be more is refused. */
  readonly inProgressBytes: number
  /** Milliseconds by which work may be late before more is refused. */
  readonly eventLoopDelayMs: number
  /** Credentials that may wait for their registration before more are refused. */
  readonly unregisteredLimit: number
  /** How long answers to requests with an Idempotency-Key are kept. */
  readonly idempotencyHours: number
  /** Most of them that a tenant has, and most bytes. */
  readonly idempotencyRecords: number
  readonly idempotencyBytes: number
  readonly bodyLimit: number
  readonly batchBodyLimit: number
  readonly bulk: BulkLimits
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

/** The chain of a process that runs none itself. @throws ConfigError */
export function requireChain({ chain }: Config): NonNullable<Config['chain']> {
  if (chain) return chain
  throw new ConfigError([
    'RPC_URL and REGISTRIES are required here; `npm start` runs an own local chain without them.',
  ])
}

/** The chain of one of several processes. @throws ConfigError where they could not work together */
export function requireShared(config: Config, command: string): NonNullable<Config['chain']> {
  const { chain, databaseUrl } = config
  if (chain && databaseUrl !== undefined) return chain
  throw new ConfigError([
    ...(chain
      ? []
      : [`RPC_URL and REGISTRIES are required for \`${command}\`: all processes share one chain.`]),
    ...(databaseUrl === undefined
      ? [`DATABASE_URL is required for \`${command}\`: SQLite is for one process, \`npm start\`.`]
      : []),
  ])
}

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
    bulk: bulkLimits(values),
  }
}

function quotas(values: Variables): Quotas {
  return Object.freeze({
    dids: values.DID_QUOTA,
    keys: values.KEY_QUOTA,
    contexts: values.CONTEXT_QUOTA,
    schemas: values.SCHEMA_QUOTA,
    definitions: values.DEFINITION_QUOTA,
    apiKeys: values.API_KEY_QUOTA,
    offers: values.OFFER_QUOTA,
    connections: values.CONNECTION_QUOTA,
    exchanges: values.EXCHANGE_QUOTA,
    linkSecrets: values.LINK_SECRET_QUOTA,
    presentationRequests: values.PRESENTATION_REQUEST_QUOTA,
    wallet: values.WALLET_QUOTA,
    recalls: values.RECALL_QUOTA,
  })
}

function bulkLimits(values: Variables): BulkLimits {
  return Object.freeze({
    bytes: values.BULK_BODY_LIMIT,
    rows: values.BULK_ROW_LIMIT,
    rowBytes: values.BULK_LINE_LIMIT,
    chunkRows: values.BULK_CHUNK_ROWS,
    jobs: values.BULK_JOBS,
    tenantRows: values.BULK_TENANT_ROWS,
    keptRows: values.BULK_KEPT_ROWS,
    unsettledChunks: values.BULK_UNSETTLED_CHUNKS,
    takeoverMs: values.BULK_TAKEOVER_MS,
    retentionHours: values.BULK_RETENTION_HOURS,
  })
}

type Served = 'publicUrl' | 'tls' | 'offLedgerIssuers' | 'vcApiPrefix' | 'vcApiAuth' | 'vcApiIssuer' | 'bulk'

function assemble(values: Variables, registered: RegistryAddresses | undefined): Omit<Config, Served> {
  return {
    port: values.PORT,
    host: values.HOST,
    dataDir: resolve(values.DATA_DIR),
    databaseUrl: values.DATABASE_URL,
    databaseConnections: values.DATABASE_CONNECTIONS,
    queueUrl: values.QUEUE_URL,
    workerPort: values.WORKER_PORT,
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
    fees: Object.freeze({
      maxFeePerGas: values.MAX_FEE_PER_GAS_GWEI,
      priorityFeePerGas: values.PRIORITY_FEE_GWEI,
    }),
    txStuckMs: values.TX_STUCK_MS,
    didWeb: values.DID_WEB,
    statusListFetch: values.STATUS_LIST_FETCH,
    webhookHosts: values.WEBHOOK_HOSTS,
    metricsToken: values.METRICS_TOKEN,
    traces: values.OTEL_EXPORTER_OTLP_ENDPOINT
      ? { endpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT, serviceName: values.OTEL_SERVICE_NAME }
      : undefined,
    connectionPeers: values.CONNECTION_PEERS,
    quotas: quotas(values),
    rateLimit: values.RATE_LIMIT,
    rateLimitAnonymous: values.RATE_LIMIT_ANONYMOUS,
    trustProxy: values.TRUST_PROXY,
    inProgressBytes: values.IN_PROGRESS_BYTES,
    eventLoopDelayMs: values.EVENT_LOOP_DELAY_MS,
    unregisteredLimit: values.UNREGISTERED_LIMIT,
    idempotencyHours: values.IDEMPOTENCY_HOURS,
    idempotencyRecords: values.IDEMPOTENCY_RECORDS,
    idempotencyBytes: values.IDEMPOTENCY_BYTES,
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
  if (environment.QUEUE_URL && !environment.DATABASE_URL) {
    problems.push('DATABASE_URL is required with QUEUE_URL: several processes need a database server.')
  }
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
