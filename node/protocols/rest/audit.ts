import { z } from 'zod'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { jsonObject, pageOf, time } from './fields.ts'
import type { Resource } from './resource.ts'

const head = {
  seq: z.number().int().describe('Place in the log, from 1 on.'),
  hash: z.string().describe('SHA-256 over the hash before and the digest of the entry, hex.'),
}

const entry = z.object({
  ...head,
  digest: z.string().optional().describe('Instead of all that follows: the entry is of another tenant.'),
  id: z.string().optional(),
  at: time.optional(),
  tenantId: z.string().optional(),
  actor: z.string().optional().describe('Id of the API key, `anonymous`, or `node` for its own work.'),
  requestId: z.string().nullable().optional(),
  type: z.string().optional(),
  subject: z.string().optional(),
  data: jsonObject.optional(),
})

const anchor = z.object({
  ...head,
  listKey: z.string().describe('Key of the status list in which the registration was made.'),
  root: z.string(),
  proof: z.array(z.string()).describe('Merkle path from the head, at the index 2^256 - 1, to the root.'),
  transactionHash: z.string(),
  blockNumber: z.number().int(),
})

const limit = z.coerce.number().int().min(1).max(1_000).default(200)
const after = z.string().regex(/^\d{1,9}$/, 'must be the nextCursor of an answer')
const afterAnchor = z.string().regex(/^\d{1,9}\.[0-9a-f-]{36}$/, 'must be the nextCursor of an answer')
const errors = problems('UNAUTHORIZED', 'FORBIDDEN')
const tags = ['Audit log']

/** `GET /audit`, `GET /audit/anchors`, `GET /audit/head`. */
export const audit: Resource = (server, issuer) => {
  server.get(
    '/audit',
    {
      config: { access: 'audit:read' },
      schema: {
        tags,
        summary: 'The entries of the audit log, in order',
        description: 'docs/audit.md says how the hashes are made; `npx cartulary audit verify` checks them.',
        querystring: z.object({ limit, cursor: after.optional() }),
        response: { 200: pageOf(entry), ...errors },
      },
    },
    async (request) => {
      const { limit: most, cursor = '0' } = request.query
      const { tenantId } = callerOf(request)
      return issuer.audit.entries({ tenantId, limit: most, after: Number(cursor) })
    },
  )

  server.get(
    '/audit/anchors',
    {
      config: { access: 'audit:read' },
      schema: {
        tags,
        summary: 'Heads of the audit log that registrations on the ledger commit to, in order',
        querystring: z.object({ limit, cursor: afterAnchor.optional() }),
        response: { 200: pageOf(anchor), ...errors },
      },
    },
    async (request) => {
      const { limit: most, cursor = '0.' } = request.query
      const [seq, id = ''] = cursor.split('.')
      return issuer.audit.anchors({ limit: most, after: { seq: Number(seq), id } })
    },
  )

  server.get(
    '/audit/head',
    {
      config: { access: 'audit:read' },
      schema: {
        tags,
        summary: 'The end of the audit log, and its newest head on the ledger',
        response: { 200: z.object({ ...head, anchored: anchor.nullable() }), ...errors },
      },
    },
    async () => issuer.audit.head(),
  )
}
