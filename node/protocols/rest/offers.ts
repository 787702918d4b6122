import { z } from 'zod'
import { limitedTo } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialId, secured, time } from './fields.ts'
import type { Resource } from './resource.ts'

const day = 86_400

const offerBody = z
  .strictObject({
    expiresInSeconds: z
      .number()
      .int()
      .min(1)
      .max(30 * day)
      .default(day),
  })
  .nullish()
  .transform((body) => body ?? { expiresInSeconds: day })

const offer = z.object({
  token: z.string().describe('Shown this once: the node keeps its hash alone.'),
  url: z.url().describe('Where the holder collects the credential, once.'),
  expiresAt: time,
  qrCode: z
    .object({ svg: z.string().describe('SVG markup.'), png: z.string().describe('PNG as a data URL.') })
    .describe('The URL as a QR code.'),
})

const collected = z.object({ credential: secured, credentialId })

/** `POST /credentials/{id}/offers` and `GET /offers/{token}`. */
export const offers: Resource = (server, issuer) => {
  server.post(
    '/credentials/:id/offers',
    {
      config: { access: 'offers:write' },
      schema: {
        tags: ['Delivery'],
        summary: 'Offer a credential to its holder',
        description:
          'Makes a one-time token, and a QR code of the URL where the credential is collected with it.',
        params: z.object({ id: credentialId }),
        body: offerBody,
        response: {
          201: offer,
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'CREDENTIAL_NOT_FOUND',
            'CREDENTIAL_DELETED',
            'QUOTA_EXCEEDED',
          ),
        },
      },
    },
    async (request, reply) => {
      const made = await issuer.offer({
        credentialId: request.params.id,
        expiresInSeconds: request.body.expiresInSeconds,
        issuers: limitedTo(callerOf(request)),
      })
      reply.status(201).header('cache-control', 'no-store')
      return made
    },
  )

  server.get(
    '/offers/:token',
    {
      config: { access: 'public' },
      // a HEAD request must not use up the token
      exposeHeadRoute: false,
      schema: {
        tags: ['Delivery'],
        summary: 'Collect an offered credential',
        description: 'Works once and before the offer expires.',
        params: z.object({ token: z.string().max(128) }),
        response: { 200: collected, ...problems('OFFER_NOT_FOUND', 'CREDENTIAL_DELETED') },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store')
      return issuer.collect(request.params.token)
    },
  )
}
