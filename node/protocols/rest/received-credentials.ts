import { z } from 'zod'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { always } from './exchange-fields.ts'
import { credentialId, did, pageOf, pageQuery, secured, time } from './fields.ts'
import type { Resource } from './resource.ts'

const received = z.object({
  credentialId,
  holderDid: did,
  issuerDid: did,
  connectionId: z.string(),
  credential: secured,
  receivedAt: time,
})

/** `/received-credentials`. */
export const receivedCredentials: Resource = (server, issuer) => {
  server.get(
    '/received-credentials',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'List received credentials',
        description: 'W3C credentials that came by exchanges, as a holder.',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(received), ...problems(...always) },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request)
      return issuer.exchanges.receivedCredentials({ tenantId, ...request.query })
    },
  )

  server.get(
    '/received-credentials/:id',
    {
      config: { access: 'exchanges:read' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Look at a received credential',
        params: z.object({ id: credentialId }),
        response: { 200: received, ...problems(...always, 'CREDENTIAL_NOT_FOUND') },
      },
    },
    async (request) => {
      const { tenantId } = callerOf(request)
      return issuer.exchanges.receivedCredential({ tenantId, credentialId: request.params.id })
    },
  )
}
