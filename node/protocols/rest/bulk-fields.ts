import { z } from 'zod'
import type { BulkJob, BulkPace } from '../../bulk/describe-job.ts'
import type { IssuanceTerms } from '../../issuance/issuance.ts'
import { parseStrictJson } from '../../tokens/strict-json.ts'
import { defined, did, instant, jsonPointer, schemaId, time } from './fields.ts'

const flag = z.enum(['true', 'false']).transform((value) => value === 'true')
const texts = (item: z.ZodType<string>) =>
  z.union([item, z.array(item).min(1).max(64)]).transform((value) => [value].flat())

/** JSON in a query parameter; what is none fails as what it should be. */
const mapping = z
  .string()
  .transform(readJson)
  .pipe(
    z.record(z.string(), z.union([z.string().max(1_024), z.null()]), {
      error:
        'must be a JSON object of column names and where their values go: {"Name": "degree.name", "Note": null}',
    }),
  )
  .meta({ examples: ['{"Student": "holderDid", "Name": "degree.name", "Note": null}'] })

function readJson(text: string): unknown {
  try {
    return parseStrictJson(text)
  } catch {
    return undefined
  }
}

/** What all rows have in common. */
export const bulkQuery = z
  .strictObject({
    schemaId,
    issuerDid: did,
    proofType: z
      .string()
      .max(64)
      .default('Ed25519Signature2020')
      .describe('`GET /network` lists the proof types.'),
    dataModel: z.enum(['1.1', '2.0']).optional(),
    validFrom: instant.optional().describe('Default: when the row is issued.'),
    expirationDate: instant.optional(),
    validUntil: instant.optional().describe('Another name of expirationDate.'),
    revocable: flag.default(true),
    suspendable: flag.default(false),
    statusEncoding: texts(z.string().max(64)).optional().describe('May be repeated.'),
    mandatoryPointers: texts(jsonPointer).optional().describe('May be repeated.'),
    dryRun: flag.default(false).describe('Does every check of every row and issues nothing.'),
    mapping: mapping
      .optional()
      .describe(
        'CSV: where the values of a column go, by its name; null leaves it out. Columns are named by default by the members they are for: `holderDid`, `degree.name`.',
      ),
  })
  .refine(({ expirationDate, validUntil }) => !expirationDate || !validUntil, {
    path: ['validUntil'],
    message: 'expirationDate and validUntil are two names of one thing: give one',
  })

export type BulkQuery = z.output<typeof bulkQuery>

/** The terms of a query. */
export function bulkTerms(query: BulkQuery): IssuanceTerms {
  const { schemaId: schema, issuerDid, proofType, revocable, suspendable, dryRun } = query
  return {
    ...{ schemaId: schema, issuerDid, proofType, revocable, suspendable, dryRun },
    ...defined({
      dataModel: query.dataModel,
      validFrom: query.validFrom,
      expirationDate: query.expirationDate ?? query.validUntil,
      statusEncodings: query.statusEncoding,
      mandatoryPointers: query.mandatoryPointers,
    }),
  }
}

const count = z.number().int()

/** A job, in a list. */
export const bulkJob = z.object({
  id: z.string(),
  state: z
    .enum(['receiving', 'running', 'paused', 'cancelled', 'failed', 'done'])
    .describe('`receiving`: not all rows have arrived. `failed`: ended by what `reason` tells.'),
  issuerDid: did,
  schemaId: z.string(),
  proofType: z.string(),
  dryRun: z.boolean(),
  type: z.enum(['csv', 'ndjson']),
  total: count.describe('Rows.'),
  n: count.describe('Rows that are done: issued and failed.'),
  issued: count,
  failed: count,
  registered: count.describe('Issued, with a registration that is mined, or without need of one.'),
  reason: z.object({ code: z.string(), detail: z.string() }).nullable(),
  createdAt: time,
  updatedAt: time,
  finishedAt: time.nullable(),
}) satisfies z.ZodType<BulkJob>

/** A job with its pace. */
export const bulkProgress = bulkJob.extend({
  rate: z.number().nullable().describe('Rows a second, of late.'),
  etaSeconds: count.nullable().describe('Until the last row is done, at this rate.'),
  transactions: count.describe('How many transactions have registered the credentials.'),
}) satisfies z.ZodType<BulkJob & BulkPace>
