import { IssuerError } from '../errors.ts'
import { deleteExchange } from '../exchange/abandon-exchange.ts'
import { acceptOffer } from '../exchange/accept-offer.ts'
import { acceptRequest } from '../exchange/accept-request.ts'
import { WORK_JOB } from '../exchange/advance.ts'
import { acceptInvitation } from '../exchange/connections/accept-invitation.ts'
import { type ConnectionDeps, connectionOf } from '../exchange/connections/connection.ts'
import {
  deleteConnection,
  expireConnections,
  requireConnection,
} from '../exchange/connections/end-connections.ts'
import { invite } from '../exchange/connections/invite.ts'
import { takeMessage } from '../exchange/connections/take-message.ts'
import { deliverMessage } from '../exchange/deliver-message.ts'
import { doWork } from '../exchange/do-work.ts'
import { type ExchangeDeps, exchangeOf, requireExchange } from '../exchange/exchange.ts'
import { expireExchanges } from '../exchange/expire-exchanges.ts'
import { anonCredsFormat } from '../exchange/formats/anoncreds.ts'
import type { ExchangeFormat } from '../exchange/formats/exchange-format.ts'
import { w3cFormat } from '../exchange/formats/w3c.ts'
import { answerProposal, offerCredential } from '../exchange/offer-credential.ts'
import { MESSAGES_JOB } from '../exchange/outgoing.ts'
import { proposeCredential } from '../exchange/propose-credential.ts'
import { receivedCredential } from '../exchange/received-credential.ts'
import type { Transport } from '../exchange/transport.ts'
import { issue } from '../issuance/issue.ts'
import type { Wiring } from '../issuer.ts'
import { createOutboxJob } from '../jobs/outbox-job.ts'
import type { Job } from '../jobs/queue.ts'
import type { Issuer } from '../protocols/issuer.ts'
import { createConnectionStore } from '../stores/connections.ts'
import { createExchangeStore } from '../stores/exchanges.ts'
import { createReceivedCredentialStore } from '../stores/received-credentials.ts'
import { openCredential } from '../verification/open-credential.ts'
import { verifyCredential } from '../verification/verify-credential.ts'
import { bindPresentations } from './bind-presentations.ts'
import { httpTransport } from './http-transport.ts'
import type { Part } from './open-parts.ts'

/** Rows of the outbox handled side by side: each waits for the other side, or for the ledger. */
const sideBySide = 32
/**
 * After so many milliseconds another process does what one has begun that died: a message is given up after 10 s, and
 * work that is done twice at the same time is done once, by the condition of its transaction.
 */
const claimMs = 12_000

/** A node may be away for days: 1 s, doubled up to 10 minutes, for a week. */
const messagePause = (attempts: number) =>
  attempts >= 1_020 ? undefined : Math.min(1_000 * 2 ** (attempts - 1), 600_000)

type Deps = ExchangeDeps & ConnectionDeps & { transport: Transport }

/** Opens connections to other nodes, and exchanges of credentials over them. */
export function openExchange(wiring: Wiring, anonCreds: Parameters<typeof anonCredsFormat>[0]) {
  const { config, foundation, pipeline, queue } = wiring
  const received = createReceivedCredentialStore(foundation.database, foundation.room)
  const stopping = new AbortController()
  const deps: Deps = {
    exchanges: createExchangeStore(foundation.database, foundation.room),
    connections: createConnectionStore(foundation.database, foundation.room),
    formats: [w3cOf(wiring, received), anonCredsFormat(anonCreds)],
    secrets: foundation.secrets,
    transport: httpTransport({ peers: config.connectionPeers, stopping: stopping.signal }),
    inboxOf: (id) => `${config.publicUrl}/api/v1/connections/${id}/messages`,
    ...{ queue, now: pipeline.now },
  }
  return {
    doors: { connections: connectionDoor(deps), exchanges: exchangeDoor(deps, received) },
    jobs: jobsOf(wiring, deps, stopping.signal),
    // a peer that does not answer must not keep the node: it is told again
    close: async () => stopping.abort(),
  } satisfies Part
}

function w3cOf(wiring: Wiring, received: ReturnType<typeof createReceivedCredentialStore>): ExchangeFormat {
  const { pipeline, verification } = wiring
  const { provePresentation, verifyPresentation, deriveCredential } = bindPresentations(wiring)
  return w3cFormat({
    issue: (request) => issue(pipeline, request),
    schemaIdOf: pipeline.schemaIdOf,
    prove: (input) => provePresentation({ ...input, credentials: [] }),
    checkPossession: async (input) => {
      const { holder, checks } = await verifyPresentation(input)
      return { holder, proof: checks.proof }
    },
    open: (credential) => {
      try {
        return openCredential(pipeline.formats, credential)
      } catch (error) {
        if (error instanceof IssuerError && error.code === 'MALFORMED_REQUEST') return undefined
        throw error
      }
    },
    verify: async ({ credential, proofType }) => {
      const suite = pipeline.suites.find(({ name }) => name === proofType)
      // a proof for the holder alone is shown to hold by what is derived from it
      const isBase = suite?.format === 'data-integrity' && suite.derive !== undefined
      const whole = { credential, selectivePointers: ['/credentialSubject'] }
      const shown = isBase ? await deriveCredential(whole) : credential
      const { checks } = await verifyCredential(verification, { credential: shown })
      return { proof: checks.proof, issuer: checks.issuer }
    },
    ...{ received, now: pipeline.now },
  })
}

function connectionDoor(deps: Deps): Issuer['connections'] {
  return {
    invite: (input) => invite(deps, input),
    accept: (input) => acceptInvitation(deps, input),
    get: async (input) => connectionOf(await requireConnection(deps, input)),
    list: async (question) => {
      const { items, nextCursor } = await deps.connections.list(question)
      return { items: items.map(connectionOf), nextCursor }
    },
    delete: (input) => deleteConnection(deps, input),
    take: (input) => takeMessage(deps, input),
  }
}

function exchangeDoor(
  deps: Deps,
  received: ReturnType<typeof createReceivedCredentialStore>,
): Issuer['exchanges'] {
  return {
    propose: (input) => proposeCredential(deps, input),
    offer: (input) => offerCredential(deps, input),
    answerProposal: (input) => answerProposal(deps, input),
    acceptOffer: (input) => acceptOffer(deps, input),
    acceptRequest: (input) => acceptRequest(deps, input),
    get: async (input) => exchangeOf(await requireExchange(deps, input)),
    list: async (question) => {
      const { items, nextCursor } = await deps.exchanges.list(question)
      return { items: items.map(exchangeOf), nextCursor }
    },
    delete: (input) => deleteExchange(deps, input),
    receivedCredential: async ({ tenantId, credentialId }) => {
      const row = await received.get(tenantId, credentialId)
      if (!row) throw new IssuerError('CREDENTIAL_NOT_FOUND', { facts: { credentialId } })
      return receivedCredential(row)
    },
    receivedCredentials: async (question) => {
      const { items, nextCursor } = await received.list(question)
      return { items: items.map(receivedCredential), nextCursor }
    },
  }
}

function jobsOf({ stores, pipeline }: Wiring, deps: Deps, stopping: AbortSignal): Job[] {
  const common = { outbox: stores.outbox, now: pipeline.now, limit: sideBySide, claimMs, stopping }
  const work = createOutboxJob({ ...common, name: WORK_JOB, handle: (row) => doWork(deps, row) })
  const messages = createOutboxJob({
    ...{ ...common, name: MESSAGES_JOB },
    handle: (row) => deliverMessage(deps, row),
    backoff: messagePause,
  })
  const expiry: Job = {
    name: 'exchange-expiry',
    intervalMs: 30_000,
    run: async () => (await expireExchanges(deps)) + (await expireConnections(deps)),
  }
  return [work, messages, expiry]
}
