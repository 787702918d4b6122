import { z } from 'zod'
import { problems } from '../problem-document.ts'
import { jsonObject, schemaId } from './fields.ts'
import type { Resource } from './resource.ts'

/** `GET /types/{schemaId}/{type}`. */
export const types: Resource = (server, issuer) => {
  server.get(
    '/types/:schemaId/:type',
    {
      config: { access: 'public' },
      schema: {
        operationId: 'getTypeMetadata',
        tags: ['Schemas'],
        summary: 'Type metadata of SD-JWT VCs (what their vct names)',
        description: 'Name, claims and JSON Schema of a schema on the ledger; never changes.',
        params: z.object({ schemaId, type: z.string().max(128) }),
        response: { 200: jsonObject, ...problems('SCHEMA_NOT_FOUND', 'NOT_FOUND', 'CHAIN_UNREACHABLE') },
      },
    },
    async (request, reply) => {
      const document = await issuer.typeMetadata(request.params)
      return reply
        .header('cache-control', 'public, max-age=31536000, immutable')
        .type('application/json')
        .serializer((payload: string) => payload)
        .send(document as never)
    },
  )
}
