import { randomUUID } from 'node:crypto'
import { createNonce, parsePresentationRequest } from '../anoncreds/anoncreds.ts'
import type { PresentationRequest } from '../anoncreds/presentation-request.ts'
import { IssuerError } from '../errors.ts'
import { presentAct } from '../request-context.ts'
import type { Database } from '../stores/database.ts'
import type { PresentationRequestStore } from '../stores/presentation-requests.ts'
import type { AnonCredsResolver } from '../verification/anoncreds-resolver.ts'
import { type AnonCredsOutcome, verifyAnonCreds } from '../verification/verify-anoncreds.ts'

/** What verifying AnonCreds presentations for others stands on. */
export interface AnonCredsVerifierDeps {
  anonCreds: AnonCredsResolver
  requests: PresentationRequestStore
  now(): Date
}

interface NewRequest {
  tenantId: string
  /** A presentation request without its nonce. */
  request: Readonly<Record<string, unknown>>
  expiresInSeconds: number
}

/** A request that the node remembers until it has been answered, once, or has ended. */
export interface KeptRequest {
  presentationRequestId: string
  /** To be sent to the holder as it is. */
  presentationRequest: PresentationRequest
  /** ISO 8601, UTC. */
  expiresAt: string
}

/** Makes a presentation request with a nonce of its own. @throws MALFORMED_REQUEST */
export async function makePresentationRequest(
  { requests, now }: AnonCredsVerifierDeps,
  { tenantId, request, expiresInSeconds }: NewRequest,
): Promise<KeptRequest> {
  const act = presentAct<KeptRequest>('make a presentation request')
  if (act?.outcome) return act.outcome
  const presentationRequest = parsePresentationRequest({ ...request, nonce: createNonce() })
  const presentationRequestId = randomUUID()
  const createdAt = now()
  const expiresAt = new Date(createdAt.getTime() + expiresInSeconds * 1_000).toISOString()
  const kept: KeptRequest = { presentationRequestId, presentationRequest, expiresAt }
  const row = {
    request_id: presentationRequestId,
    tenant_id: tenantId,
    request: JSON.stringify(presentationRequest),
    created_at: createdAt.toISOString(),
    expires_at: expiresAt,
  }
  await requests.insert(row, act && ((trx) => act.note(kept, trx)))
  return kept
}

/**
 * Verifies the answer to a request that was kept. Whether it holds or not, the request is answered by it; only when
 * the ledger could not be read may it be sent again. A call that is repeated after it has answered the request verifies
 * the same presentation against it.
 * @throws PRESENTATION_REQUEST_NOT_FOUND, also when it is another tenant's, was answered or has ended;
 *   MALFORMED_REQUEST, LEDGER_DATA_INVALID, CHAIN_UNREACHABLE, NODE_BUSY
 */
export async function verifyAnswer(
  { anonCreds, requests, now }: AnonCredsVerifierDeps,
  input: { tenantId: string; presentationRequestId: string; presentation: unknown },
): Promise<AnonCredsOutcome> {
  const { tenantId, presentationRequestId: requestId, presentation } = input
  const act = presentAct<{ request: string }>('answer a presentation request')
  if (act?.outcome)
    return verifyAnonCreds({ anonCreds }, { presentation, request: JSON.parse(act.outcome.request) })
  const unknown = () =>
    new IssuerError('PRESENTATION_REQUEST_NOT_FOUND', { facts: { presentationRequestId: requestId } })
  const kept = await requests.open({ requestId, tenantId, now: now().toISOString() })
  if (kept === undefined) throw unknown()
  const takeNonce = async () => {
    const note = act && ((trx: Database) => act.note({ request: kept }, trx))
    if (!(await requests.take({ requestId, now: now().toISOString() }, note))) throw unknown()
  }
  return verifyAnonCreds({ anonCreds }, { presentation, request: JSON.parse(kept), takeNonce })
}

/** Verifications for callers without a key that may be at work at a time: they compute for whoever asks. */
const mostAnonymous = 8

/** Predicates in a request of a caller without a key; each takes a tenth of a second. */
const mostAnonymousPredicates = 16

/** Verifies for anybody, within limits that leave room for those who have a key. @throws NODE_BUSY, as verifyAnonCreds */
export function limitAnonymous(deps: { anonCreds: AnonCredsResolver }) {
  let running = 0
  return async (input: { presentation: unknown; request: unknown }): Promise<AnonCredsOutcome> => {
    const { requested_predicates } = parsePresentationRequest(input.request)
    if (Object.keys(requested_predicates).length > mostAnonymousPredicates)
      throw new IssuerError('MALFORMED_REQUEST', {
        detail: `Without an API key a request has up to ${mostAnonymousPredicates} predicates.`,
      })
    if (running >= mostAnonymous) throw new IssuerError('NODE_BUSY')
    running += 1
    try {
      return await verifyAnonCreds(deps, input)
    } finally {
      running -= 1
    }
  }
}
