import { z } from 'zod'
import { limitedTo } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import type { Endpoint } from './endpoint.ts'
import { id, jsonObject } from './fields.ts'

const params = z.object({ id: id.describe('The id of the credential, or `options.credentialId`.') })
const codes = ['UNAUTHORIZED', 'FORBIDDEN', 'CREDENTIAL_NOT_FOUND', 'CREDENTIAL_DELETED'] as const

/** `GET` and `DELETE /credentials/{id}`. */
export const storedCredentials: Endpoint = (server, issuer) => {
  server.get(
    '/credentials/:id',
    {
      config: { access: 'credentials:read' },
      schema: {
        operationId: 'getCredential',
        tags: ['VC API'],
        summary: 'A credential that this node issued',
        params,
        response: { 200: z.object({ verifiableCredential: jsonObject }), ...problems(...codes) },
      },
    },
    async (request) => {
      const found = { credentialId: request.params.id, issuers: limitedTo(callerOf(request)) }
      return { verifiableCredential: await issuer.issuedDocument(found) }
    },
  )

  server.delete(
    '/credentials/:id',
    {
      config: { access: 'credentials:revoke' },
      schema: {
        operationId: 'deleteCredential',
        tags: ['VC API'],
        summary: 'Forget a credential',
        description:
          'The node keeps its id, digest and status, so that it can still be revoked, and nothing of what it says.',
        params,
        response: { 202: z.undefined().describe('Forgotten.'), ...problems(...codes) },
      },
    },
    async (request, reply) => {
      const found = { credentialId: request.params.id, issuers: limitedTo(callerOf(request)) }
      await issuer.eraseCredential(found)
      return reply.status(202).send()
    },
  )
}
