import { attenuationViolations } from '../delegation/attenuation.ts'
import { readDelegation } from '../delegation/read-delegation.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { Checks, Verdict } from './verification.ts'

/** Longest chain of delegations that is followed. */
const maxChainLength = 16

interface Input {
  credential: OpenedCredential
  /** The parents, in any order. */
  chain: readonly OpenedCredential[]
  /** Every check of one parent by itself. */
  checkParent(parent: OpenedCredential): Promise<{ verdict: Verdict; reason?: string }>
}

/**
 * Follows a delegation to its root: each parent must be in the chain, hold by itself, and allow its child. A missing
 * parent is unknown; a revoked or expired one, or a child that widens, fails.
 */
export async function checkDelegation({
  credential,
  chain,
  checkParent,
}: Input): Promise<NonNullable<Checks['delegation']>> {
  const followed: string[] = []
  let onBehalfOf: string | null = null
  let unknown: string | undefined
  const result = (status: Verdict, reason?: string) => ({
    status,
    onBehalfOf,
    chain: followed,
    ...(reason === undefined ? {} : { reason }),
  })
  const byId = new Map(chain.map((parent) => [parent.facts.id, parent]))
  let current = credential
  for (;;) {
    const child = readDelegation(current.facts)
    if (!child)
      return result('fail', `The claims of ${current.facts.id ?? 'the credential'} are no delegation.`)
    const parentId = child.claims.parentCredentialId
    const parent = parentId === undefined ? undefined : byId.get(parentId)
    if (parentId !== undefined && !parent) {
      return result('unknown', `The parent ${parentId} is not in the chain: send it along.`)
    }
    const parentDelegation = parent && readDelegation(parent.facts)
    if (parent && !parentDelegation) return result('fail', `The parent ${parentId} is no delegation.`)
    const [violation] = attenuationViolations(child, parentDelegation)
    if (violation) {
      return result('fail', `${child.credentialId}: ${violation.pointer || 'it'} ${violation.message}.`)
    }
    if (!parent || parentId === undefined) {
      onBehalfOf = child.claims.delegator
      break
    }
    if (followed.includes(parentId) || followed.length >= maxChainLength) {
      return result('fail', `The chain of delegations is a circle or longer than ${maxChainLength}.`)
    }
    followed.push(parentId)
    const { verdict, reason } = await checkParent(parent)
    if (verdict === 'fail') return result('fail', `The parent ${parentId} does not hold: ${reason}`)
    if (verdict === 'unknown') unknown ??= `The parent ${parentId} could not be checked: ${reason}`
    current = parent
  }
  return unknown === undefined ? result('pass') : result('unknown', unknown)
}
