import type { JsonObject } from '../json.ts'
import { digestOf, type SdJwt } from '../tokens/sd-jwt.ts'
import type { Refusal } from './assertion-key.ts'
import { keyTypeOf } from './jws-algorithms.ts'
import { signJws } from './sign-jws.ts'
import type { AssertionKey, SecureOptions, VerifyOptions } from './suite.ts'
import { verificationKey, verifySignature } from './verification-key.ts'

/** Seconds for which a proof of possession is fresh, and by which clocks may differ. */
const maxAge = 600
const clockSkew = 300

const fail = (reason: string): Refusal => ({ status: 'fail', reason })

/** The key that an SD-JWT is bound to (RFC 7800, 3.2); undefined when it names none that is supported. */
export function boundKey({ cnf }: JsonObject) {
  const jwk = (cnf as JsonObject | undefined)?.jwk
  return typeof jwk === 'object' && jwk !== null ? verificationKey({ publicKeyJwk: jwk }) : undefined
}

type Expected = Pick<VerifyOptions, 'now' | 'challenge' | 'domain'>

function claimsProblem(token: SdJwt, issued: JsonObject, options: Expected): string | undefined {
  const { iat, aud, nonce, sd_hash: hash } = token.keyBinding?.payload ?? {}
  const { challenge, domain, now } = options
  if (typeof iat !== 'number' || typeof aud !== 'string' || typeof nonce !== 'string') {
    return 'The proof of possession lacks iat, aud or nonce.'
  }
  if (hash !== digestOf(issued, token.presented))
    return 'The proof of possession is for another presentation.'
  const age = now.getTime() / 1000 - iat
  if (age > maxAge || age < -clockSkew) return 'The proof of possession is not fresh.'
  if (challenge !== undefined && nonce !== challenge) return 'The nonce is not the one that was asked for.'
  if (domain !== undefined && aud !== domain) return 'The audience is not the one that was asked for.'
  return undefined
}

/**
 * Why the Key Binding JWT of an SD-JWT does not show possession of the key that it is bound to (RFC 9901, 7.3);
 * undefined when it does. `issued` is the payload with its disclosures.
 */
export function keyBindingProblem(token: SdJwt, issued: JsonObject, options: Expected): Refusal | undefined {
  const { keyBinding } = token
  if (!keyBinding) return fail('There is no proof of possession.')
  const { header, signingInput, signature } = keyBinding
  if (header.typ !== 'kb+jwt' || header.crit !== undefined) {
    return fail('The proof of possession is no Key Binding JWT.')
  }
  if (issued.cnf === undefined) return fail('The credential is not bound to a key.')
  const key = boundKey(issued)
  if (!key) return { status: 'unknown', reason: 'The key that the credential is bound to is not supported.' }
  const reason = claimsProblem(token, issued, options)
  if (reason !== undefined) return fail(reason)
  const isSigned =
    key.type === keyTypeOf(header.alg) && verifySignature(key, Buffer.from(signingInput), signature)
  return isSigned ? undefined : fail('The signature of the proof of possession is invalid.')
}

/** A Key Binding JWT over what is presented (RFC 9901, 4.3), with the key that the SD-JWT is bound to. */
export function signKeyBinding(
  { presented, jwt }: SdJwt,
  key: AssertionKey,
  { created, challenge, domain }: SecureOptions & { challenge: string; domain: string },
): Promise<string> {
  const payload = {
    iat: Math.floor(created.getTime() / 1000),
    aud: domain,
    nonce: challenge,
    sd_hash: digestOf(jwt.payload, presented),
  }
  return signJws({ header: { typ: 'kb+jwt' }, payload }, key)
}
