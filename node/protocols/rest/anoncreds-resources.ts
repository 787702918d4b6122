import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import type { AnonCredsSchemaView, CredentialDefinitionView } from '../anoncreds-door.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, id, jsonObject, pageOf, pageQuery, time, transactionHash } from './fields.ts'
import type { Resource } from './resource.ts'

const part = z
  .string()
  .min(1)
  .max(256)
  .describe('Printable ASCII without / : ? # %, since it is part of the id.')

const schemaId = id.meta({
  examples: [
    'did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906/anoncreds/v0/SCHEMA/university-degree/1.0',
  ],
})

const credDefId = id.meta({
  examples: [
    'did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906/anoncreds/v0/CLAIM_DEF/did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906:university-degree:1.0/default',
  ],
})

const params = z.object({ id: id.describe('The id, percent-encoded.') })

const anonCredsSchema = z
  .object({ issuerId: z.string(), name: z.string(), version: z.string(), attrNames: z.array(z.string()) })
  .describe('As the AnonCreds specification writes a schema.')

const schemaView = z.object({
  schemaId,
  digest: z.string().describe('SHA-256 of the content on the ledger, hex with 0x.'),
  active: z.boolean(),
  registeredAt: time,
  schema: anonCredsSchema,
})

const definitionSummary = z.object({
  credDefId,
  schemaId,
  issuerDid: z.string(),
  tag: z.string(),
  state: z
    .enum(['generating', 'made', 'registered', 'failed'])
    .describe(
      '`generating`: its key is being made; `made`: on its way to the ledger; credentials from `registered` on.',
    ),
  primes: z.number().int().describe('Safe primes found so far, of two.'),
  reason: z.string().nullable().describe('Code of the error for which it failed.'),
  digest: z.string().nullable().describe('SHA-256 of the content on the ledger, hex with 0x.'),
  active: z.boolean(),
  transactionHash,
})

const listedDefinition = definitionSummary.extend({ createdAt: time })

const definitionView = definitionSummary.extend({
  registeredAt: time.nullable(),
  credentialDefinition: jsonObject
    .nullable()
    .describe('As the AnonCreds specification writes it; null until it is on the ledger.'),
})

const writeCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'UNSUPPORTED_MEDIA_TYPE',
  'ISSUER_NOT_FOUND',
  'ISSUER_DEACTIVATED',
  'DELEGATION_ON_LEDGER_MISSING',
  'CHAIN_UNREACHABLE',
  'RELAYER_UNFUNDED',
]

const tags = ['AnonCreds']

/** AnonCreds schemas and credential definitions: `/anoncreds/schemas`, `/anoncreds/cred-defs` and below. */
export const anonCredsResources: Resource = (server, issuer, limits) => {
  schemas(server, issuer, limits)
  orderDefinitions(server, issuer, limits)
  readDefinitions(server, issuer, limits)
}

const schemas: Resource = (server, { anoncreds }) => {
  server.post(
    '/anoncreds/schemas',
    {
      config: { access: 'anoncreds:write' },
      schema: {
        tags,
        summary: 'Register an AnonCreds schema on the ledger',
        description: 'A schema never changes: a change is a new version.',
        body: z.strictObject({
          issuerDid: did,
          name: part.meta({ examples: ['university-degree'] }),
          version: part.meta({ examples: ['1.0'] }),
          attrNames: z.array(z.string().min(1).max(256)).min(1).max(125),
        }),
        response: {
          201: z.object({ schemaId, digest: z.string(), transactionHash }),
          ...problems(...writeCodes, 'SCHEMA_ALREADY_EXISTS', 'QUOTA_EXCEEDED'),
        },
      },
    },
    async (request, reply) => {
      const { tenantId } = requireIssuerOf(callerOf(request), request.body.issuerDid)
      reply.status(201)
      return anoncreds.registerSchema({ ...request.body, tenantId })
    },
  )
  server.get(
    '/anoncreds/schemas',
    {
      config: { access: 'anoncreds:read' },
      schema: {
        tags,
        summary: 'AnonCreds schemas that you registered',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(schemaView), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => anoncreds.listSchemas({ ...request.query, tenantId: callerOf(request).tenantId }),
  )
  server.get(
    '/anoncreds/schemas/:id',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'An AnonCreds schema, read from the ledger with its digest checked',
        params,
        response: {
          200: schemaView,
          ...problems('SCHEMA_NOT_FOUND', 'LEDGER_DATA_INVALID', 'CHAIN_UNREACHABLE'),
        },
      },
    },
    async (request): Promise<AnonCredsSchemaView> => anoncreds.schema(request.params.id),
  )
  server.post(
    '/anoncreds/schemas/:id/deactivate',
    {
      config: { access: 'anoncreds:write' },
      schema: {
        tags,
        summary: 'Deactivate an AnonCreds schema, for ever',
        description:
          'Stops new definitions and credentials, never resolution: what was issued still verifies.',
        params,
        response: {
          200: z.object({ schemaId, transactionHash }),
          ...problems(...writeCodes, 'SCHEMA_NOT_FOUND', 'SCHEMA_DEACTIVATED'),
        },
      },
    },
    async (request) => {
      const { schema, schemaId } = await anoncreds.schema(request.params.id)
      requireIssuer(callerOf(request), schema.issuerId)
      return anoncreds.deactivateSchema({ schemaId })
    },
  )
}

function requireIssuerOf(caller: ReturnType<typeof callerOf>, issuerDid: string) {
  requireIssuer(caller, issuerDid)
  return caller
}

const orderDefinitions: Resource = (server, { anoncreds }) => {
  server.post(
    '/anoncreds/cred-defs',
    {
      config: { access: 'anoncreds:write' },
      schema: {
        tags,
        summary: 'Order a credential definition',
        description:
          'Its key takes seconds to a minute, so the answer comes before it: ask for the definition by its id until it is `registered`. It is on the ledger before anything can be offered from it. The same order again finds the first one.',
        body: z.strictObject({
          issuerDid: did,
          schemaId,
          tag: part.default('default'),
          isRevocable: z.boolean().default(false).describe('Refused: see REVOCATION_UNSUPPORTED.'),
          support_revocation: z.boolean().default(false).describe('Another name of `isRevocable`.'),
        }),
        response: {
          202: listedDefinition,
          ...problems(
            'QUOTA_EXCEEDED',
            ...writeCodes,
            'SCHEMA_NOT_FOUND',
            'SCHEMA_DEACTIVATED',
            'SCHEMA_RESTRICTED',
            'CREDENTIAL_DEFINITION_ALREADY_EXISTS',
            'REVOCATION_UNSUPPORTED',
            'NODE_BUSY',
          ),
        },
      },
    },
    async (request, reply) => {
      const { support_revocation, ...order } = request.body
      const { tenantId } = requireIssuerOf(callerOf(request), order.issuerDid)
      const isRevocable = order.isRevocable || support_revocation
      const ordered = await anoncreds.orderDefinition({ ...order, isRevocable, tenantId })
      const location = `/api/v1/anoncreds/cred-defs/${encodeURIComponent(ordered.credDefId)}`
      reply.status(202).header('location', location).header('retry-after', 2)
      return ordered
    },
  )
  server.post(
    '/anoncreds/cred-defs/:id/deactivate',
    {
      config: { access: 'anoncreds:write' },
      schema: {
        tags,
        summary: 'Deactivate a credential definition, for ever',
        description: 'Stops offers and new credentials, never resolution: what was issued still verifies.',
        params,
        response: {
          200: z.object({ credDefId, transactionHash }),
          ...problems(
            ...writeCodes,
            'CREDENTIAL_DEFINITION_NOT_FOUND',
            'CREDENTIAL_DEFINITION_PENDING',
            'CREDENTIAL_DEFINITION_DEACTIVATED',
          ),
        },
      },
    },
    async (request) => {
      const { issuerDid, credDefId } = await anoncreds.definition({ credDefId: request.params.id })
      requireIssuer(callerOf(request), issuerDid)
      return anoncreds.deactivateDefinition({ credDefId })
    },
  )
}

const readDefinitions: Resource = (server, { anoncreds }) => {
  server.get(
    '/anoncreds/cred-defs',
    {
      config: { access: 'anoncreds:read' },
      schema: {
        tags,
        summary: 'Credential definitions that you ordered',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(listedDefinition), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => anoncreds.listDefinitions({ ...request.query, tenantId: callerOf(request).tenantId }),
  )
  server.get(
    '/anoncreds/cred-defs/:id',
    {
      config: { access: 'public' },
      schema: {
        tags,
        summary: 'A credential definition, read from the ledger with its digest checked',
        description: 'Whoever ordered it sees it before it is there, too, and how far it has come.',
        params,
        response: {
          200: definitionView,
          ...problems('CREDENTIAL_DEFINITION_NOT_FOUND', 'LEDGER_DATA_INVALID', 'CHAIN_UNREACHABLE'),
        },
      },
    },
    async (request): Promise<CredentialDefinitionView> =>
      anoncreds.definition({ credDefId: request.params.id, tenantId: request.caller?.tenantId }),
  )
}
