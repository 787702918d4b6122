import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialOutcome, proofVerdict, verdict } from './credentials-verify.ts'
import { defined, did, jsonPointer, secured } from './fields.ts'
import type { Resource } from './resource.ts'

/** What a verifier has the holder repeat. */
const asked = {
  challenge: z.string().min(1).max(1_024).optional().describe("The verifier's own, for this presentation."),
  domain: z.string().min(1).max(1_024).optional().describe('Whom the presentation is for.'),
}

const presentation = secured.describe('The presentation: JSON with an embedded proof, or a token.')

const outcome = z.object({
  verified: z.boolean().describe('True when every check passed, those of each credential included.'),
  presentationId: z.string().nullable(),
  holder: z.string().nullable(),
  checks: z.object({
    proof: proofVerdict.describe('`unknown` for a presentation without a proof.'),
    holder: z.object({ ...verdict, did: z.string().nullable(), active: z.boolean().nullable() }),
    binding: z.object(verdict).optional().describe('Whether each credential is about the holder.'),
  }),
  credentials: z.array(credentialOutcome).readonly(),
})

/** `POST /presentations/verify`, `POST /presentations` and `POST /credentials/derive`. */
export const presentations: Resource = (server, issuer) => {
  server.post(
    '/presentations/verify',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Verification'],
        summary: 'Verify a presentation',
        description:
          'Checks who presents it, in answer to which challenge and domain, and each of up to 16 credentials in full. Without a challenge nothing tells a fresh presentation from one that was sent before.',
        body: z.strictObject({
          presentation,
          ...asked,
          chain: z.array(secured).max(16).optional().describe('Parents of agent delegations.'),
          holderBinding: z
            .boolean()
            .default(true)
            .describe('False: credentials may be about others than the holder.'),
        }),
        response: { 200: outcome, ...problems('UNSUPPORTED_MEDIA_TYPE', 'PAYLOAD_TOO_LARGE') },
      },
    },
    async ({ body: { presentation, holderBinding, ...others } }) =>
      issuer.verifyPresentation({ presentation, holderBinding, ...defined(others) }),
  )

  server.post(
    '/presentations',
    {
      config: { access: 'presentations:create' },
      schema: {
        tags: ['Presentations'],
        summary: 'Present credentials',
        description:
          'Signs in the name of a DID of this node, with a key that its DID document lists under authentication.',
        body: z.strictObject({
          credentials: z.array(secured).max(16),
          holderDid: did,
          ...asked,
          proofType: z.string().max(64).default('eddsa-rdfc-2022'),
          dataModel: z.enum(['1.1', '2.0']).optional().describe('Default: that of the credentials.'),
        }),
        response: {
          201: z.object({ presentation }),
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'DID_NOT_FOUND',
            'AUTHENTICATION_KEY_MISSING',
            'KEY_NOT_VALID',
            'KEY_DOUBTFUL',
            'PROOF_TYPE_UNSUPPORTED',
            'DATA_MODEL_UNSUPPORTED',
            'CLAIMS_NOT_EXPRESSIBLE',
            'SIGNING_FAILED',
            'CHAIN_UNREACHABLE',
            'KEY_STORE_UNAVAILABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { credentials, holderDid, proofType, ...others } = request.body
      requireIssuer(callerOf(request), holderDid)
      const made = await issuer.provePresentation({ credentials, holderDid, proofType, ...defined(others) })
      reply.status(201)
      return { presentation: made }
    },
  )

  server.post(
    '/credentials/derive',
    {
      config: { access: 'presentations:create' },
      schema: {
        tags: ['Presentations'],
        summary: 'Reveal a choice of attributes',
        description:
          'Makes of a credential with selective disclosure one that shows the values at these pointers, those that the issuer made mandatory, and nothing else.',
        body: z.strictObject({
          credential: secured,
          selectivePointers: z.array(jsonPointer).max(64).default([]),
          nonce: z
            .base64url()
            .max(1_368)
            .optional()
            .describe('What the derived proof repeats, where its type can: base64url, at most 1,024 bytes.'),
        }),
        response: {
          200: z.object({ credential: secured }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'DERIVATION_FAILED', 'KEY_DOUBTFUL', 'CHAIN_UNREACHABLE'),
        },
      },
    },
    async ({ body: { credential, selectivePointers, nonce } }) => ({
      credential: await issuer.deriveCredential({
        ...{ credential, selectivePointers },
        ...(nonce !== undefined && { nonce: Buffer.from(nonce, 'base64url') }),
      }),
    }),
  )
}
