import { z } from 'zod'
import { problems } from '../problem-document.ts'
import type { HttpServer, Protocol } from '../protocol.ts'

const addresses = [
  '/.well-known/did.json',
  '/did.json',
  '/:a/did.json',
  '/:a/:b/did.json',
  '/:a/:b/:c/did.json',
]

/** The DID documents of the did:web issuers of this node, at the addresses where resolvers look for them. */
export const didWeb: Protocol = {
  name: 'did-web',
  mount(server: HttpServer, issuer) {
    addresses.forEach((url, index) => {
      const names = [...url.matchAll(/:(\w+)/g)].map(([, name = '']) => name)
      server.get(
        url,
        {
          config: { access: 'public' },
          schema: {
            operationId: index === 0 ? 'getHostDidDocument' : `getDidDocument${index}`,
            tags: ['DIDs'],
            summary: 'The document of a did:web of this node',
            ...(names.length > 0 && {
              params: z.object(Object.fromEntries(names.map((name) => [name, z.string().max(64)]))),
            }),
            response: { 200: z.record(z.string(), z.unknown()), ...problems('NOT_FOUND') },
          },
        },
        async (request, reply) => {
          const path = request.url.split('?', 1)[0] ?? ''
          const document = await issuer.didWebDocument(path.slice(1, -'/did.json'.length))
          return reply
            .header('cache-control', 'public, max-age=60')
            .type('application/did+ld+json')
            .serializer((payload: unknown) => JSON.stringify(payload))
            .send(document as never)
        },
      )
    })
  },
}
