import { z } from 'zod'
import { did, instant, jsonObject, jsonPointer, schemaId } from './fields.ts'

const termsFields = {
  schemaId,
  issuerDid: did,
  proofType: z
    .string()
    .max(64)
    .default('Ed25519Signature2020')
    .describe('`GET /network` lists the proof types.')
    .meta({ examples: ['Ed25519Signature2020', 'eddsa-rdfc-2022', 'JwtProof2020', 'vc+jwt', 'dc+sd-jwt'] }),
  dataModel: z.enum(['1.1', '2.0']).optional().describe('W3C data model; each proof type has its default.'),
  validFrom: instant.optional().describe('Default: now.'),
  expirationDate: instant.optional(),
  validUntil: instant.optional().describe('Another name of expirationDate.'),
  revocable: z.boolean().default(true).describe('False: no status entry, nothing is written to the ledger.'),
  suspendable: z.boolean().default(false),
  mandatoryPointers: z
    .array(jsonPointer)
    .max(64)
    .optional()
    .describe(
      'JSON pointers into the credential whose values its holder always reveals; for proof types with selective disclosure.',
    ),
  statusEncoding: z
    .union([z.string().max(64), z.array(z.string().max(64)).min(1).max(8)])
    .optional()
    .describe(
      'How the credential carries its status; several are views of one entry. Each format has its default.',
    )
    .meta({
      examples: [
        'BitstringStatusListEntry',
        'StatusList2021Entry',
        'TokenStatusList',
        'StatusListRegistryEntry',
      ],
    }),
  dryRun: z.boolean().default(false).describe('Does every check and writes nothing.'),
  anchorOnChain: z.literal(true).optional().describe('A status entry is always registered on the ledger.'),
}

const subjectFields = {
  holderDid: did.optional(),
  subjectDid: did.optional().describe('Another name of holderDid.'),
  claims: jsonObject.describe("What is claimed about the holder, as the schema's JSON Schema has it.").meta({
    examples: [{ degree: { type: 'BachelorDegree', name: 'Bachelor of Science', graduationYear: 2025 } }],
  }),
}

const bothNames = (first: string, second: string) =>
  `${first} and ${second} are two names of one thing: give one`

interface HolderNames {
  holderDid?: string | undefined
  subjectDid?: string | undefined
}
interface ExpiryNames {
  expirationDate?: Date | undefined
  validUntil?: Date | undefined
}
/** Looked at even where other members are wrong, so that everything is told at once. */
const always = ({ value }: { value: unknown }) => typeof value === 'object' && value !== null

type Rule<T> = [(value: T) => boolean, { path: string[]; message: string; when: typeof always }]

const hasHolder: Rule<HolderNames> = [
  ({ holderDid, subjectDid }) => holderDid !== undefined || subjectDid !== undefined,
  { path: ['holderDid'], message: 'is required', when: always },
]
const hasOneHolder: Rule<HolderNames> = [
  ({ holderDid, subjectDid }) => !holderDid || !subjectDid || holderDid === subjectDid,
  { path: ['subjectDid'], message: bothNames('holderDid', 'subjectDid'), when: always },
]
const hasOneExpiry: Rule<ExpiryNames> = [
  ({ expirationDate, validUntil }) => !expirationDate || !validUntil,
  { path: ['validUntil'], message: bothNames('expirationDate', 'validUntil'), when: always },
]

/** One credential. */
export const issueBody = z
  .strictObject({ ...termsFields, ...subjectFields })
  .refine(...hasHolder)
  .refine(...hasOneHolder)
  .refine(...hasOneExpiry)

/** A row of a batch. */
export const batchSubject = z
  .strictObject(subjectFields)
  .refine(...hasHolder)
  .refine(...hasOneHolder)

/** Many credentials. A row that is not well formed fails alone, so it is taken in as it is. */
export const batchBody = z
  .strictObject({
    ...termsFields,
    credentials: z
      .array(z.union([batchSubject, z.unknown()]))
      .min(1)
      .max(10_000),
  })
  .refine(...hasOneExpiry)
