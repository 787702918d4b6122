import { z } from 'zod'
import { limitedTo } from '../../access/caller.ts'
import { IssuerError } from '../../errors.ts'
import type { StatusAction } from '../../issuance/issuance.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import type { Endpoint } from './endpoint.ts'
import { id } from './fields.ts'

const body = z.object({
  credentialId: id,
  credentialStatus: z.looseObject({
    type: z.string().max(256),
    statusPurpose: z.enum(['revocation', 'suspension']),
  }),
  status: z
    .union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')])
    .default(true),
})

/** The status is then as asked for, whoever made it so. */
const settled = new Set<string>(['ALREADY_REVOKED', 'ALREADY_SUSPENDED', 'NOT_SUSPENDED'])

/** `POST /credentials/status`. */
export const updateStatus: Endpoint = (server, issuer) => {
  server.post(
    '/credentials/status',
    {
      config: { access: 'credentials:revoke' },
      schema: {
        operationId: 'updateCredentialStatus',
        tags: ['VC API'],
        summary: 'Set a status of an issued credential',
        description: 'One transaction on the ledger; a status that is as asked for already needs none.',
        body,
        response: {
          200: z.object({}).describe('The status is as asked for.'),
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'CREDENTIAL_NOT_FOUND',
            'CREDENTIAL_NOT_REVOCABLE',
            'NOT_ISSUER_OF_CREDENTIAL',
            'CHAIN_UNREACHABLE',
          ),
        },
      },
    },
    async (request) => {
      const { credentialId, credentialStatus, status } = request.body
      const issuers = limitedTo(callerOf(request))
      const action = actionFor(credentialStatus.statusPurpose, status)
      if (action === undefined) {
        await requireNotRevoked(credentialId, issuers)
        return {}
      }
      const change = { action, credentialIds: [credentialId], ...(issuers && { actingFor: issuers }) }
      try {
        await issuer.changeStatus(change)
      } catch (error) {
        const isSettled = error instanceof IssuerError && settled.has(error.code)
        // a revoked credential is not suspended or reinstated any more
        if (!isSettled || (action !== 'revoke' && error.code === 'ALREADY_REVOKED')) throw error
      }
      return {}
    },
  )

  async function requireNotRevoked(credentialId: string, issuers: readonly string[] | undefined) {
    const { status } = await issuer.requireCredential({ credentialId, issuers })
    if (status === 'revoked') throw new IssuerError('ALREADY_REVOKED', { facts: { credentialId } })
  }
}

/** Undefined for the end of a revocation, which there is not. */
function actionFor(purpose: 'revocation' | 'suspension', status: boolean): StatusAction | undefined {
  if (purpose === 'revocation') return status ? 'revoke' : undefined
  return status ? 'suspend' : 'reinstate'
}
