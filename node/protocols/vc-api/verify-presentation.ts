import { z } from 'zod'
import type { Issuer } from '../issuer.ts'
import { problems } from '../problem-document.ts'
import type { Endpoint } from './endpoint.ts'
import { jsonObject, problemDetail, verifyOptions } from './fields.ts'
import { type Judgement, judgeCredential } from './judge-credential.ts'
import { problemDetail as problemOf, problemTypes } from './problem-details.ts'

const anyPresentation = z.union([jsonObject, z.string()])

const body = z
  .object({
    verifiablePresentation: anyPresentation.optional().describe('With its proof, or in its envelope.'),
    presentation: jsonObject.optional().describe('Without a proof: its credentials alone are verified.'),
    options: verifyOptions.nullish().transform((options) => options ?? {}),
  })
  .refine(
    (value) => (value.verifiablePresentation === undefined) !== (value.presentation === undefined),
    'needs verifiablePresentation or presentation, and not both',
  )

const judged = { verified: z.boolean(), problemDetails: z.array(problemDetail) }
const answer = z.object({
  ...judged,
  credentialResults: z.array(z.object(judged)).describe('One for each credential, in order.'),
  verifiablePresentation: anyPresentation.optional(),
})

type Outcome = Awaited<ReturnType<Issuer['verifyPresented']>>

/** `POST /presentations/verify`. */
export const verifyPresentation: Endpoint = (server, issuer) => {
  server.post(
    '/presentations/verify',
    {
      config: { access: 'public', verifies: true },
      schema: {
        operationId: 'verifyPresentation',
        tags: ['VC API'],
        summary: 'Verify a presentation and its credentials',
        description:
          'Who presents it, in answer to which challenge and domain, and every credential. Whether the credentials are about the holder is for the caller. What does not verify is answered with 400, as the W3C suites ask.',
        body,
        response: { ...problems('PAYLOAD_TOO_LARGE'), 200: answer, 400: answer },
      },
    },
    async (request, reply) => {
      const { verifiablePresentation, presentation, options } = request.body
      const { challenge, domain } = options
      const outcome = await issuer.verifyPresented({
        presentation: verifiablePresentation ?? presentation,
        ...(challenge !== undefined && { challenge }),
        ...(domain !== undefined && { domain }),
      })
      const credentialResults = outcome.credentials.map(judgeCredential)
      const own = judgeHolder(outcome, presentation !== undefined)
      const verified = own.verified && credentialResults.every((result) => result.verified)
      reply.status(verified ? 200 : 400)
      return {
        verified,
        problemDetails: [
          ...own.problemDetails,
          ...credentialResults.flatMap((result) => result.problemDetails),
        ],
        credentialResults,
        ...(options.returnPresentation && { verifiablePresentation }),
      }
    },
  )
}

/** What is wrong with the presentation itself; one that was sent as without proof has none to be wrong. */
function judgeHolder({ checks }: Outcome, isProofless: boolean): Judgement {
  const { proof, holder } = checks
  if (isProofless && proof.type === 'none') return { verified: true, problemDetails: [] }
  const problemDetails = [proof, holder]
    .filter(({ status }) => status !== 'pass')
    .map(({ reason = '' }) => problemOf(problemTypes.cryptographic, reason))
  return { verified: problemDetails.length === 0, problemDetails }
}
