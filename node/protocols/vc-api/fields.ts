import { z } from 'zod'
import type { Json, JsonObject } from '../../json.ts'

/** A JSON object, taken as it is. */
export const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject, Json>

/** Any name that stands in a body or a path. */
export const id = z.string().min(1).max(2_048)

const name = z.string().min(1).max(256)
const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item).min(1).max(2), item.transform((value) => [value])])

const purpose = z.enum(['revocation', 'suspension'])

/** How proofs are made; names that are not known are left to others (VC API: implementations may extend options). */
export const proofOptions = {
  type: name
    .optional()
    .describe('A proof type or a media type; `DataIntegrityProof` goes with `cryptosuite`.'),
  cryptosuite: name.optional().describe('`GET /api/v1/network` lists the proof types.'),
  verificationMethod: id.optional(),
}

export const issueOptions = z
  .looseObject({
    ...proofOptions,
    proofId: id
      .refine(URL.canParse, { error: 'must be a URL' })
      .optional()
      .describe('The id of the new proof.'),
    previousProof: z
      .union([z.array(id).max(16), id.transform((value) => [value])])
      .optional()
      .describe('Ids of proofs of the credential that the new one follows in a chain.'),
    mandatoryPointers: z.array(z.string().max(1_024)).max(256).optional(),
    credentialId: id.optional().describe('Names the credential in this API, when it has no id.'),
    statusPurpose: oneOrMany(purpose)
      .optional()
      .describe('Gives the credential a status entry, registered on the ledger.'),
    credentialStatus: oneOrMany(z.looseObject({ type: name.optional(), statusPurpose: purpose }))
      .optional()
      .describe('The same, with the type of the entry.'),
  })
  .describe('How to secure the credential.')

export const verifyOptions = z.looseObject({
  challenge: z.string().max(2_048).optional(),
  domain: z.string().max(2_048).optional(),
  expectedProofPurpose: name.optional(),
  returnCredential: z.boolean().optional(),
  returnPresentation: z.boolean().optional(),
  returnResults: z.boolean().optional(),
})

export const problemDetail = z.object({
  type: z.string().describe('Of the data model, of Bitstring Status List, or our own.'),
  title: z.string(),
  detail: z.string(),
})

/** The proof type that options name. */
export function proofTypeOf(options: { type?: string | undefined; cryptosuite?: string | undefined }) {
  const { type, cryptosuite } = options
  if (cryptosuite !== undefined) return cryptosuite
  return type === 'DataIntegrityProof' ? undefined : type?.replace(/^application\//, '')
}
