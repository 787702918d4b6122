import { z } from 'zod'
import { problems } from '../problem-document.ts'
import type { Endpoint } from './endpoint.ts'
import { jsonObject, problemDetail, verifyOptions } from './fields.ts'
import { judgeCredential, proofProblems } from './judge-credential.ts'

const body = z.object({
  verifiableCredential: z
    .union([jsonObject, z.string()])
    .describe('With its proof, or in an EnvelopedVerifiableCredential; a bare token is taken too.'),
  options: verifyOptions.nullish().transform((options) => options ?? {}),
})

const answer = z.object({
  verified: z.boolean(),
  problemDetails: z.array(problemDetail).describe('With `verified` true: warnings.'),
  verifiableCredential: z.union([jsonObject, z.string()]).optional(),
  results: jsonObject.optional().describe('Every check, when `returnResults` asks for them.'),
})

/** `POST /credentials/verify`. */
export const verifyCredential: Endpoint = (server, issuer) => {
  server.post(
    '/credentials/verify',
    {
      config: { access: 'public', verifies: true },
      schema: {
        operationId: 'verifyCredential',
        tags: ['VC API'],
        summary: 'Verify a credential',
        description:
          'Proof, issuer, validity, status, and the schema where it is one of this ledger. What does not verify is answered with 400, as the W3C suites ask.',
        body,
        response: { ...problems('PAYLOAD_TOO_LARGE'), 200: answer, 400: answer },
      },
    },
    async (request, reply) => {
      const { verifiableCredential, options } = request.body
      const outcome = await issuer.verifyDocument({ credential: verifiableCredential })
      const judged = judgeCredential(outcome)
      const unmet = proofProblems(verifiableCredential, options)
      const verified = judged.verified && unmet.length === 0
      reply.status(verified ? 200 : 400)
      return {
        verified,
        problemDetails: [...unmet, ...judged.problemDetails],
        ...(options.returnCredential && { verifiableCredential }),
        ...(options.returnResults && { results: { ...outcome.checks } as never }),
      }
    },
  )
}
