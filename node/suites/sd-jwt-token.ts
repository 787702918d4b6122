import { IssuerError } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'
import { type Disclosed, disclose, parseSdJwt, type SdJwt } from '../tokens/sd-jwt.ts'
import type { Refusal } from './assertion-key.ts'
import { type ConcealingRules, conceal } from './conceal.ts'
import { boundKey, keyBindingProblem, signKeyBinding } from './key-binding.ts'
import { signJws } from './sign-jws.ts'
import type { DeriveOptions, ProofVerdict, Secured, SecureOptions, VerifyOptions } from './suite.ts'

const isWithin = (pointer: string, ancestor: string): boolean =>
  pointer === ancestor || pointer.startsWith(`${ancestor}/`)

/** Whether a JSON pointer (RFC 6901) leads to a value. */
function leadsSomewhere(document: JsonObject, pointer: string): boolean {
  if (pointer === '') return true
  if (!pointer.startsWith('/')) return false
  let value: Json | undefined = document
  for (const part of pointer.slice(1).split('/')) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return false
    value = (value as JsonObject)[name]
  }
  return true
}

function checkPointers(payload: JsonObject, pointers: readonly string[]): void {
  const violations = pointers.flatMap((pointer, index) =>
    leadsSomewhere(payload, pointer)
      ? []
      : [{ pointer: `/mandatoryPointers/${index}`, message: 'leads to nothing in the credential' }],
  )
  if (violations.length > 0) throw new IssuerError('MALFORMED_REQUEST', { violations })
}

/**
 * An SD-JWT over a payload (RFC 9901, 4), whose claims its holder may keep to itself but for what the rules reveal.
 * @throws SIGNING_FAILED; MALFORMED_REQUEST for mandatory pointers that lead nowhere
 */
export async function signSdJwt(
  { header, payload }: { header: JsonObject; payload: JsonObject },
  rules: Omit<ConcealingRules, 'mandatoryPointers'>,
  { key, mandatoryPointers = [] }: SecureOptions,
): Promise<string> {
  checkPointers(payload, mandatoryPointers)
  const concealed = await conceal(payload, { ...rules, mandatoryPointers })
  const jwt = await signJws({ header, payload: concealed.payload }, key)
  return [jwt, ...concealed.disclosures, ''].join('~')
}

/**
 * The same SD-JWT with the disclosures that the selected values need, and no proof of possession.
 * @throws DERIVATION_FAILED
 */
export async function deriveSdJwt(secured: Secured, { selectivePointers }: DeriveOptions): Promise<string> {
  const refuse = (detail: string) => new IssuerError('DERIVATION_FAILED', { detail })
  const token = parseSdJwt(secured)
  const disclosed = token && disclose(token)
  if (!token || !disclosed) throw refuse('This is not an SD-JWT.')
  if ('problem' in disclosed) throw refuse(disclosed.problem)
  const lost = selectivePointers.find((pointer) => !leadsSomewhere(disclosed.payload, pointer))
  if (lost !== undefined) throw refuse(`The pointer ${lost} leads to nothing in the credential.`)
  const chosen = token.disclosures.filter((text) => {
    const at = disclosed.pointers.get(text) as string
    return selectivePointers.some((selected) => isWithin(at, selected) || isWithin(selected, at))
  })
  return [token.issued, ...chosen, ''].join('~')
}

/**
 * Binds the one credential of an unsecured presentation to an audience and a nonce, with the key that it was issued for.
 * @throws MALFORMED_REQUEST without a challenge and a domain, or for more than one credential; SIGNING_FAILED for a
 * credential that is bound to another key
 */
export async function presentSdJwt(document: JsonObject, options: SecureOptions): Promise<string> {
  const { challenge, domain, key } = options
  const refuse = (pointer: string, message: string) =>
    new IssuerError('MALFORMED_REQUEST', { violations: [{ pointer, message }] })
  if (challenge === undefined) throw refuse('/challenge', 'is required: it is the nonce of the presentation')
  if (domain === undefined) throw refuse('/domain', 'is required: it is the audience of the presentation')
  const credentials = [document.verifiableCredential ?? []].flat()
  const token = credentials.length === 1 ? parseSdJwt(credentials[0]) : undefined
  const disclosed = token && disclose(token)
  if (!token || !disclosed || 'problem' in disclosed) {
    throw refuse('/credentials', 'must be one SD-JWT, which is presented by itself')
  }
  const bare = { ...token, presented: [token.issued, ...token.disclosures, ''].join('~') }
  const bound = boundKey(disclosed.payload)?.key.export({ format: 'jwk' })
  const binding = await signKeyBinding(bare, key, { ...options, challenge, domain })
  const presented = bare.presented + binding
  const problem =
    bound &&
    keyBindingProblem(parseSdJwt(presented) as SdJwt, disclosed.payload, {
      now: options.created,
      challenge,
      domain,
    })
  if (!bound || problem) throw refuse('/credentials/0', 'is not bound to the key of the holder')
  return presented
}

/** What the suites of SD-JWTs add to the common checks. */
export interface SdJwtRules {
  name: string
  /** Names at the top that nobody may conceal: a holder could hide a revocation otherwise. */
  unconcealable: ReadonlySet<string>
  /** Whether an SD-JWT that conceals something at the top can be judged at all. */
  concealsAtTop: boolean
  /** Checks the issuer-signed JWT against the payload with its disclosures. */
  verifyIssued(token: SdJwt, payload: JsonObject, options: VerifyOptions): Promise<Omit<ProofVerdict, 'type'>>
}

function concealmentProblem(disclosed: Disclosed, rules: SdJwtRules): Refusal | undefined {
  for (const pointer of disclosed.pointers.values()) {
    const name = pointer.slice(1)
    if (rules.unconcealable.has(name)) {
      return {
        status: 'fail',
        reason: `The issuer made a claim selectively disclosable that must not be: ${name}.`,
      }
    }
  }
  if (rules.concealsAtTop || !disclosed.concealing.includes('')) return undefined
  return { status: 'unknown', reason: 'What the credential conceals could be its status.' }
}

/**
 * Checks an SD-JWT: for `assertionMethod` what its issuer signed, with the disclosures, and the proof of possession
 * where one came along; for `authentication` the proof of possession.
 */
export async function verifySdJwt(
  secured: Secured,
  rules: SdJwtRules,
  options: VerifyOptions,
): Promise<ProofVerdict> {
  const { name: type } = rules
  const token = parseSdJwt(secured)
  if (!token) return { type, status: 'fail', reason: 'This is not an SD-JWT.' }
  const disclosed = disclose(token)
  if ('problem' in disclosed) return { type, status: 'fail', reason: disclosed.problem }
  const isPresentation = options.purpose === 'authentication'
  const unbound =
    isPresentation || token.keyBinding ? keyBindingProblem(token, disclosed.payload, options) : undefined
  if (unbound || isPresentation) return { type, status: 'pass', ...unbound }
  const refusal = concealmentProblem(disclosed, rules)
  const verdict = await rules.verifyIssued(token, disclosed.payload, options)
  return { type, ...verdict, ...(verdict.status === 'pass' && refusal) }
}
