import type { Json, JsonObject } from '../json.ts'
import type { CompactJwt } from '../tokens/compact-jwt.ts'
import { controllerOf } from './assertion-key.ts'
import type { ProofVerdict, VerifyOptions } from './suite.ts'
import { type JwsRules, jwtTimeProblem, verifyJws } from './verify-jws.ts'

/** Why a token does not answer what a verifier asked: `nonce` is its challenge, `aud` its domain (RFC 7519, 4.1.3). */
export function answerProblem(
  { nonce, aud }: JsonObject,
  { challenge, domain }: Pick<VerifyOptions, 'challenge' | 'domain'>,
): string | undefined {
  if (challenge !== undefined && nonce !== challenge) return 'The nonce is not the one that was asked for.'
  if (domain !== undefined && !([aud].flat() as Json[]).includes(domain)) {
    return 'The audience is not the one that was asked for.'
  }
  return undefined
}

/**
 * Checks a token whose payload is a credential or presentation of data model 2.0: its times, that `iss` is its issuer or
 * holder (Securing Verifiable Credentials using JOSE and COSE, 3.1.3), that it answers what was asked, and the signature.
 */
export async function verifyClaimsSet(
  token: CompactJwt,
  rules: Omit<JwsRules, 'controller'>,
  options: VerifyOptions,
): Promise<Omit<ProofVerdict, 'type'>> {
  const { payload } = token
  const controller = options.controller ?? controllerOf(payload, options.purpose ?? 'assertionMethod')
  if (payload.iss !== undefined && payload.iss !== controller) {
    return { status: 'fail', reason: 'The iss of the token is not who must have signed it.' }
  }
  // They are about the signature; validFrom and validUntil are for the expiration check.
  const reason = jwtTimeProblem(payload, ['iat', 'nbf', 'exp'], options.now)
  const unasked = reason ?? answerProblem(payload, options)
  if (unasked !== undefined) return { status: 'fail', reason: unasked }
  return verifyJws(token, { ...rules, controller }, options)
}
