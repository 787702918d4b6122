import * as z from 'zod'
import { decimal, natural } from './integer.ts'
import { parse } from './parse.ts'
import { identifier } from './schema.ts'

/** Longest raw value, in characters. */
export const longestRaw = 65_536

const attributeValue = z.looseObject({ raw: z.string().max(longestRaw), encoded: decimal })

const credentialDocument = z.looseObject({
  schema_id: identifier,
  cred_def_id: identifier,
  rev_reg_id: z.null().optional(),
  values: z.record(z.string().min(1).max(256), attributeValue),
  signature: z.looseObject({
    p_credential: z.looseObject({ m_2: natural, a: natural, e: natural, v: natural }),
    r_credential: z.null().optional(),
  }),
  signature_correctness_proof: z.looseObject({ se: natural, c: natural }),
  rev_reg: z.null().optional(),
  witness: z.null().optional(),
})

/** A credential (AnonCreds specification, Credential): as issued with v″, as stored with v = v′ + v″. */
export type AnonCredsCredential = z.infer<typeof credentialDocument>

/** @throws MALFORMED_REQUEST, also for a revocable credential */
export const parseCredential = (value: unknown): AnonCredsCredential =>
  parse(credentialDocument, value, 'credential')
