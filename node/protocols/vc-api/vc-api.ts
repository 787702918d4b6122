import type { FastifyReply, FastifyRequest } from 'fastify'
import { toIssuerError } from '../problem-document.ts'
import type { HttpServer, Protocol } from '../protocol.ts'
import { createPresentation } from './create-presentation.ts'
import { deriveCredential } from './derive-credential.ts'
import { issueCredential } from './issue-credential.ts'
import { loopbackCaller } from './loopback-caller.ts'
import { refusalOf } from './problem-details.ts'
import { storedCredentials } from './stored-credentials.ts'
import { updateStatus } from './update-status.ts'
import { verifyCredential } from './verify-credential.ts'
import { verifyPresentation } from './verify-presentation.ts'

const endpoints = [
  issueCredential,
  verifyCredential,
  deriveCredential,
  updateStatus,
  storedCredentials,
  createPresentation,
  verifyPresentation,
]

/** The W3C VC API (VCALM, draft): whole documents instead of schemas and claims. */
export const vcApi: Protocol = {
  name: 'vc-api',
  mount(server, issuer, settings) {
    server.register(
      (scope, _options, done) => {
        if (!settings.vcApiAuth) admitLoopback(scope)
        scope.setErrorHandler(answerRefusal)
        for (const endpoint of endpoints) endpoint(scope, issuer, settings)
        done()
      },
      { prefix: settings.vcApiPrefix },
    )
  },
}

function admitLoopback(scope: HttpServer): void {
  scope.addHook('onRequest', async (request) => {
    request.caller ??= loopbackCaller(request)
  })
}

/** Refused input is answered in the words of the data model; every other error as everywhere. */
function answerRefusal(thrown: unknown, request: FastifyRequest, reply: FastifyReply): void {
  const error = toIssuerError(thrown)
  const path = request.url.split('?', 1)[0]?.slice(0, 2_048) ?? ''
  const refusal = refusalOf(error, { path, id: request.id })
  if (!refusal) throw error
  request.log.info({ code: error.code, violations: error.violations.length }, 'refused')
  const { verifies } = request.routeOptions.config
  reply
    .status(refusal.status)
    .header('cache-control', 'no-store')
    .type(verifies ? 'application/json' : 'application/problem+json')
    .serializer((payload: string) => payload)
    .send(JSON.stringify(verifies ? { verified: false, ...refusal } : refusal))
}
