import { z } from 'zod'
import { type Caller, requireIssuer } from '../../access/caller.ts'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { problems } from '../problem-document.ts'
import { callerOf, type Settings } from '../protocol.ts'
import type { Endpoint } from './endpoint.ts'
import { issueOptions, jsonObject, proofTypeOf } from './fields.ts'

const body = z.object({
  credential: jsonObject
    .describe(
      'A proof is added to those it has. Without an issuer it is issued by VC_API_ISSUER, or the one issuer of the API key.',
    )
    .meta({
      examples: [
        {
          '@context': ['https://www.w3.org/ns/credentials/v2'],
          type: ['VerifiableCredential'],
          issuer: 'did:ethr:0x7a69:0x90f79bf6eb2c4f870365e785982e1f101e93b906',
          credentialSubject: { id: 'did:example:subject' },
        },
      ],
    }),
  options: issueOptions.nullish().transform((options) => options ?? {}),
})

const issued = z.object({
  verifiableCredential: jsonObject.describe('With its proof; a token in an EnvelopedVerifiableCredential.'),
})

/** `POST /credentials/issue`. */
export const issueCredential: Endpoint = (server, issuer, settings) => {
  server.post(
    '/credentials/issue',
    {
      config: { access: 'credentials:issue' },
      schema: {
        operationId: 'issueCredential',
        tags: ['VC API'],
        summary: 'Issue a credential that is written as a whole document',
        body,
        response: {
          201: issued.describe('Issued; with a status entry, registered.'),
          202: issued.describe('Issued; the registration is still pending.'),
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'ISSUER_DEACTIVATED',
            'ASSERTION_KEY_MISSING',
            'PROOF_TYPE_UNSUPPORTED',
            'DATA_MODEL_UNSUPPORTED',
            'SCHEMA_VALIDATION_FAILED',
            'CREDENTIAL_ALREADY_EXISTS',
            'STATUS_UNAVAILABLE',
            'CHAIN_UNREACHABLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const caller = callerOf(request)
      const { document, issuerDid } = withIssuer(request.body.credential, caller, settings)
      requireIssuer(caller, issuerDid)
      const terms = { issuerDid, ...termsOf(request.body.options) }
      const outcome = await issuer.issueDocument({ ...withoutProofs(document), ...terms })
      reply.status(outcome.registration.state === 'pending' ? 202 : 201)
      return { verifiableCredential: outcome.verifiableCredential }
    },
  )
}

/** Whoever verifies a document judges what stands under `proof`; here it has to be objects. */
function withoutProofs({ proof, ...document }: JsonObject): { document: JsonObject; proofs?: JsonObject[] } {
  if (proof === undefined) return { document }
  const proofs = [proof].flat()
  const isProof = (value: unknown) => typeof value === 'object' && value !== null && !Array.isArray(value)
  if (proofs.length > 0 && proofs.every(isProof)) return { document, proofs: proofs as JsonObject[] }
  throw malformed('/credential/proof', 'must be a proof or a list of them')
}

const malformed = (pointer: string, message: string) =>
  new IssuerError('MALFORMED_REQUEST', {
    detail: 'The credential is not well formed.',
    violations: [{ pointer, message }],
  })

/** The document with its issuer: the one it names, or else the configured one, or the only one of the key. */
function withIssuer(
  document: JsonObject,
  caller: Caller,
  { vcApiIssuer }: Settings,
): { document: JsonObject; issuerDid: string } {
  const { issuer } = document
  const about = typeof issuer === 'object' && issuer !== null && !Array.isArray(issuer) ? issuer : undefined
  if (issuer !== undefined && about === undefined) {
    if (typeof issuer !== 'string') throw malformed('/credential/issuer', 'must be a URL or an object')
    return { document, issuerDid: issuer }
  }
  const { id } = (about ?? {}) as JsonObject
  if (typeof id === 'string') return { document, issuerDid: id }
  if (id !== undefined) throw malformed('/credential/issuer/id', 'must be a URL')
  const [only] = caller.issuers === '*' || caller.issuers.length > 1 ? [] : caller.issuers
  const issuerDid = vcApiIssuer ?? only
  if (issuerDid === undefined)
    throw malformed('/credential/issuer', 'is required: there is no default issuer')
  return { document: { ...document, issuer: about ? { id: issuerDid, ...about } : issuerDid }, issuerDid }
}

function termsOf(options: z.output<typeof issueOptions>) {
  const { verificationMethod, mandatoryPointers, credentialId, statusPurpose, credentialStatus } = options
  const { proofId, previousProof } = options
  const proofType = proofTypeOf(options)
  const entries = credentialStatus ?? []
  const encodings = entries.flatMap(({ type }) => (type === undefined ? [] : [type]))
  return {
    purposes: [...new Set([...(statusPurpose ?? []), ...entries.map((entry) => entry.statusPurpose)])],
    ...(encodings.length > 0 && { statusEncodings: [...new Set(encodings)] }),
    ...(proofType !== undefined && { proofType }),
    ...(verificationMethod !== undefined && { verificationMethod }),
    ...(mandatoryPointers !== undefined && { mandatoryPointers }),
    ...(proofId !== undefined && { proofId }),
    ...(previousProof !== undefined && { previousProof }),
    ...(credentialId !== undefined && { credentialId }),
  }
}
