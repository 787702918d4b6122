import { undecided } from './undecided.ts'
import type { Checks, VerificationDeps } from './verification.ts'

/**
 * Whether the issuer's DID exists and is in use. Deactivation fails what was issued before it, too: nobody can revoke
 * that any more, nor say that a key was stolen. Whether the key was valid at the time is in the check of the proof.
 */
export async function checkIssuer(
  deps: Pick<VerificationDeps, 'resolveDid'>,
  did: string,
): Promise<Checks['issuer']> {
  return undecided<Checks['issuer']>(
    async () => {
      const resolution = await deps.resolveDid(did)
      if (!resolution)
        return { status: 'fail', did, active: null, reason: 'The issuer DID does not resolve.' }
      if (resolution.deactivated) {
        const when = resolution.updated === undefined ? '' : ` at ${resolution.updated}`
        return { status: 'fail', did, active: false, reason: `The issuer DID was deactivated${when}.` }
      }
      return { status: 'pass', did, active: true }
    },
    (reason) => ({ status: 'unknown', did, active: null, reason }),
  )
}
