import type { CompactJwt } from '../compact-jwt.ts'
import { controllerOf } from './assertion-key.ts'
import type { ProofVerdict, VerifyOptions } from './suite.ts'
import { type JwsRules, jwtTimeProblem, verifyJws } from './verify-jws.ts'

/**
 * Checks a token whose payload is a credential of data model 2.0: its times, that `iss` is its issuer (Securing
 * Verifiable Credentials using JOSE and COSE, 3.1.3), and the signature.
 */
export async function verifyClaimsSet(
  token: CompactJwt,
  rules: Omit<JwsRules, 'controller'>,
  options: VerifyOptions,
): Promise<Omit<ProofVerdict, 'type'>> {
  const { payload } = token
  const controller = controllerOf(payload, options.purpose ?? 'assertionMethod')
  if (payload.iss !== undefined && payload.iss !== controller) {
    return { status: 'fail', reason: 'The iss of the token is not who must have signed it.' }
  }
  // They are about the signature; validFrom and validUntil are for the expiration check.
  const reason = jwtTimeProblem(payload, ['iat', 'nbf', 'exp'], options.now)
  if (reason !== undefined) return { status: 'fail', reason }
  return verifyJws(token, { ...rules, controller }, options)
}
