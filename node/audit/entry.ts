import { createHash } from 'node:crypto'
import type { JsonObject } from '../json.ts'
import { hexDigest, jcsBytes } from '../schemas/digest.ts'

/** What an entry of the audit log says. Times are ISO 8601 in UTC. */
export interface EntryFacts {
  id: string
  at: string
  tenantId: string
  /** Id of the API key, `anonymous`, or `node` for work of the node's own. */
  actor: string
  requestId: string | null
  type: string
  subject: string
  data: JsonObject
}

/** An entry in its place: what it says, or, where that is not for the reader, its digest alone. */
export type AuditEntry = { seq: number; hash: string } & (EntryFacts | { digest: string })

/** The end of the log; of the empty one 0 and zeros. */
export interface AuditHead {
  seq: number
  /** SHA-256, hex. */
  hash: string
}

export const emptyLog: AuditHead = { seq: 0, hash: '0'.repeat(64) }

/**
 * Index of the leaf that holds the head of the log in the Merkle tree of a registration: no status list has such an
 * entry, so it costs neither gas nor an index.
 */
export const headLeafIndex = 2n ** 256n - 1n

/** Digest of an entry: SHA-256 of its JCS text (RFC 8785), in which the SHA-256 of the JCS of `data` stands for it. */
export function entryDigest(seq: number, { data, ...facts }: EntryFacts): string {
  return digestWith(seq, facts, hexDigest(jcsBytes(data)))
}

/** The same from the JCS text of the data, as the database keeps it. */
export function storedEntryDigest(
  seq: number,
  { data, ...facts }: Omit<EntryFacts, 'data'> & { data: string },
) {
  return digestWith(seq, facts, hexDigest(Buffer.from(data)))
}

function digestWith(seq: number, facts: Omit<EntryFacts, 'data'>, dataDigest: string): string {
  const { id, at, tenantId, actor, requestId, type, subject } = facts
  const canonical = { seq, id, at, tenantId, actor, requestId, type, subject, dataDigest }
  return hexDigest(jcsBytes(canonical))
}

/** The hash that stands at an entry: SHA-256 of the hash before and of the entry's digest, 32 bytes each. */
export function chainHash(previous: string, digest: string): string {
  return createHash('sha256').update(previous, 'hex').update(digest, 'hex').digest('hex')
}
