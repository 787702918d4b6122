import { z } from 'zod'
import { limitedTo, requireIssuer, requireUnbound } from '../../access/caller.ts'
import type { ErrorCode } from '../../errors.ts'
import { keyTypes } from '../../keys/key-store.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { did, instant, jsonObject, pageOf, pageQuery, time, transactionHash } from './fields.ts'
import type { Resource } from './resource.ts'

const name = z.string().min(1).max(200).describe('Goes into the issuer of its credentials.')
const keyType = z.enum(keyTypes)
const assertionKeys = z.array(keyType).min(1).max(keyTypes.length).default(['Ed25519'])

const createBody = z
  .strictObject({
    method: z
      .enum(['ethr', 'key', 'web'])
      .default('ethr')
      .describe(
        'Issuers are did:ethr; a holder may be did:key. did:web, and did:key too, issue what has no status, where the configuration allows.',
      ),
    path: z
      .string()
      .max(200)
      .optional()
      .describe(
        'did:web: where this node serves the document, such as `issuers/1`; none for the host itself. That of a tenant begins with its `tenantId`.',
      ),
    keys: assertionKeys.describe(
      'Assertion keys; did:key has exactly one. The type decides which proofs the issuer can make: Bls12381G2 is for BBS alone.',
    ),
    name: name.optional(),
  })
  .meta({ examples: [{ method: 'ethr', keys: ['Ed25519', 'P-256'], name: 'MIT' }] })

const service = z.strictObject({
  type: z.string().regex(/^[A-Za-z0-9]{1,24}$/, 'must be 1 to 24 letters and digits'),
  serviceEndpoint: z.string().min(1).max(2_048),
})

const importBody = z.strictObject({
  did,
  keys: assertionKeys,
  name: name.optional(),
})

const rotateBody = z
  .strictObject({
    keyType: keyType.optional().describe('Only keys of this type; default: all.'),
    verificationMethod: z.string().max(2_048).optional().describe('Only this key.'),
    reason: z
      .enum(['rotation', 'compromise'])
      .default('rotation')
      .describe('`compromise`: the ledger says from then on that others may hold the old keys.'),
    compromisedSince: instant
      .optional()
      .describe('Since when others may hold them; now when left out. Cannot be taken back.'),
  })
  .nullish()
  .transform((body) => body ?? {})

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

const updated = created
const rotated = created.extend({ revoked: z.array(z.string()), added: z.array(z.string()) })
const history = z.object({
  events: z.array(
    z.object({ time, blockNumber: z.number().int(), transactionHash: z.string(), change: jsonObject }),
  ),
})

const record = z.object({
  did: z.string(),
  method: z.string(),
  name: z.string().nullable(),
  state: z.enum(['pending', 'active', 'deactivated']),
  origin: z.enum(['created', 'imported', 'node']),
  transactionHash,
  createdAt: time,
  keys: z.array(z.object({ verificationMethod: z.string(), type: keyType })).describe('Keys that sign.'),
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
  'DID_HOST_UNREACHABLE',
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
export const dids: Resource = (server, issuer, limits) => {
  server.post(
    '/dids',
    {
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Make a DID',
        description:
          'did:ethr: the node makes the keys, signs the change, and its relayer account pays. did:web: the node serves the document below its public URL.',
        body: createBody,
        response: { 201: created, ...problems(...createCodes, 'QUOTA_EXCEEDED', 'DID_ALREADY_EXISTS') },
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
        summary: 'The DIDs of this node, newest first',
        querystring: z.strictObject(pageQuery),
        response: { 200: pageOf(record), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => {
      const page = await issuer.listDids({ ...request.query, issuers: limitedTo(callerOf(request)) })
      return { ...page, items: page.items.map((item) => ({ ...item, keys: [...item.keys] })) }
    },
  )

  importDid(server, issuer, limits)
  readDid(server, issuer, limits)
  changeDid(server, issuer, limits)
}

const importDid: Resource = (server, issuer) => {
  server.post(
    '/dids/import',
    {
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Take in an issuer DID whose controller key lives elsewhere',
        description:
          'The first call makes assertion keys here and answers DELEGATION_ON_LEDGER_MISSING with what the owner must put onto the ledger: each item in `errors`, all of them together as one call (`to`, `data`). The same call after that transaction takes the DID in. Nobody is kept from it until then: it becomes that of the tenant whose keys the owner puts onto the ledger.',
        body: importBody,
        response: {
          201: z.object({ did: z.string(), document: jsonObject }),
          ...problems(
            ...createCodes,
            'DID_METHOD_UNSUPPORTED',
            'DID_ALREADY_EXISTS',
            'QUOTA_EXCEEDED',
            'ISSUER_DEACTIVATED',
            'DELEGATION_ON_LEDGER_MISSING',
            'NODE_BUSY',
          ),
        },
      },
    },
    async (request, reply) => {
      requireUnbound(callerOf(request))
      reply.status(201)
      return issuer.importDid(request.body)
    },
  )

  server.delete(
    '/dids/import/:did',
    {
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Forget a DID that waits for its owner, and the keys made for it',
        params,
        response: {
          204: z.undefined().describe('Forgotten; asked for again, it gets other keys.'),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'DID_NOT_FOUND'),
        },
      },
    },
    async (request, reply) => {
      requireUnbound(callerOf(request))
      await issuer.withdrawImport(request.params)
      return reply.status(204).send()
    },
  )
}

const readDid: Resource = (server, issuer) => {
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
      async (request) => issuer.viewDid(request.params.did),
    )
  }

  server.get(
    '/dids/:did/history',
    {
      config: { access: 'dids:read' },
      schema: {
        tags: ['DIDs'],
        summary: 'What the ledger says has happened to a did:ethr, oldest first',
        params,
        response: { 200: history, ...problems(...readCodes) },
      },
    },
    async (request) => ({ events: [...(await issuer.didHistory(request.params))] }),
  )
}

const changeDid: Resource = (server, issuer) => {
  for (const method of ['PATCH', 'PUT'] as const) {
    server.route({
      method,
      url: '/dids/:did',
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Change the name of a DID, and the services of its document',
        params,
        body: updateBody,
        response: { 200: updated, ...problems(...changeCodes) },
      },
      handler: async (request) => {
        requireIssuer(callerOf(request), request.params.did)
        return issuer.updateDid({ ...request.params, ...request.body })
      },
    })
  }

  server.delete(
    '/dids/:did',
    {
      config: { access: 'dids:write' },
      schema: {
        tags: ['DIDs'],
        summary: 'Deactivate a DID, for ever',
        description: 'Nobody, its owner included, can bring it back.',
        params,
        response: {
          200: z.object({ did: z.string(), deactivated: z.literal(true), transactionHash }),
          ...problems(...changeCodes),
        },
      },
    },
    async (request) => {
      requireIssuer(callerOf(request), request.params.did)
      return { ...(await issuer.deactivateDid(request.params)), deactivated: true as const }
    },
  )

  for (const url of ['/dids/:did/keys/rotate', '/dids/:did/rotate-key']) {
    server.post(
      url,
      {
        config: { access: 'dids:write' },
        schema: {
          tags: ['DIDs'],
          summary: 'Replace assertion keys by new ones, in one transaction',
          description:
            'What the old keys signed before verifies on, by the history on the ledger. Of keys marked as compromised, what claims to be signed after that time fails, and what claims to be older has to show its registration on the ledger. An earlier key can be marked, too, by its `verificationMethod`.',
          params,
          body: rotateBody,
          response: { 200: rotated, ...problems(...changeCodes, 'KEY_NOT_FOUND', 'QUOTA_EXCEEDED') },
        },
      },
      async (request) => {
        requireIssuer(callerOf(request), request.params.did)
        const outcome = await issuer.rotateKeys({ ...request.params, ...request.body })
        return { ...outcome, revoked: [...outcome.revoked], added: [...outcome.added] }
      },
    )
  }
}
