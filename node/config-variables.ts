import { isIP } from 'node:net'
import { z } from 'zod'
import type { Address, Hex } from './ledger/ledger.ts'

export const fetchModes = ['off', 'public', 'loopback'] as const
export const webhookHosts = ['public', 'loopback'] as const
export const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const

const wholeNumber = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d{1,10}$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`)

const whole = (min: number, max: number, fallback: number) => wholeNumber(min, max).default(fallback)

/** An amount of gwei as wei; 1 gwei is 10^9 wei. */
const gwei = (fallback?: string) => {
  const amount = z
    .string()
    .regex(/^\d{1,9}(\.\d{1,9})?$/, 'must be an amount of gwei, such as 30 or 0.05')
    .transform((value) => {
      const [whole = '0', fraction = ''] = value.split('.')
      return BigInt(whole) * 1_000_000_000n + BigInt(fraction.padEnd(9, '0'))
    })
  return fallback === undefined ? amount : z.string().default(fallback).pipe(amount)
}

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

const databaseUrl = z
  .string()
  .refine(
    (value) => /^postgres(ql)?:\/\//.test(value) && URL.canParse(value) && !/%(?![0-9a-fA-F]{2})/.test(value),
    'must be a URL of a PostgreSQL database: postgres://user:password@host:5432/database',
  )

const queueUrl = z
  .string()
  .refine(
    (value) =>
      /^(rediss?|postgres(ql)?):\/\//.test(value) &&
      URL.canParse(value) &&
      !/%(?![0-9a-fA-F]{2})/.test(value),
    'must be the URL of a Redis or a PostgreSQL database: redis://host:6379 or postgres://user:password@host/database',
  )

const address = z
  .string('is missing')
  .regex(/^0x[0-9a-fA-F]{40}$/, 'must be an address: 0x and 40 hex digits')
  .transform((value) => value.toLowerCase() as Address)

/** Addresses of the registries, as `npm run deploy` prints them. */
export const registries = z.object({
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

/** The variables of the environment by their names, with their defaults. */
export const variables = z.object({
  PORT: whole(1, 65_535, 3000),
  HOST: z.string().min(1).default('127.0.0.1'),
  PUBLIC_URL: publicUrl.optional(),
  DATA_DIR: z.string().min(1).default('./data'),
  DATABASE_URL: databaseUrl.optional(),
  DATABASE_CONNECTIONS: whole(2, 1_000, 10),
  QUEUE_URL: queueUrl.optional(),
  WORKER_PORT: wholeNumber(1, 65_535).optional(),
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
  MAX_FEE_PER_GAS_GWEI: gwei('500'),
  PRIORITY_FEE_GWEI: gwei().optional(),
  TX_STUCK_MS: whole(1_000, 86_400_000, 60_000),
  DID_WEB: flag,
  STATUS_LIST_FETCH: z.enum(fetchModes, `must be one of ${fetchModes.join(', ')}`).default('off'),
  CONNECTION_PEERS: z.enum(fetchModes, `must be one of ${fetchModes.join(', ')}`).default('public'),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\x21-\x7e]{16,256}$/, 'must be 16 to 256 printable characters without spaces')
    .optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  OTEL_SERVICE_NAME: z.string().min(1).max(200).default('cartulary'),
  WEBHOOK_HOSTS: z.enum(webhookHosts, `must be one of ${webhookHosts.join(', ')}`).default('public'),
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
  KEY_QUOTA: whole(1, 1_000_000, 1_000),
  CONTEXT_QUOTA: whole(1, 1_000_000, 100),
  SCHEMA_QUOTA: whole(1, 1_000_000, 10_000),
  DEFINITION_QUOTA: whole(1, 1_000_000, 1_000),
  API_KEY_QUOTA: whole(1, 1_000_000, 1_000),
  OFFER_QUOTA: whole(1, 1_000_000, 100),
  CONNECTION_QUOTA: whole(1, 1_000_000, 10_000),
  EXCHANGE_QUOTA: whole(1, 1_000_000, 10_000),
  LINK_SECRET_QUOTA: whole(1, 1_000_000, 1_000),
  PRESENTATION_REQUEST_QUOTA: whole(1, 1_000_000, 10_000),
  WALLET_QUOTA: whole(1, 1_000_000, 100_000),
  RECALL_QUOTA: whole(1, 1_000_000, 10_000),
  RATE_LIMIT: whole(1, 10_000_000, 6_000),
  RATE_LIMIT_ANONYMOUS: whole(1, 10_000_000, 600),
  TRUST_PROXY: addressList.optional(),
  IN_PROGRESS_BYTES: whole(8_192, 9_999_999_999, 16_777_216),
  EVENT_LOOP_DELAY_MS: whole(10, 60_000, 2_000),
  UNREGISTERED_LIMIT: whole(1, 10_000_000, 100_000),
  IDEMPOTENCY_HOURS: whole(1, 8_760, 24),
  IDEMPOTENCY_RECORDS: whole(1, 1_000_000_000, 1_000_000),
  IDEMPOTENCY_BYTES: whole(1_024, 9_999_999_999, 1_073_741_824),
  BODY_LIMIT: whole(1_024, 268_435_456, 1_048_576),
  BATCH_BODY_LIMIT: whole(1_024, 268_435_456, 33_554_432),
  BULK_BODY_LIMIT: whole(1_024, 9_999_999_999, 536_870_912),
  BULK_ROW_LIMIT: whole(1, 1_000_000, 1_000_000),
  BULK_LINE_LIMIT: whole(256, 1_048_576, 65_536),
  BULK_CHUNK_ROWS: whole(1, 10_000, 1_000),
  BULK_JOBS: whole(1, 10_000, 10),
  BULK_TENANT_ROWS: whole(1, 1_000_000_000, 2_000_000),
  BULK_KEPT_ROWS: whole(1, 9_999_999_999, 50_000_000),
  BULK_UNSETTLED_CHUNKS: whole(1, 1_000, 4),
  BULK_TAKEOVER_MS: whole(1_000, 600_000, 15_000),
  BULK_RETENTION_HOURS: whole(1, 87_600, 720),
  LOG_LEVEL: z.enum(logLevels, `must be one of ${logLevels.join(', ')}`).default('info'),
  CONFIRM_PUBLIC_URL_CHANGE: flag,
})
