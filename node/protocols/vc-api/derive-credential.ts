import { z } from 'zod'
import { problems } from '../problem-document.ts'
import type { Endpoint } from './endpoint.ts'
import { jsonObject } from './fields.ts'

const pointer = z
  .string()
  .max(1_024)
  .regex(/^(\/([^~/]|~[01])*)*$/, 'must be a JSON pointer (RFC 6901)')

const body = z.object({
  verifiableCredential: jsonObject.describe('With a base proof, as its issuer made it.'),
  options: z
    .looseObject({ selectivePointers: z.array(pointer).max(256).default([]) })
    .nullish()
    .transform((options) => options ?? { selectivePointers: [] }),
})

/** `POST /credentials/derive`. */
export const deriveCredential: Endpoint = (server, issuer) => {
  server.post(
    '/credentials/derive',
    {
      config: { access: 'presentations:create' },
      schema: {
        operationId: 'deriveCredential',
        tags: ['VC API'],
        summary: 'Reveal a choice of attributes',
        body,
        response: {
          201: z.object({ verifiableCredential: jsonObject }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'DERIVATION_FAILED', 'KEY_DOUBTFUL'),
        },
      },
    },
    async (request, reply) => {
      const { verifiableCredential: credential, options } = request.body
      const { selectivePointers } = options
      const derived = await issuer.deriveDocument({ credential, selectivePointers })
      reply.status(201)
      return { verifiableCredential: derived }
    },
  )
}
