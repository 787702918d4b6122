import { IssuerError } from '../errors.ts'

/** What an API key may be allowed to do. */
export const scopes = [
  'dids:read',
  'dids:write',
  'audit:read',
  'metrics:read',
  'webhooks:write',
  'schemas:write',
  'credentials:issue',
  'credentials:read',
  'credentials:revoke',
  'offers:write',
  'connections:read',
  'connections:write',
  'exchanges:read',
  'exchanges:write',
  'presentations:create',
  'anoncreds:read',
  'anoncreds:write',
  'anoncreds:verify',
  'wallet:use',
  'keys:admin',
  'tenants:admin',
] as const
export type Scope = (typeof scopes)[number]

/** Whoever holds an API key: what it may do, and for which issuer DIDs; `*` means any. */
export interface Caller {
  keyId: string
  tenantId: string
  /** Requests a minute of all keys of its tenant together; undefined: what the node allows each key. */
  rateLimit?: number | undefined
  scopes: readonly Scope[]
  issuers: '*' | readonly string[]
}

/** What an address asks of its caller: nothing, or a key with this scope. */
export type Access = 'public' | Scope

/** @throws UNAUTHORIZED without a caller, FORBIDDEN without the scope */
export function requireScope(caller: Caller | undefined, scope: Scope): Caller {
  if (!caller) throw new IssuerError('UNAUTHORIZED')
  if (!caller.scopes.includes(scope)) {
    throw new IssuerError('FORBIDDEN', { detail: `This API key lacks the scope ${scope}.`, facts: { scope } })
  }
  return caller
}

/** Whether the caller may act for an issuer DID. */
export function actsFor(caller: Caller, issuerDid: string): boolean {
  return caller.issuers === '*' || caller.issuers.includes(issuerDid)
}

/** @throws FORBIDDEN when the caller's key is not bound to the issuer DID */
export function requireIssuer(caller: Caller, issuerDid: string): void {
  if (actsFor(caller, issuerDid)) return
  throw new IssuerError('FORBIDDEN', {
    detail: 'This API key is not bound to that issuer DID.',
    facts: { issuerDid },
  })
}

/** @throws FORBIDDEN when the caller's key is bound to particular issuers: it cannot make new ones */
export function requireUnbound(caller: Caller): void {
  if (caller.issuers === '*') return
  throw new IssuerError('FORBIDDEN', {
    detail: 'This API key is bound to particular issuer DIDs and cannot add another DID.',
  })
}

/** The issuer DIDs a caller is limited to; undefined means any. */
export function limitedTo(caller: Caller): readonly string[] | undefined {
  return caller.issuers === '*' ? undefined : caller.issuers
}
