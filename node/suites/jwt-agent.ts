import type { JsonObject } from '../json.ts'

/** What the JWT suite asks of the agent. */
export interface JwtAgent {
  /**
   * A compact JWT over a credential of data model 1.1, made with a key of its issuer; `kid` goes into the header.
   * @throws KEY_NOT_FOUND, KEY_STORE_UNAVAILABLE
   */
  createCredentialJwt(input: { document: JsonObject; keyRef: string; kid: string }): Promise<string>
}
