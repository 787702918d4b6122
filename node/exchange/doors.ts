import type { JsonObject } from '../json.ts'
import type { deleteExchange } from './abandon-exchange.ts'
import type { acceptOffer } from './accept-offer.ts'
import type { acceptRequest } from './accept-request.ts'
import type { acceptInvitation } from './connections/accept-invitation.ts'
import type { Connection, ConnectionState } from './connections/connection.ts'
import type { invite } from './connections/invite.ts'
import type { Asker, Exchange } from './exchange.ts'
import type { Role, State } from './machine.ts'
import type { answerProposal, offerCredential } from './offer-credential.ts'
import type { proposeCredential } from './propose-credential.ts'
import type { ReceivedCredential } from './received-credential.ts'

type Bound<F> = F extends (deps: never, input: infer Input) => infer Result ? (input: Input) => Result : never

interface PageQuestion {
  limit: number
  cursor?: string | undefined
}

type Page<T> = Promise<{ items: T[]; nextCursor: string | null }>
interface OfTenant {
  tenantId: string
}

/** Connections, as protocols see them. */
export interface ConnectionDoor {
  invite: Bound<typeof invite>
  accept: Bound<typeof acceptInvitation>
  /** @throws CONNECTION_NOT_FOUND */
  get(input: OfTenant & { connectionId: string }): Promise<Connection>
  list(
    question: OfTenant & PageQuestion & { states?: readonly ConnectionState[] | undefined },
  ): Page<Connection>
  /** @throws CONNECTION_NOT_FOUND */
  delete(input: OfTenant & { connectionId: string }): Promise<void>
  /** What comes to an inbox. @throws CONNECTION_NOT_FOUND for a token that does not open it, and for what is refused */
  take(input: { connectionId: string; token: string; json: JsonObject }): Promise<void>
}

/** Exchanges, as protocols see them. */
export interface ExchangeDoor {
  propose: Bound<typeof proposeCredential>
  offer: Bound<typeof offerCredential>
  answerProposal: Bound<typeof answerProposal>
  acceptOffer: Bound<typeof acceptOffer>
  acceptRequest: Bound<typeof acceptRequest>
  /** @throws EXCHANGE_NOT_FOUND */
  get(input: Asker & { exchangeId: string }): Promise<Exchange>
  list(
    question: Asker &
      PageQuestion & {
        role?: Role | undefined
        states?: readonly State[] | undefined
        connectionIds?: readonly string[] | undefined
      },
  ): Page<Exchange>
  delete: Bound<typeof deleteExchange>
  /** @throws CREDENTIAL_NOT_FOUND */
  receivedCredential(input: OfTenant & { credentialId: string }): Promise<ReceivedCredential>
  receivedCredentials(question: OfTenant & PageQuestion): Page<ReceivedCredential>
}
