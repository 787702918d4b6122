import { createHash, randomUUIDv7 } from 'node:crypto'
import { defaultTenant } from '../request-context.ts'

/**
 * A new id of a credential: a UUID of version 7 (RFC 9562, 5.7), which begins with the time. A credential tells when it
 * was issued anyway, and ids that grow keep what is written at a time together: with 100,000 credentials stored, SQLite
 * writes 1,000 more in two thirds of the time that it takes with random ids.
 */
export function newCredentialId(): string {
  return `urn:uuid:${randomUUIDv7()}`
}

/**
 * The id of the record of a credential that somebody else has named. Names are a tenant's own: nobody takes one that
 * another tenant uses, or learns which it does. A UUID of version 8 (RFC 9562, 5.8) over tenant and name; those of the
 * tenant `default`, whose the node is, are the names themselves.
 */
export function namedCredentialId(name: string, tenantId: string): string {
  if (tenantId === defaultTenant) return name
  const hash = createHash('sha256').update(`${tenantId} ${name}`).digest()
  hash[6] = ((hash[6] as number) & 0x0f) | 0x80
  hash[8] = ((hash[8] as number) & 0x3f) | 0x80
  const hex = hash.toString('hex', 0, 16)
  const parts = [
    [0, 8],
    [8, 12],
    [12, 16],
    [16, 20],
    [20, 32],
  ] as const
  return `urn:uuid:${parts.map(([from, to]) => hex.slice(from, to)).join('-')}`
}
