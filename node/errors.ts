interface ErrorEntry {
  /** HTTP status of the answer. */
  status: number
  /** The sentence the public may read. */
  title: string
  /** Whether the same request may succeed later without being changed. */
  retryable: boolean
}

const entry = (status: number, title: string, retryable = false): ErrorEntry => ({ status, title, retryable })

/** Every error code of the node: HTTP status, public sentence, retryable. */
export const errorTable = {
  // requests
  MALFORMED_REQUEST: entry(400, 'The request is not well formed.'),
  UNAUTHORIZED: entry(401, 'A valid API key is required: Authorization: Bearer <key>.'),
  FORBIDDEN: entry(403, 'This API key does not allow that.'),
  NOT_FOUND: entry(404, 'There is nothing at this address.'),
  METHOD_NOT_ALLOWED: entry(405, 'This address does not answer that method.'),
  PAYLOAD_TOO_LARGE: entry(413, 'The request body is too large.'),
  UNSUPPORTED_MEDIA_TYPE: entry(415, 'The body must be application/json.'),
  REQUEST_TIMEOUT: entry(408, 'The request did not arrive in time.', true),
  HEADERS_TOO_LARGE: entry(431, 'The header fields and the address of the request are too large.'),
  NODE_BUSY: entry(503, 'The node has as much to compute as it takes on: try again later.', true),
  NODE_STOPPING: entry(503, 'The node is stopping and takes no new requests.', true),
  RATE_LIMIT_EXCEEDED: entry(429, 'Too many requests: wait as long as Retry-After says.', true),
  QUOTA_EXCEEDED: entry(429, 'There are as many of these as there may be.'),
  CREDENTIAL_QUOTA_EXCEEDED: entry(429, 'This tenant has issued as many credentials today as it may.'),
  TENANT_NOT_FOUND: entry(404, 'The tenant is not known.'),
  TENANT_ALREADY_EXISTS: entry(409, 'A tenant of that id exists.'),
  TENANT_SUSPENDED: entry(403, 'The tenant of this API key is suspended.'),
  LEDGER_BEHIND: entry(503, 'Too many credentials wait for their registration: try again later.', true),
  IDEMPOTENCY_KEY_REUSED: entry(422, 'This Idempotency-Key belongs to another request.'),
  IDEMPOTENCY_KEY_IN_USE: entry(409, 'The request with this Idempotency-Key is still being answered.', true),
  IDEMPOTENCY_LIMIT_REACHED: entry(
    429,
    'No more answers are kept here: send no Idempotency-Key, or wait.',
    true,
  ),
  NOT_IMPLEMENTED: entry(501, 'This parameter is not supported here.'),
  INTERNAL_ERROR: entry(500, 'The node failed to answer; the log tells why.'),

  // issuers and holders
  DID_NOT_FOUND: entry(404, 'This DID is not known.'),
  DID_METHOD_UNSUPPORTED: entry(400, 'This DID method is not supported here.'),
  DID_ALREADY_EXISTS: entry(409, 'This DID is here already.'),
  DID_NOT_CONTROLLED: entry(409, 'This node does not hold the controller key of the DID.'),
  DELEGATION_ON_LEDGER_MISSING: entry(
    422,
    'The ledger does not show the assertion key or the delegate of this node for the DID.',
  ),
  ISSUER_NOT_FOUND: entry(
    404,
    'The issuer is not a did:ethr of this registry, or this node holds no key for it.',
  ),
  ISSUER_DEACTIVATED: entry(409, 'The issuer DID has been deactivated.'),
  ASSERTION_KEY_MISSING: entry(422, 'The issuer has no assertionMethod key that this proof type can use.'),
  HOLDER_NOT_FOUND: entry(422, 'The holder DID does not resolve.'),
  AUTHENTICATION_KEY_MISSING: entry(
    422,
    'The holder has no authentication key that this proof type can use.',
  ),
  KEY_NOT_FOUND: entry(404, 'This key is not known.'),
  KEY_STILL_ACTIVE: entry(409, 'The issuer still signs with this key: replace it first.'),
  RECALL_NOT_FOUND: entry(404, 'The recall is not known.'),
  KEY_NOT_VALID: entry(422, 'The key was not valid when the proof was made.'),
  KEY_DOUBTFUL: entry(422, 'It cannot be shown that the key was valid when the proof was made.'),

  // schemas
  SCHEMA_NOT_FOUND: entry(404, 'The schema is not in the registry.'),
  SCHEMA_INVALID: entry(422, 'The schema is not a usable JSON Schema 2020-12.'),
  SCHEMA_ALREADY_EXISTS: entry(
    409,
    'A schema of this issuer has that name and version; schemas never change.',
  ),
  SCHEMA_ALIAS_TAKEN: entry(409, 'Another schema has this alias.'),
  SCHEMA_DEACTIVATED: entry(409, 'The schema has been deactivated.'),
  SCHEMA_RESTRICTED: entry(403, 'The issuer is not allowed to use this schema.'),
  SCHEMA_VALIDATION_FAILED: entry(422, 'The claims do not match the schema.'),

  CONTEXT_ALREADY_EXISTS: entry(409, 'This URL stands for another context already; contexts never change.'),

  // credentials
  CREDENTIAL_ALREADY_EXISTS: entry(409, 'A credential has this id already.'),
  STATUS_UNAVAILABLE: entry(422, 'This issuer has no status lists: its DID is not on the ledger.'),
  PROOF_TYPE_UNSUPPORTED: entry(400, 'This proof type is not supported.'),
  DATA_MODEL_UNSUPPORTED: entry(422, 'The proof type cannot secure this version of the data model.'),
  CREDENTIAL_DEFINITION_NOT_FOUND: entry(404, 'The credential definition is not known.'),
  CREDENTIAL_DEFINITION_ALREADY_EXISTS: entry(
    409,
    'A credential definition of this issuer has that schema and tag; definitions never change.',
  ),
  CREDENTIAL_DEFINITION_PENDING: entry(409, 'The credential definition is not on the ledger yet.', true),
  CREDENTIAL_DEFINITION_DEACTIVATED: entry(409, 'The credential definition has been deactivated.'),
  REVOCATION_UNSUPPORTED: entry(422, 'This node makes no revocable AnonCreds credentials.'),
  PRESENTATION_REQUEST_NOT_FOUND: entry(404, 'The presentation request is unknown, answered or expired.'),
  ANONCREDS_PROOF_INVALID: entry(422, 'A proof of the AnonCreds protocol does not hold.'),
  PRESENTATION_NOT_POSSIBLE: entry(422, 'These credentials do not answer the presentation request.'),
  DERIVATION_FAILED: entry(422, 'No credential with this choice of attributes can be derived.'),
  EXPIRATION_INVALID: entry(422, 'The expiration date is in the past or before the start of validity.'),
  DELEGATION_INVALID: entry(422, 'The delegation exceeds what its parent allows.'),
  CLAIMS_NOT_EXPRESSIBLE: entry(422, 'This proof type cannot express all of the claims.'),
  SIGNING_FAILED: entry(500, 'The credential could not be signed.'),
  CREDENTIAL_NOT_FOUND: entry(404, 'The credential is not known.'),
  CREDENTIAL_DELETED: entry(410, 'The credential has been deleted here.'),
  CREDENTIAL_NOT_REVOCABLE: entry(409, 'The credential was issued without a status entry of this purpose.'),
  NOT_ISSUER_OF_CREDENTIAL: entry(403, 'Only the issuer of the credential may do that.'),
  ALREADY_REVOKED: entry(409, 'The credential has been revoked already; a revocation is final.'),
  ALREADY_SUSPENDED: entry(409, 'The credential is suspended already.'),
  NOT_SUSPENDED: entry(409, 'The credential is not suspended.'),
  STATUS_ENCODING_UNSUPPORTED: entry(
    422,
    'Credentials of this format and data model cannot carry their status in that encoding.',
  ),
  BULK_COLUMNS_INVALID: entry(422, 'The columns of the file do not fit the schema.'),
  BULK_LIMIT_REACHED: entry(429, 'There are too many bulk jobs or rows that have not ended.', true),
  BULK_JOB_NOT_FOUND: entry(404, 'The bulk job is not known.'),
  BULK_JOB_STATE: entry(409, 'The bulk job is in a state in which that cannot be done.'),
  STATUS_LIST_NOT_FOUND: entry(404, 'The status list is not known.'),
  STATUS_LIST_FULL: entry(409, 'The status list has no entry left and no further list can be opened.'),
  REGISTRATION_PENDING: entry(409, 'The credential is not on the ledger yet.', true),
  OFFER_NOT_FOUND: entry(404, 'The offer is unknown, used or expired.'),
  API_KEY_NOT_FOUND: entry(404, 'The API key is not known.'),
  WEBHOOK_NOT_FOUND: entry(404, 'The webhook is not known.'),
  DELIVERY_NOT_FOUND: entry(404, 'The webhook has no such delivery.'),
  WEBHOOK_GONE: entry(410, 'The address of the webhook wants to be told nothing more.'),
  WEBHOOK_UNREACHABLE: entry(503, 'The address of the webhook does not take what it is told.', true),

  // connections and exchanges
  CONNECTION_NOT_FOUND: entry(404, 'The connection is not known.'),
  CONNECTION_STATE: entry(409, 'The connection is in a state that does not allow this.'),
  EXCHANGE_NOT_FOUND: entry(404, 'The exchange is not known.'),
  EXCHANGE_STATE: entry(409, 'The exchange is in a state that does not allow this step.'),
  EXCHANGE_FORMAT_UNSUPPORTED: entry(422, 'Credentials of this format are not exchanged here.'),
  EXCHANGE_LIMIT: entry(429, 'Too many exchanges over this connection are not at their end.', true),
  MESSAGE_REFUSED: entry(422, 'The message is none that is taken here.'),
  MESSAGE_TOO_EARLY: entry(409, 'The message has come before its turn.', true),
  HOLDER_NOT_PROVEN: entry(422, 'Nothing proves that the request comes from the holder.'),
  CREDENTIAL_NOT_AS_OFFERED: entry(422, 'The credential is not the one that was offered.'),
  PEER_UNREACHABLE: entry(503, 'The other side of the connection does not answer.', true),

  // what the node stands on
  STATUS_LIST_UNREACHABLE: entry(503, 'The status list cannot be fetched.', true),
  DID_HOST_UNREACHABLE: entry(503, 'The host of the DID document does not answer.', true),
  CHAIN_UNREACHABLE: entry(503, 'The chain does not answer.', true),
  CHAIN_MISMATCH: entry(500, 'The chain is not the one this database belongs to.'),
  FEE_CAP_REACHED: entry(503, 'The chain asks for higher fees than this node may pay.', true),
  TRANSACTION_REVERTED: entry(502, 'The ledger refused the transaction.'),
  RELAYER_UNFUNDED: entry(503, 'The relayer account cannot pay for the transaction.', true),
  LEDGER_DATA_INVALID: entry(502, 'What the ledger returned does not match its digest.'),
  DATABASE_UNAVAILABLE: entry(503, 'The database does not answer.', true),
  QUEUE_UNAVAILABLE: entry(503, 'The queue does not answer.', true),
  KEY_STORE_UNAVAILABLE: entry(503, 'The key store does not answer or cannot decrypt.', true),
} as const satisfies Record<string, ErrorEntry>

export type ErrorCode = keyof typeof errorTable

/** One thing that is wrong with an input: a JSON pointer (RFC 6901) into it and a sentence. */
export interface Violation {
  pointer: string
  message: string
}

interface ErrorOptions {
  /** A public sentence more precise than the table's. */
  detail?: string
  /** Every violation of the input, for answers that list them. */
  violations?: readonly Violation[]
  /** Public facts about the case, such as the DID or the schema id; never a secret. */
  facts?: Readonly<Record<string, string | number | boolean | null>>
  /** Seconds after which a retry makes sense. */
  retryAfter?: number
  /** What went wrong underneath: for the log, never for the answer. */
  cause?: unknown
}

/** The one error class of the node; `code` is stable, the message is public. */
export class IssuerError extends Error {
  override readonly name = 'IssuerError'
  readonly code: ErrorCode
  readonly violations: readonly Violation[]
  readonly facts: Readonly<Record<string, string | number | boolean | null>>
  readonly retryAfter: number | undefined

  constructor(code: ErrorCode, options: ErrorOptions = {}) {
    super(
      options.detail ?? errorTable[code].title,
      options.cause === undefined ? undefined : { cause: options.cause },
    )
    this.code = code
    this.violations = options.violations ?? []
    this.facts = options.facts ?? {}
    this.retryAfter = options.retryAfter
  }

  get status(): number {
    return errorTable[this.code].status
  }

  get retryable(): boolean {
    return errorTable[this.code].retryable
  }
}
