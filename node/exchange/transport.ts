import type { JsonObject } from '../json.ts'

/** Where messages to the other side go, and what opens its inbox. */
export interface PeerAddress {
  endpoint: string
  token: string
}

/** Brings a message to the other side: HTTP, or whatever else is handed in. */
export interface Transport {
  /** @throws MESSAGE_REFUSED for an address that is not spoken to */
  checkEndpoint(endpoint: string): void
  /**
   * Gives undefined once the message was taken, or the code for which it was refused for good.
   * @throws PEER_UNREACHABLE (retryable) when it may be taken later
   */
  send(peer: PeerAddress, message: JsonObject): Promise<string | undefined>
}
