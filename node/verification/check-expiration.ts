import type { CredentialFacts } from '../formats/format.ts'
import type { Checks } from './verification.ts'

/** Whether the credential is within its period of validity now. */
export function checkExpiration(deps: { now(): Date }, facts: CredentialFacts): Checks['expiration'] {
  const dates = { validFrom: facts.validFrom ?? null, expirationDate: facts.validUntil ?? null }
  const fail = (reason: string): Checks['expiration'] => ({ status: 'fail', ...dates, reason })
  const from = facts.validFrom === undefined ? undefined : Date.parse(facts.validFrom)
  const until = facts.validUntil === undefined ? undefined : Date.parse(facts.validUntil)
  if (Number.isNaN(from) || Number.isNaN(until)) return fail('A date of the credential is not a date.')
  const now = deps.now().getTime()
  if (from !== undefined && from > now) return fail(`The credential is valid only from ${facts.validFrom}.`)
  if (until !== undefined && until < now) return fail(`The credential expired at ${facts.validUntil}.`)
  return { status: 'pass', ...dates }
}
