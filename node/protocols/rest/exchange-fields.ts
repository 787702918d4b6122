import { z } from 'zod'
import { type Caller, limitedTo } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import { roles, states } from '../../exchange/machine.ts'
import { jsonObject, time } from './fields.ts'

export const id = z.string().max(64)
export const params = z.object({ id })
export const comment = z.string().min(1).max(2_000).optional()

const attribute = z.object({ name: z.string(), value: z.string() })
const spoken = z.object({
  content: jsonObject,
  preview: z.array(attribute).readonly().optional(),
  comment: z.string().optional(),
})
export const exchange = z.object({
  id,
  role: z.enum(roles).describe('Which side this node is; it never changes.'),
  state: z.enum(states),
  connectionId: z.string(),
  threadId: z.string().describe('The same on both sides.'),
  format: z.string(),
  issuerDid: z.string().nullable(),
  autoAcceptRequest: z.boolean(),
  credentialId: z
    .string()
    .nullable()
    .describe('What was issued, where the node has a record of it; or stored, as a holder.'),
  messages: z
    .object({
      proposal: spoken.optional(),
      offer: spoken.optional(),
      request: spoken.optional(),
      issued: spoken.optional(),
      problem: z
        .object({ code: z.string(), comment: z.string().optional(), by: z.enum(['us', 'them']) })
        .optional()
        .describe('Why it was abandoned, and by whom.'),
    })
    .describe('What both sides have said.'),
  createdAt: time,
  updatedAt: time,
  expiresAt: time.nullable(),
})

const format = z
  .string()
  .min(1)
  .max(64)
  .meta({ examples: ['w3c', 'anoncreds'] })
export const details = jsonObject.describe('What the format calls for: see docs/exchanges.md.')
export const expiresInSeconds = z
  .number()
  .int()
  .min(1)
  .max(30 * 86_400)
  .optional()
  .describe('When it is abandoned unless it is done; 7 days unless told.')

export const start = { connectionId: id, format, details, comment, expiresInSeconds }
export const emptyOr = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((body) => body ?? schema.parse({}))

export const always: readonly ErrorCode[] = ['UNAUTHORIZED', 'FORBIDDEN']
export const starting: readonly ErrorCode[] = [
  ...always,
  'CONNECTION_NOT_FOUND',
  'CONNECTION_STATE',
  'EXCHANGE_FORMAT_UNSUPPORTED',
  'EXCHANGE_LIMIT',
]
export const moving: readonly ErrorCode[] = [
  ...always,
  'EXCHANGE_NOT_FOUND',
  'EXCHANGE_STATE',
  'CONNECTION_STATE',
  'CHAIN_UNREACHABLE',
]
export const issuing: readonly ErrorCode[] = [
  'ISSUER_NOT_FOUND',
  'ISSUER_DEACTIVATED',
  'ASSERTION_KEY_MISSING',
  'SCHEMA_NOT_FOUND',
  'SCHEMA_DEACTIVATED',
  'SCHEMA_VALIDATION_FAILED',
  'PROOF_TYPE_UNSUPPORTED',
  'DATA_MODEL_UNSUPPORTED',
  'EXPIRATION_INVALID',
  'HOLDER_NOT_FOUND',
]

export const asker = (caller: Caller) => ({ tenantId: caller.tenantId, issuers: limitedTo(caller) })
