import { z } from 'zod'
import { limitedTo, requireIssuer, requireUnbound } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import { keyTypes } from '../../keys/key-store.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, jsonObject, pageOf, pageQuery, time, transactionHash } from './fields.ts'
import type { Resource } from './resource.ts'

const name = z.string().min(1).max(200).describe('Goes into the issuer of its credentials.')
const keyType = z.enum(keyTypes)

const createBody = z
  .strictObject({
    method: z
      .enum(['ethr', 'key'])
      .default('ethr')
      .describe('Issuers are did:ethr; a holder may be did:key.'),
    keys: z
      .array(keyType)
      .min(1)
      .max(3)
      .default(['Ed25519'])
      .describe('Assertion keys; did:key has exactly one.'),
    name: name.optional(),
  })
  .meta({ examples: [{ method: 'ethr', keys: ['Ed25519', 'P-256'], name: 'MIT' }] })

const service = z.strictObject({
  type: z.string().regex(/^[A-Za-z0-9]{1,24}$/, 'must be 1 to 24 letters and digits'),
  serviceEndpoint: z.string().min(1).max(2_048),
})

const updateBody = z
  .strictObject({
    name: name.nullish(),
    addServices: z.array(service).max(8).default([]),
    removeServices: z.array(service).max(8).default([]),
  })
  .meta({
    examples: [{ addServices: [{ type: 'LinkedDomains', serviceEndpoint: 'https://issuer.example' }] }],
  })

const created = z.object({ did: z.string(), document: jsonObject, transactionHash })

const record = z.object({
  did: z.string(),
  method: z.string(),
  name: z.string().nullable(),
  state: z.enum(['pending', 'active', 'deactivated']),
  origin: z.enum(['created', 'imported', 'node']),
  createdAt: time,
})

const view = z.object({
  did: z.string(),
  document: jsonObject.describe('The DID document, as resolution gives it.'),
  deactivated: z.boolean(),
  name: z.string().nullable(),
  controlled: z.boolean().describe('Whether this node holds its controller key.'),
})

const params = z.object({ did })

const readCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'DID_NOT_FOUND',
  'DID_METHOD_UNSUPPORTED',
  'CHAIN_UNREACHABLE',
]
const createCodes: readonly ErrorCode[] = [
  'UNAUTHORIZED',
  'FORBIDDEN',
  'UNSUPPORTED_MEDIA_TYPE',
  'CHAIN_UNREACHABLE',
  'RELAYER_UNFUNDED',
]
const changeCodes: readonly ErrorCode[] = [
  ...createCodes,
  'DID_NOT_FOUND',
  'DID_NOT_CONTROLLED',
  'ISSUER_DEACTIVATED',
]

/** Issuer and holder DIDs: `/dids` and below. */
export const dids: Resource = (server, issuer) => {
  server.post(
    '/dids',
    {
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Make a DID',
        description: 'did:ethr: the node makes the keys, signs the change, and its relayer account pays.',
        body: createBody,
        response: { 201: created, ...problems(...createCodes) },
      },
    },
    async (request, reply) => {
      requireUnbound(callerOf(request))
      reply.status(201)
      return issuer.createDid(request.body)
    },
  )

  server.get(
    '/dids',
    {
      config: { access: 'dids:read' },
      schema: {
        tags: ['DIDs'],
        summary: 'The DIDs of this node',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(record), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => issuer.listDids({ ...request.query, issuers: limitedTo(callerOf(request)) }),
  )

  for (const url of ['/dids/:did', '/dids/resolve/:did']) {
    server.get(
      url,
      {
        config: { access: 'dids:read' },
        schema: {
          tags: ['DIDs'],
          summary: 'Resolve a DID',
          params,
          response: { 200: view, ...problems(...readCodes) },
        },
      },
      async (request) => issuer.getDid(request.params.did),
    )
  }
}
