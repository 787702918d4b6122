import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import { jsonSchemaTransform, jsonSchemaTransformObject } from 'fastify-type-provider-zod'
import type { Access } from '../access/caller.ts'
import type { HttpServer } from './protocol.ts'

const description = `Issues W3C Verifiable Credentials whose issuers, schemas and status stand on a ledger.

Calls that need an API key say which scope; send it as \`Authorization: Bearer <key>\`. A key is bound to issuer
DIDs and sees only what is theirs. Errors are problem documents (RFC 9457): decide by their \`code\`. Ids in paths
are percent-encoded.

Besides what is listed with each call, any may be answered with \`METHOD_NOT_ALLOWED\`, \`REQUEST_TIMEOUT\`,
\`HEADERS_TOO_LARGE\` or \`NODE_STOPPING\`, one that has a body with \`PAYLOAD_TOO_LARGE\`, \`UNSUPPORTED_MEDIA_TYPE\` or
\`NODE_BUSY\`, and a POST with an Idempotency-Key with \`IDEMPOTENCY_KEY_REUSED\`, \`IDEMPOTENCY_KEY_IN_USE\` or
\`IDEMPOTENCY_LIMIT_REACHED\`.`

/** Collects the OpenAPI description; to be called before the addresses are added. */
export async function describeApi(server: HttpServer, publicUrl: string): Promise<void> {
  await server.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Cartulary issuer node',
        version: '1.0.0',
        description,
        license: { name: 'Apache-2.0' },
      },
      servers: [{ url: publicUrl }],
      components: {
        securitySchemes: { apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `ck_…`' } },
      },
    },
    transform: (input) => {
      const transformed = jsonSchemaTransform(input)
      const operationId = input.schema?.operationId ?? operationIdOf(input.route.method, input.url)
      const security = securityOf(input.route.config?.access)
      return { ...transformed, schema: { ...transformed.schema, operationId, ...security } }
    },
    transformObject: jsonSchemaTransformObject,
  })
}

/** Names an operation by its address: `POST /api/v1/dids/:did/keys/rotate` is `postDidsByDidKeysRotate`. */
function operationIdOf(method: string | readonly string[], url: string): string {
  const parts = url.replace(/^\/api\/v\d+/, '').split('/')
  const words = parts.map((part) => part.replace(/^:/, 'by-')).flatMap((part) => part.split(/[^A-Za-z0-9]+/))
  const capitals = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1))
  return `${String([method].flat()[0]).toLowerCase()}${capitals.join('')}`
}

function securityOf(access: Access | undefined) {
  if (access === undefined || access === 'public') return { security: [] }
  return { security: [{ apiKey: [access] }] }
}

/** Adds `/openapi.json`, and `/docs`, a page to try the calls. */
export function mountDocumentation(server: HttpServer): void {
  server.register((scope, _options, done) => {
    scope.addHook('onRoute', (route) => {
      route.config = { ...route.config, access: 'public' }
      route.schema = { ...route.schema, hide: true }
    })
    scope.get('/openapi.json', async () => server.swagger())
    scope.register(swaggerUi, {
      routePrefix: '/docs',
      staticCSP:
        "default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; frame-ancestors 'none'",
      uiConfig: { persistAuthorization: false, tryItOutEnabled: true },
    })
    done()
  })
}
