import { IssuerError, type Violation } from '../errors.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { JsonObject } from '../json.ts'
import type { Secured } from '../suites/suite.ts'
import { attenuationViolations, type Delegation, mayNarrow } from './attenuation.ts'
import { delegationType, maxChainLength, readDelegation } from './read-delegation.ts'

/** A delegation that has not been signed yet. */
interface NewDelegation {
  credentialId: string
  /** The schema's type. */
  type: string
  issuerDid: string
  holderDid: string
  claims: JsonObject
  validUntil?: Date
}

interface Deps {
  /** A credential that this node issued. */
  getCredential(credentialId: string): Promise<Secured | undefined>
  open(secured: Secured): OpenedCredential
  verify(input: { credential: Secured; chain: readonly Secured[] }): Promise<{
    verified: boolean
    checks: object
  }>
}

/**
 * Whether a delegation that is about to be issued narrows its parent, and the parent, with all that it descends from,
 * holds now. Other credentials pass.
 * @throws DELEGATION_INVALID with every violation, CHAIN_UNREACHABLE when a parent cannot be checked
 */
export async function checkNewDelegation(deps: Deps, input: NewDelegation): Promise<void> {
  if (input.type !== delegationType) return
  const child = proposedDelegation(input)
  const parentId = child.claims.parentCredentialId
  if (parentId === undefined) return refuse(attenuationViolations(child, undefined))
  const [parent, ...ancestors] = await ancestry(deps, parentId)
  const parentDelegation = parent && readDelegation(deps.open(parent).facts)
  // what a delegation allows is told to those alone who may narrow it
  if (!parent || !parentDelegation || !mayNarrow(child.issuer, parentDelegation)) {
    const message = 'is no delegation of this node to the issuer, or by it'
    return refuse([{ pointer: '/parentCredentialId', message }])
  }
  refuse(attenuationViolations(child, parentDelegation))
  const { verified, checks } = await deps.verify({ credential: parent, chain: ancestors })
  if (verified) return
  const results: { status: string; reason?: string }[] = Object.values(checks)
  const failed = results.find(({ status }) => status === 'fail')
  if (!failed) throw new IssuerError('CHAIN_UNREACHABLE')
  refuse([{ pointer: '/parentCredentialId', message: `names a parent that does not hold: ${failed.reason}` }])
}

/** The credential and what it descends from, as far as this node issued it. */
async function ancestry(deps: Deps, credentialId: string): Promise<Secured[]> {
  const found: Secured[] = []
  let next: string | undefined = credentialId
  while (next !== undefined && found.length < maxChainLength) {
    const secured = await deps.getCredential(next)
    if (secured === undefined) break
    found.push(secured)
    next = readDelegation(deps.open(secured).facts)?.claims.parentCredentialId
  }
  return found
}

function proposedDelegation(input: NewDelegation): Delegation {
  const delegation = readDelegation({
    dataModel: '2.0',
    id: input.credentialId,
    types: [input.type],
    issuer: input.issuerDid,
    subjects: [{ ...input.claims, id: input.holderDid }],
    ...(input.validUntil && { validUntil: input.validUntil.toISOString() }),
    credentialStatus: [],
    credentialSchema: [],
  })
  if (!delegation) throw new IssuerError('DELEGATION_INVALID', { detail: 'The claims are no delegation.' })
  return delegation
}

function refuse(violations: readonly Violation[]): void {
  if (violations.length === 0) return
  throw new IssuerError('DELEGATION_INVALID', {
    violations: violations.map(({ pointer, message }) =>
      pointer === '' ? { pointer: '/expirationDate', message } : { pointer: `/claims${pointer}`, message },
    ),
  })
}
