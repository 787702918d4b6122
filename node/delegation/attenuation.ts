import canonicalize from 'canonicalize'
import type { Violation } from '../errors.ts'
import type { Json, JsonObject } from '../json.ts'

/** What an agent delegation credential says, whatever its format. */
export interface Delegation {
  credentialId: string
  issuer: string
  subject: string
  /** ISO 8601, as written in the credential. */
  validUntil?: string
  claims: {
    delegator: string
    delegate: string
    scope: readonly string[]
    constraints?: JsonObject
    maxDepth?: number
    parentCredentialId?: string
  }
}

/**
 * What makes a delegation invalid by itself or against its parent; empty when it holds. A delegation without a
 * parent speaks for its issuer. A child narrows: its delegator is the parent's delegate, its scope a subset, each
 * constraint of the parent is kept or made stricter, it does not outlive the parent, and `maxDepth` falls by at
 * least one. Pointers are into the claims.
 */
export function attenuationViolations(child: Delegation, parent: Delegation | undefined): Violation[] {
  return [...partyViolations(child, parent), ...(parent ? narrowingViolations(child, parent) : [])]
}

function partyViolations(child: Delegation, parent: Delegation | undefined): Violation[] {
  const { delegator, delegate } = child.claims
  const violations: Violation[] = []
  if (delegate !== child.subject) {
    violations.push({ pointer: '/delegate', message: 'must be the holder of the credential' })
  }
  if (!parent) {
    if (delegator !== child.issuer) {
      violations.push({ pointer: '/delegator', message: 'must be the issuer where there is no parent' })
    }
    return violations
  }
  if (delegator !== parent.claims.delegate) {
    violations.push({ pointer: '/delegator', message: "must be the parent's delegate" })
  }
  if (!mayNarrow(child.issuer, parent)) {
    violations.push({
      pointer: '/parentCredentialId',
      message: "may be issued only by the parent's delegate or issuer",
    })
  }
  return violations
}

/** The delegate narrows what it was given, or the issuer of the parent does so on its behalf: nobody else may. */
export function mayNarrow(issuer: string, parent: Delegation): boolean {
  return issuer === parent.claims.delegate || issuer === parent.issuer
}

function narrowingViolations(child: Delegation, parent: Delegation): Violation[] {
  const violations: Violation[] = []
  const allowed = new Set(parent.claims.scope)
  child.claims.scope.forEach((action, position) => {
    if (!allowed.has(action)) {
      violations.push({ pointer: `/scope/${position}`, message: "is outside the parent's scope" })
    }
  })
  const parentDepth = parent.claims.maxDepth ?? 0
  if (parentDepth < 1) {
    violations.push({
      pointer: '/parentCredentialId',
      message: 'names a parent that allows no further delegation',
    })
  } else if ((child.claims.maxDepth ?? 0) > parentDepth - 1) {
    violations.push({ pointer: '/maxDepth', message: `must be at most ${parentDepth - 1}` })
  }
  if (outlives(child.validUntil, parent.validUntil)) {
    violations.push({ pointer: '', message: `must expire by ${parent.validUntil}, as the parent does` })
  }
  const kept = child.claims.constraints ?? {}
  for (const [name, limit] of Object.entries(parent.claims.constraints ?? {})) {
    const message = looseness(name, limit as Json, Object.hasOwn(kept, name) ? kept[name] : undefined)
    if (message) violations.push({ pointer: `/constraints/${pointerToken(name)}`, message })
  }
  return violations
}

/** `maxSpend`, `min_rating`; not `minutes`, which is a plain value and has to be equal. */
const boundPattern = /^(max|min)(?![a-z])/

function outlives(child: string | undefined, parent: string | undefined): boolean {
  if (parent === undefined) return false
  return child === undefined || !(Date.parse(child) <= Date.parse(parent))
}

/** Why a child's constraint is not as strict as the parent's, or undefined when it is. */
function looseness(name: string, parent: Json, child: Json | undefined): string | undefined {
  if (child === undefined) return 'is a constraint of the parent and must be kept'
  const bound = boundPattern.exec(name)?.[1]
  if (bound && typeof parent === 'number') return boundLooseness(bound, parent, child)
  if (Array.isArray(parent)) {
    if (!Array.isArray(child)) return 'must be an array, as in the parent'
    const allowed = new Set(parent.map((value) => canonicalize(value)))
    return child.every((value) => allowed.has(canonicalize(value)))
      ? undefined
      : "must be a subset of the parent's"
  }
  return canonicalize(child) === canonicalize(parent) ? undefined : "must equal the parent's"
}

function boundLooseness(bound: string, parent: number, child: Json): string | undefined {
  if (typeof child !== 'number') return 'must be a number, as in the parent'
  if (bound === 'max') return child <= parent ? undefined : `must be at most ${parent}`
  return child >= parent ? undefined : `must be at least ${parent}`
}

/** A reference token of RFC 6901, clause 3. */
function pointerToken(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
