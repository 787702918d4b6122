import { z } from 'zod'
import { limitedTo } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import { credentialId, did, pageOf, pageQuery, schemaId, secured, time, transactionHash } from './fields.ts'
import type { Resource } from './resource.ts'

const record = z.object({
  credentialId,
  issuerDid: z.string(),
  holderDid: z.string(),
  schemaId: z.string(),
  type: z.string(),
  proofType: z.string(),
  dataModel: z.string(),
  issuedAt: time,
  expirationDate: time.nullable(),
  verificationMethod: z.string().nullable().describe('The key that signed it.'),
  status: z
    .enum(['valid', 'revoked', 'suspended'])
    .describe('As this node recorded it; /status reads the ledger.'),
  statusListId: z.string().nullable(),
  statusListIndex: z.number().int().nullable(),
  transactionHash,
  registration: z
    .enum(['registered', 'pending', 'refused', 'none'])
    .describe('`refused`: the ledger did not accept it, such as for an issuer deactivated meanwhile.'),
})

const proof = z.object({
  credentialId,
  statusListId: z.string(),
  statusListKey: z.string().describe('Key of the list on the ledger.'),
  statusListIndex: z.number().int(),
  digest: z
    .string()
    .describe('SHA-256 of the JCS bytes (RFC 8785) of the credential, or of the bytes of a token.'),
  leaf: z
    .string()
    .describe('keccak256(keccak256(abi.encode(statusListKey, uint256 statusListIndex, digest))).'),
  proof: z.array(z.string()).describe('Siblings from leaf to root; pairs are sorted before they are hashed.'),
  root: z.string().describe('Stands in the event of the transaction.'),
  transactionHash: z.string(),
  blockNumber: z.number().int().describe('Block that holds the transaction.'),
  confirmations: z
    .number()
    .int()
    .nullable()
    .describe(
      'Blocks on top of it; null when the chain does not answer, or holds the transaction no longer.',
    ),
  final: z.boolean().describe('Whether these are as many as `finalityDepth` of `GET /network`.'),
})

const params = z.object({ id: credentialId })

/** `GET /credentials`, `GET /credentials/{id}`, `GET /credentials/{id}/registration`. */
export const credentials: Resource = (server, issuer) => {
  server.get(
    '/credentials',
    {
      config: { access: 'credentials:read' },
      schema: {
        tags: ['Credentials'],
        summary: 'Issued credentials, newest first',
        querystring: z.strictObject({
          ...pageQuery,
          issuerDid: did.optional(),
          holderDid: did.optional(),
          schemaId: schemaId.optional(),
          verificationMethod: z
            .string()
            .max(2_200)
            .optional()
            .describe('The DID URL of the key that signed.'),
          status: z.enum(['valid', 'revoked', 'suspended']).optional(),
        }),
        response: { 200: pageOf(record), ...problems('UNAUTHORIZED', 'FORBIDDEN') },
      },
    },
    async (request) => issuer.listCredentials({ ...request.query, issuers: limitedTo(callerOf(request)) }),
  )

  server.get(
    '/credentials/:id',
    {
      config: { access: 'credentials:read' },
      schema: {
        tags: ['Credentials'],
        summary: 'An issued credential',
        params,
        response: {
          200: record.extend({ credential: secured }),
          ...problems('UNAUTHORIZED', 'FORBIDDEN', 'CREDENTIAL_NOT_FOUND', 'CREDENTIAL_DELETED'),
        },
      },
    },
    async (request) =>
      issuer.requireCredential({ credentialId: request.params.id, issuers: limitedTo(callerOf(request)) }),
  )

  server.get(
    '/credentials/:id/registration',
    {
      config: { access: 'public' },
      schema: {
        tags: ['Credentials'],
        summary: 'Proof that a credential was registered on the ledger',
        description:
          'The Merkle path from the credential to the root that its transaction put on the ledger: checkable without this node.',
        params,
        response: {
          200: proof,
          ...problems('CREDENTIAL_NOT_FOUND', 'CREDENTIAL_NOT_REVOCABLE', 'REGISTRATION_PENDING'),
        },
      },
    },
    async (request) => issuer.registrationProof(request.params.id),
  )
}
