import * as z from 'zod'
import { decimal, natural } from './integer.ts'
import { parse } from './parse.ts'
import { identifier } from './schema.ts'

const index = z.number().int().min(0).max(15)
const referent = z.string().min(1).max(256)
const attribute = z.string().min(1).max(256)
const raw = z.string().max(65_536)

const predicateProof = z.strictObject({
  u: z.strictObject({ '0': decimal, '1': decimal, '2': decimal, '3': decimal }),
  r: z.strictObject({ '0': decimal, '1': decimal, '2': decimal, '3': decimal, DELTA: decimal }),
  mj: decimal,
  alpha: decimal,
  t: z.strictObject({ '0': natural, '1': natural, '2': natural, '3': natural, DELTA: natural }),
  predicate: z.strictObject({
    attr_name: attribute,
    p_type: z.enum(['GE', 'LE', 'GT', 'LT']),
    value: z.number().int(),
  }),
})

const primaryProof = z.strictObject({
  eq_proof: z.strictObject({
    revealed_attrs: z.record(attribute, decimal),
    a_prime: natural,
    e: decimal,
    v: decimal,
    m: z.record(attribute, decimal),
    m2: decimal,
  }),
  ge_proofs: z.array(predicateProof).max(64),
})

const revealed = z.strictObject({ sub_proof_index: index, raw, encoded: decimal })

const presentationDocument = z.strictObject({
  proof: z.strictObject({
    proofs: z
      .array(z.strictObject({ primary_proof: primaryProof, non_revoc_proof: z.null().optional() }))
      .max(16),
    aggregated_proof: z.strictObject({
      c_hash: natural,
      c_list: z.array(z.array(z.number().int().min(0).max(255)).max(520)).max(6000),
    }),
  }),
  requested_proof: z.strictObject({
    revealed_attrs: z.record(referent, revealed),
    revealed_attr_groups: z
      .record(
        referent,
        z.strictObject({
          sub_proof_index: index,
          values: z.record(attribute, z.strictObject({ raw, encoded: decimal })),
        }),
      )
      .optional(),
    self_attested_attrs: z.record(referent, raw),
    unrevealed_attrs: z.record(referent, z.strictObject({ sub_proof_index: index })),
    predicates: z.record(referent, z.strictObject({ sub_proof_index: index })),
  }),
  identifiers: z
    .array(
      z.strictObject({
        schema_id: identifier,
        cred_def_id: identifier,
        rev_reg_id: z.null().optional(),
        timestamp: z.null().optional(),
      }),
    )
    .max(16),
})

/** A presentation (AnonCreds specification, Presentation); one proof for each credential, in the order of `identifiers`. */
export type AnonCredsPresentation = z.infer<typeof presentationDocument>

/** The proof over one credential. */
export type PrimaryProof = z.infer<typeof primaryProof>

/** The proof of one predicate. */
export type PredicateProof = z.infer<typeof predicateProof>

/** @throws MALFORMED_REQUEST, also for members that nobody would check */
export const parsePresentation = (value: unknown): AnonCredsPresentation =>
  parse(presentationDocument, value, 'presentation')
