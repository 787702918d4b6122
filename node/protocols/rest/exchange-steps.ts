import { z } from 'zod'
import { requireIssuer } from '../../access/caller.ts'
import { problems } from '../problem-document.ts'
import { callerOf } from '../protocol.ts'
import {
  always,
  asker,
  comment,
  details,
  emptyOr,
  exchange,
  expiresInSeconds,
  issuing,
  moving,
  params,
} from './exchange-fields.ts'
import { defined } from './fields.ts'
import type { Resource } from './resource.ts'

/** What moves an exchange on, under `/exchanges/{id}`. */
export const exchangeSteps: Resource = (server, issuer, limits) => {
  mountIssuerSteps(server, issuer, limits)
  mountHolderSteps(server, issuer, limits)
}

const mountIssuerSteps: Resource = (server, issuer) => {
  server.post(
    '/exchanges/:id/offer',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Answer a proposal with an offer',
        description: 'As the issuer, in the state PROPOSAL.',
        params,
        body: emptyOr(
          z.strictObject({
            details: details.optional().describe('What is offered; what was proposed unless told.'),
            comment,
            autoAcceptRequest: z.boolean().default(false),
            expiresInSeconds,
          }),
        ),
        response: { 200: exchange, ...problems(...moving, ...issuing) },
      },
    },
    async (request) =>
      issuer.exchanges.answerProposal({
        ...{ ...asker(callerOf(request)), exchangeId: request.params.id },
        ...defined(request.body),
      }),
  )

  server.post(
    '/exchanges/:id/accept-request',
    {
      config: { access: 'credentials:issue' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Accept a request',
        description: 'As the issuer, in the state REQUEST: issues what was offered, once.',
        params,
        body: emptyOr(z.strictObject({ comment })),
        response: {
          200: exchange,
          ...problems(...moving, ...issuing, 'HOLDER_NOT_PROVEN', 'ANONCREDS_PROOF_INVALID'),
        },
      },
    },
    async (request) =>
      issuer.exchanges.acceptRequest({
        ...{ ...asker(callerOf(request)), exchangeId: request.params.id },
        ...defined(request.body),
      }),
  )
}

const mountHolderSteps: Resource = (server, issuer) => {
  server.post(
    '/exchanges/:id/accept-offer',
    {
      config: { access: 'exchanges:write' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Accept an offer',
        description:
          'As the holder, in the state OFFER: requests the credential. It is stored when it comes.',
        params,
        body: emptyOr(z.strictObject({ details: details.default({}), comment })),
        response: {
          200: exchange,
          ...problems(...moving, 'DID_NOT_FOUND', 'AUTHENTICATION_KEY_MISSING', 'ANONCREDS_PROOF_INVALID'),
        },
      },
    },
    async (request) => {
      const caller = callerOf(request)
      return issuer.exchanges.acceptOffer({
        ...{ ...asker(caller), exchangeId: request.params.id },
        actsFor: (holderDid) => requireIssuer(caller, holderDid),
        ...defined(request.body),
      })
    },
  )

  server.delete(
    '/exchanges/:id',
    {
      config: { access: 'exchanges:write' },
      schema: {
        tags: ['Exchanges'],
        summary: 'Delete an exchange',
        description:
          'One that is not at its end is abandoned, and the other side is told. One that is forgets what was said; a credential that was stored stays.',
        params,
        response: {
          200: z.object({ outcome: z.enum(['abandoned', 'removed']) }),
          ...problems(...always, 'EXCHANGE_NOT_FOUND', 'EXCHANGE_STATE'),
        },
      },
    },
    async (request) => ({
      outcome: await issuer.exchanges.delete({ ...asker(callerOf(request)), exchangeId: request.params.id }),
    }),
  )
}
