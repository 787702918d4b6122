import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import { IssuerError } from '../../errors.ts'
import type { JsonObject } from '../../json.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import type { Endpoint } from './endpoint.ts'
import { jsonObject, proofOptions, proofTypeOf } from './fields.ts'

const name = z.string().max(2_048)
const oneOrMany = <Item extends z.ZodType>(item: Item) =>
  z.union([z.array(item).max(16), item.transform((value) => [value])])

/** What a presentation holds is the caller's to choose; the rest of it the node makes. */
const presentation = z.strictObject({
  id: name.refine(URL.canParse, { error: 'must be a URL' }).optional(),
  '@context': oneOrMany(name).optional(),
  type: oneOrMany(z.literal('VerifiablePresentation')),
  holder: z.union([name, z.strictObject({ id: name }).transform(({ id }) => id)]),
  verifiableCredential: oneOrMany(z.union([jsonObject, z.string()])).default([]),
})

const body = z.object({
  presentation: presentation.describe('Without a proof; its holder is a DID of this node.'),
  options: z
    .looseObject({ ...proofOptions, challenge: name.optional(), domain: name.optional() })
    .nullish()
    .transform((options) => options ?? {}),
})

/** `POST /presentations`. */
export const createPresentation: Endpoint = (server, issuer) => {
  server.post(
    '/presentations',
    {
      config: { access: 'presentations:create' },
      schema: {
        operationId: 'createPresentation',
        tags: ['VC API'],
        summary: 'Present credentials in the name of a DID of this node',
        body,
        response: {
          201: z.object({ verifiablePresentation: jsonObject }),
          ...problems(
            'UNAUTHORIZED',
            'FORBIDDEN',
            'DID_NOT_FOUND',
            'AUTHENTICATION_KEY_MISSING',
            'KEY_NOT_VALID',
            'KEY_DOUBTFUL',
            'CLAIMS_NOT_EXPRESSIBLE',
          ),
        },
      },
    },
    async (request, reply) => {
      const { presentation: asked, options } = request.body
      const { holder: holderDid, verifiableCredential, id } = asked
      requireIssuer(callerOf(request), holderDid)
      const { challenge, domain } = options
      const verifiablePresentation = await issuer.provePresented({
        ...{ credentials: verifiableCredential.map(unwrapped), holderDid },
        contexts: asked['@context'] ?? [],
        ...(id !== undefined && { id }),
        proofType: proofTypeOf(options) ?? 'eddsa-rdfc-2022',
        ...(challenge !== undefined && { challenge }),
        ...(domain !== undefined && { domain }),
      })
      reply.status(201)
      return { verifiablePresentation }
    },
  )
}

/** A token out of its envelope: the presentation puts it into one again. */
function unwrapped(credential: JsonObject | string): JsonObject | string {
  if (typeof credential === 'string' || credential.type !== 'EnvelopedVerifiableCredential') return credential
  // a COSE message is its data URL
  if (/^data:[^,;]+;base64,/.test(String(credential.id))) return String(credential.id)
  const token = /^data:[^,]+,(.+)$/.exec(String(credential.id))?.[1]
  if (token !== undefined) return token
  const violations = [{ pointer: '/presentation/verifiableCredential', message: 'must hold data: URLs' }]
  throw new IssuerError('MALFORMED_REQUEST', { violations })
}
