import { z } from 'zod'
import { requireScope } from '../../access/caller.ts'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { jsonObject, time } from './fields.ts'
import type { Resource } from './resource.ts'

const requestBody = z.strictObject({
  name: z.string().max(256),
  version: z.string().max(64).default('1.0'),
  requested_attributes: jsonObject.optional(),
  requested_predicates: jsonObject.optional(),
  expiresInSeconds: z.number().int().min(10).max(604_800).default(3_600),
})

const kept = z.object({
  presentationRequestId: z.string().describe('Verify the answer with it: that works once.'),
  presentationRequest: jsonObject.describe('To be sent to the holder as it is.'),
  expiresAt: time,
})

const verifyBody = z
  .strictObject({
    presentation: jsonObject,
    presentationRequest: jsonObject
      .optional()
      .describe('The request as it was sent; whoever sent it takes its nonce back once.'),
    presentationRequestId: z.uuid().optional().describe('Of a request that this node made.'),
  })
  .refine(
    ({ presentationRequest, presentationRequestId }) =>
      (presentationRequest === undefined) !== (presentationRequestId === undefined),
    { error: 'must have either presentationRequest or presentationRequestId' },
  )

const outcome = z.object({
  verified: z.boolean(),
  reason: z.string().optional().describe('Why it is not verified; then nothing of it is shown.'),
  revealed: z
    .record(z.string(), z.record(z.string(), z.string()))
    .describe('Raw values that issuers vouch for, by referent and attribute name.'),
  unrevealed: z.array(z.string()).describe('Referents that a credential answers without showing the value.'),
  selfAttested: z.record(z.string(), z.string()).describe('Values that the holder says itself, by referent.'),
  predicates: z.array(z.string()).describe('Referents of the predicates that hold.'),
  credentials: z
    .array(z.object({ schemaId: z.string(), credDefId: z.string() }))
    .describe('Schema and definition, so the issuer, of each credential.'),
})

const tags = ['AnonCreds']

/** `POST /anoncreds/presentation-requests` and `POST /anoncreds/presentations/verify`. */
export const anonCredsVerify: Resource = (server, { anoncreds }) => {
  server.post(
    '/anoncreds/presentation-requests',
    {
      config: { access: 'anoncreds:verify' },
      schema: {
        tags,
        summary: 'Make a presentation request',
        description:
          'With a nonce that this node takes back once. A verifier may as well make requests itself, and keep the nonces.',
        body: requestBody,
        response: { 201: kept, ...problems('UNAUTHORIZED', 'FORBIDDEN', 'QUOTA_EXCEEDED') },
      },
    },
    async (request, reply) => {
      const { expiresInSeconds, ...asked } = request.body
      const { tenantId } = callerOf(request)
      reply.status(201)
      const made = await anoncreds.makePresentationRequest({ tenantId, request: asked, expiresInSeconds })
      return { ...made, presentationRequest: made.presentationRequest as JsonObject }
    },
  )
  server.post(
    '/anoncreds/presentations/verify',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'Verify an AnonCreds presentation',
        description:
          'Schemas and definitions are read from the ledger. A request by `presentationRequestId` needs the key of whoever made it, with `anoncreds:verify`; it is answered by what is sent here, whether that holds or not.',
        body: verifyBody,
        response: {
          200: outcome,
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'PRESENTATION_REQUEST_NOT_FOUND',
            'NODE_BUSY',
            'LEDGER_DATA_INVALID',
            'CHAIN_UNREACHABLE',
            'PAYLOAD_TOO_LARGE',
          ),
        },
      },
    },
    async ({ body, caller }) => {
      const { presentation, presentationRequest, presentationRequestId } = body
      if (presentationRequestId !== undefined) {
        if (!caller) throw new IssuerError('UNAUTHORIZED')
        const { tenantId } = requireScope(caller, 'anoncreds:verify')
        return anoncreds.verifyAnswer({ tenantId, presentationRequestId, presentation })
      }
      const anonymous = caller === undefined
      return anoncreds.verifyPresentation({ presentation, request: presentationRequest, anonymous })
    },
  )
}
