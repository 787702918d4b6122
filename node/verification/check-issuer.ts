import { undecided } from './undecided.ts'
import type { Checks, VerificationDeps } from './verification.ts'

/** Whether the issuer's DID exists and has not been deactivated. */
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
        return { status: 'fail', did, active: false, reason: 'The issuer DID has been deactivated.' }
      }
      return { status: 'pass', did, active: true }
    },
    (reason) => ({ status: 'unknown', did, active: null, reason }),
  )
}
