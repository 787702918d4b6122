import { z } from 'zod'
import { limitedTo } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import type { StatusAction } from '../../issuance/issuance.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialId, defined, time } from './fields.ts'
import type { Resource } from './resource.ts'

const changeBody = z
  .strictObject({
    credentialId: credentialId.optional(),
    credentialIds: z.array(credentialId).min(1).max(10_000).optional(),
    reason: z.string().max(1_000).optional(),
    partial: z
      .boolean()
      .optional()
      .describe('Each credential for itself: `refused` tells which were not changed.'),
  })
  .refine(
    (body) => (body.credentialId === undefined) !== (body.credentialIds === undefined),
    'needs credentialId or credentialIds, and not both',
  )
  .meta({
    examples: [{ credentialId: 'urn:uuid:f47ac10b-58cc-4372-a567-0e02b2c3d479', reason: 'Degree rescinded' }],
  })

const changeAnswer = z.object({
  credentialId: credentialId.optional().describe('Where one was asked for.'),
  credentialIds: z.array(credentialId),
  status: z.enum(['revoked', 'suspended', 'valid']),
  transactionHash: z.string().describe('Empty where nothing was left to change.'),
  transactionHashes: z.array(z.string()).describe('More than one only where gas limits split the change.'),
  refused: z
    .array(z.object({ credentialId, code: z.string(), detail: z.string() }))
    .optional()
    .describe('With `partial`: credentials that keep their status, and why.'),
})

const statusAnswer = z.object({
  credentialId,
  status: z.enum(['valid', 'revoked', 'suspended']),
  revoked: z.boolean(),
  suspended: z.boolean(),
  statusListId: z.string().nullable(),
  statusListIndex: z.number().int().nullable(),
  checkedAt: time.describe('When the ledger was read.'),
  final: z
    .boolean()
    .describe('Whether it was the same as many blocks ago as `finalityDepth` of `GET /network` says.'),
})

const changeCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'UNSUPPORTED_MEDIA_TYPE',
  'CREDENTIAL_NOT_FOUND',
  'NOT_ISSUER_OF_CREDENTIAL',
  'CREDENTIAL_NOT_REVOCABLE',
  'ISSUER_DEACTIVATED',
  'CHAIN_UNREACHABLE',
  'RELAYER_UNFUNDED',
  'FEE_CAP_REACHED',
  'TRANSACTION_REVERTED',
  'DATABASE_UNAVAILABLE',
]

const actions: readonly { action: StatusAction; summary: string; codes: readonly ErrorCode[] }[] = [
  { action: 'revoke', summary: 'Revoke credentials, for ever', codes: ['ALREADY_REVOKED'] },
  { action: 'suspend', summary: 'Suspend credentials', codes: ['ALREADY_REVOKED', 'ALREADY_SUSPENDED'] },
  { action: 'reinstate', summary: 'End a suspension', codes: ['ALREADY_REVOKED', 'NOT_SUSPENDED'] },
]

/** `POST /credentials/revoke`, `/suspend`, `/reinstate`, and `GET /credentials/{id}/status`. */
export const credentialsStatus: Resource = (server, issuer) => {
  for (const { action, summary, codes } of actions) {
    server.post(
      `/credentials/${action}`,
      {
        config: { access: 'credentials:revoke' },
        schema: {
          tags: ['Status'],
          summary,
          description:
            'One or many credentials, in as few transactions as the limits of gas allow: all of them or none, or with `partial` each for itself.',
          body: changeBody,
          response: { 200: changeAnswer, ...problems(...changeCodes, ...codes) },
        },
      },
      async (request) => {
        const { credentialId: single, credentialIds, reason, partial } = request.body
        const outcome = await issuer.changeStatus({
          action,
          credentialIds: credentialIds ?? [single as string],
          ...defined({ reason, partial, actingFor: limitedTo(callerOf(request)) }),
        })
        return {
          ...defined({ credentialId: single }),
          credentialIds: [...outcome.credentialIds],
          status: outcome.status,
          transactionHash: outcome.transactionHash,
          transactionHashes: [...outcome.transactionHashes],
          ...(partial && {
            refused: outcome.refused.map(({ credentialId, error }) => ({
              credentialId,
              code: error.code,
              detail: error.message,
            })),
          }),
        }
      },
    )
  }

  server.get(
    '/credentials/:id/status',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Status'],
        summary: 'The status of a credential, read from the ledger',
        params: z.object({ id: credentialId }),
        response: { 200: statusAnswer, ...problems('CREDENTIAL_NOT_FOUND', 'CHAIN_UNREACHABLE') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return issuer.credentialStatus(request.params.id)
    },
  )
}
