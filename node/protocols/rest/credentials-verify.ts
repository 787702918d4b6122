import { z } from 'zod'
import { registrationSchema } from '../../verification/registration-evidence.ts'
import { problems } from '../problem-document.ts'
import { secured } from './fields.ts'
import type { Resource } from './resource.ts'

/** Members of every verdict. */
export const verdict = {
  status: z.enum(['pass', 'fail', 'unknown']).describe('`unknown`: it could not be decided.'),
  reason: z.string().optional(),
}

const key = z
  .object({
    validFrom: z.string().nullable().describe('Null: since the DID exists.'),
    validUntil: z.string().nullable().describe('Null while the key is listed.'),
    compromisedSince: z
      .string()
      .nullable()
      .describe('Since when others may hold the key, as the issuer says.'),
  })
  .optional()
  .describe('For which time the DID document listed the key, for did:ethr: by its history on the ledger.')

const proof = {
  ...verdict,
  type: z.string(),
  verificationMethod: z.string().optional(),
  key,
}

/** The verdict over one proof, or over a set or chain of them. */
export const proofVerdict = z.object({
  ...proof,
  proofs: z
    .array(z.object({ ...proof, controller: z.string().optional().describe('An endorser.') }))
    .readonly()
    .optional()
    .describe('Every proof of a set or chain; all of them must hold, one must be by the issuer.'),
})

/** What was found about one credential. */
export const credentialOutcome = z.object({
  verified: z.boolean().describe('True when every check passed.'),
  credentialId: z.string().nullable(),
  checks: z.object({
    proof: proofVerdict,
    issuer: z.object({ ...verdict, did: z.string(), active: z.boolean().nullable() }),
    schema: z.object({ ...verdict, schemaId: z.string().nullable() }),
    expiration: z.object({
      ...verdict,
      validFrom: z.string().nullable(),
      expirationDate: z.string().nullable(),
    }),
    revocation: z.object({
      ...verdict,
      revoked: z.boolean().nullable(),
      suspended: z.boolean().nullable(),
      statusListId: z.string().nullable(),
      statusListIndex: z.number().int().nullable(),
    }),
    resources: z
      .object(verdict)
      .optional()
      .describe('Digests of related resources; `unknown` for those that would have to be fetched.'),
    delegation: z
      .object({
        ...verdict,
        onBehalfOf: z
          .string()
          .nullable()
          .describe('The delegator at the root of the chain: compare it with the one you expect.'),
        chain: z.array(z.string()).readonly(),
      })
      .optional()
      .describe('Only for agent delegations.'),
  }),
})

/** `POST /credentials/verify`. */
export const credentialsVerify: Resource = (server, issuer) => {
  server.post(
    '/credentials/verify',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Verification'],
        summary: 'Verify a credential',
        description:
          "Checks proof, issuer, schema, expiration and revocation against the ledger, not against the node's database. Parents of an agent delegation go into `chain`.",
        body: z.strictObject({
          credential: secured,
          chain: z.array(secured).max(16).optional(),
          registration: registrationSchema
            .optional()
            .describe(
              'What `GET /credentials/{id}/registration` gave: shows how old the credential is, where its key was stolen since. What this node issued needs none.',
            ),
        }),
        response: { 200: credentialOutcome, ...problems('UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE') },
      },
    },
    async (request) => {
      const { verified, credentialId, checks } = await issuer.verify({
        ...request.body,
        chain: request.body.chain ?? [],
      })
      return { verified, credentialId, checks }
    },
  )
}
