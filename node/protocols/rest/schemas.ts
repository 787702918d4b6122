import { z } from 'zod'
import { type Caller, requireIssuer } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import type { Issuer } from '../issuer.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, id, jsonObject, pageOf, pageQuery, time, transactionHash } from './fields.ts'
import type { Resource } from './resource.ts'

const part = z.string().min(1).max(128)

const givenContext = z.union([z.url(), jsonObject])

const registerBody = z
  .strictObject({
    name: part.meta({ examples: ['university-degree'] }),
    version: part.meta({ examples: ['1.0.0'] }),
    issuerDid: did,
    jsonSchema: jsonObject.describe('JSON Schema 2020-12 of the claims, without the id of the holder.'),
    type: part
      .optional()
      .describe('The type of the credentials; default: made of the name.')
      .meta({ examples: ['UniversityDegreeCredential'] }),
    context: z
      .union([givenContext, z.array(givenContext).min(1).max(8)])
      .optional()
      .describe(
        'JSON-LD context of the claims: the URL of one that every node has, or the document itself; default: derived from the JSON Schema and served here.',
      ),
    alias: part.optional().describe('A short name for the id, unique in this node.'),
    restricted: z.boolean().default(false).describe('Only issuers that the owner allows may use it.'),
    anchorOnChain: z.literal(true).optional().describe('A schema is always on the ledger.'),
  })
  .meta({
    examples: [
      {
        name: 'university-degree',
        version: '1.0.0',
        issuerDid: 'did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906',
        type: 'UniversityDegreeCredential',
        alias: 'university-degree-v1',
        jsonSchema: {
          type: 'object',
          required: ['degree'],
          properties: { degree: { type: 'object', properties: { name: { type: 'string' } } } },
        },
      },
    ],
  })

const registered = z.object({
  schemaId: z.string().describe('A DID URL below the owner.'),
  digest: z.string().describe('SHA-256 of the content on the ledger, hex with 0x.'),
  transactionHash,
})

const summary = z.object({
  schemaId: z.string(),
  issuerDid: z.string(),
  name: z.string(),
  version: z.string(),
  type: z.string(),
  alias: z.string().nullable(),
  digest: z.string(),
  active: z.boolean(),
  restricted: z.boolean(),
  registeredAt: time,
})

const view = summary.extend({
  jsonSchema: jsonObject,
  contexts: z.array(z.object({ url: z.string(), digest: z.string() })),
  credentialSchema: jsonObject.describe('The W3C JsonSchema that wraps it, as credentials name it.'),
})

const params = z.object({ id: id.describe('Id or alias.') })
const changed = z.object({ schemaId: z.string(), transactionHash })
const allowBody = z.strictObject({
  issuerDids: z.array(did).min(1).max(100),
  allowed: z.boolean().default(true),
})

const writeCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'UNSUPPORTED_MEDIA_TYPE',
  'ISSUER_NOT_FOUND',
  'ISSUER_DEACTIVATED',
  'CHAIN_UNREACHABLE',
  'RELAYER_UNFUNDED',
]

/** The schema that an id or alias names, when the caller may act for its owner. */
async function requireOwned(issuer: Issuer, caller: Caller, idOrAlias: string) {
  const schema = await issuer.getSchema({ id: idOrAlias })
  requireIssuer(caller, schema.issuerDid)
  return schema
}

/** Schemas: `/schemas` and below; `/credentials/schemas` is another name of it. */
export const schemas: Resource = (server, issuer, limits) => {
  for (const base of ['/schemas', '/credentials/schemas']) {
    registerAndRead(base)(server, issuer, limits)
    change(base)(server, issuer, limits)
  }
}

function registerAndRead(base: string): Resource {
  return (server, issuer) => {
    server.post(
      base,
      {
        config: { access: 'schemas:write' },
        schema: {
          tags: ['Schemas'],
          summary: 'Register a schema on the ledger',
          description: 'A schema never changes: a change is a new version.',
          body: registerBody,
          response: {
            201: registered,
            ...problems(
              ...writeCodes,
              'SCHEMA_INVALID',
              'SCHEMA_ALREADY_EXISTS',
              'SCHEMA_ALIAS_TAKEN',
              'QUOTA_EXCEEDED',
            ),
          },
        },
      },
      async (request, reply) => {
        requireIssuer(callerOf(request), request.body.issuerDid)
        reply.status(201)
        return issuer.registerSchema(request.body)
      },
    )

    server.get(
      base,
      {
        config: { access: 'public' },
        schema: {
          tags: ['Schemas'],
          summary: 'Schemas that this node registered',
          querystring: z.strictObject({ ...pageQuery, issuerDid: did.optional() }),
          response: { 200: pageOf(summary), ...problems() },
        },
      },
      async (request) => {
        const { items, nextCursor } = await issuer.listSchemas(request.query)
        return { items: items.map((item) => ({ ...item, registeredAt: item.createdAt })), nextCursor }
      },
    )

    server.get(
      `${base}/:id`,
      {
        config: { access: 'public' },
        schema: {
          tags: ['Schemas'],
          summary: 'A schema, read from the ledger with its digest checked',
          params,
          response: {
            200: view,
            ...problems('SCHEMA_NOT_FOUND', 'CHAIN_UNREACHABLE', 'LEDGER_DATA_INVALID'),
          },
        },
      },
      async (request) => issuer.getSchema(request.params),
    )
  }
}

function change(base: string): Resource {
  return (server, issuer) => {
    server.post(
      `${base}/:id/deactivate`,
      {
        config: { access: 'schemas:write' },
        schema: {
          tags: ['Schemas'],
          summary: 'Deactivate a schema, for ever',
          description: 'Stops new issuance, never resolution: what was issued with it still verifies.',
          params,
          response: { 200: changed, ...problems(...writeCodes, 'SCHEMA_NOT_FOUND', 'SCHEMA_DEACTIVATED') },
        },
      },
      async (request) => {
        const { schemaId } = await requireOwned(issuer, callerOf(request), request.params.id)
        return issuer.deactivateSchema({ schemaId })
      },
    )

    server.post(
      `${base}/:id/issuers`,
      {
        config: { access: 'schemas:write' },
        schema: {
          tags: ['Schemas'],
          summary: 'Allow or refuse issuers the use of a restricted schema',
          params,
          body: allowBody,
          response: { 200: changed, ...problems(...writeCodes, 'SCHEMA_NOT_FOUND') },
        },
      },
      async (request) => {
        const { schemaId } = await requireOwned(issuer, callerOf(request), request.params.id)
        return issuer.allowIssuers({ schemaId, ...request.body })
      },
    )
  }
}
