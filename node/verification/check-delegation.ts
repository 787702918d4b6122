import { attenuationViolations } from '../delegation/attenuation.ts'
import { maxChainLength, readDelegation } from '../delegation/read-delegation.ts'
import type { OpenedCredential } from '../formats/format.ts'
import type { Checks, Verdict } from './verification.ts'

interface Input {
  credential: OpenedCredential
  /** The parents, in any order. */
  chain: readonly OpenedCredential[]
  /** Whether the holder of a credential can leave out some of its claims. */
  mayConceal(credential: OpenedCredential): boolean
  /** Every check of one parent by itself. */
  checkParent(parent: OpenedCredential): Promise<{ verdict: Verdict; reason?: string }>
}

type Delegated = NonNullable<Checks['delegation']>
type Finding = Pick<Delegated, 'status' | 'reason'>

/**
 * Follows a delegation to its root: each parent must be in the chain, hold by itself, and allow its child. A missing
 * parent is unknown; a revoked or expired one, or a child that widens, fails.
 */
export async function checkDelegation(input: Input): Promise<Delegated> {
  const { credential, chain, checkParent, mayConceal } = input
  const byId = new Map(chain.map((parent) => [parent.facts.id, parent]))
  const followed: string[] = []
  let undecided: Finding | undefined
  for (let current = credential; ; ) {
    const step = mayConceal(current) ? hiding(current) : judgeStep(current, byId, followed)
    if ('status' in step) return { ...step, onBehalfOf: null, chain: followed }
    if ('root' in step) {
      return { ...(undecided ?? { status: 'pass' }), onBehalfOf: step.root, chain: followed }
    }
    const parentId = step.parent.facts.id as string
    followed.push(parentId)
    const { verdict, reason } = await checkParent(step.parent)
    if (verdict === 'fail') {
      return { ...fail(`The parent ${parentId} does not hold: ${reason}`), onBehalfOf: null, chain: followed }
    }
    if (verdict === 'unknown') {
      undecided ??= { status: 'unknown', reason: `The parent ${parentId} could not be checked: ${reason}` }
    }
    current = step.parent
  }
}

/** Where one delegation leads: to its parent, or, when it is the root, to the one who delegates; or why nowhere. */
function judgeStep(
  current: OpenedCredential,
  byId: ReadonlyMap<string | undefined, OpenedCredential>,
  followed: readonly string[],
): Finding | { parent: OpenedCredential } | { root: string } {
  const child = readDelegation(current.facts)
  if (!child) return fail(`The claims of ${current.facts.id ?? 'the credential'} are no delegation.`)
  const parentId = child.claims.parentCredentialId
  const parent = parentId === undefined ? undefined : byId.get(parentId)
  if (parentId !== undefined && !parent) {
    return { status: 'unknown', reason: `The parent ${parentId} is not in the chain: send it along.` }
  }
  const parentDelegation = parent && readDelegation(parent.facts)
  if (parent && !parentDelegation) return fail(`The parent ${parentId} is no delegation.`)
  const [violation] = attenuationViolations(child, parentDelegation)
  if (violation) return fail(`${child.credentialId}: ${violation.pointer || 'it'} ${violation.message}.`)
  if (!parent || parentId === undefined) return { root: child.claims.delegator }
  if (followed.includes(parentId) || followed.length >= maxChainLength) {
    return fail(`The chain of delegations is a circle or longer than ${maxChainLength}.`)
  }
  return { parent }
}

/** Who holds a delegation must not be the one who says how far it goes. */
const hiding = ({ facts }: OpenedCredential): Finding =>
  fail(
    `${facts.id ?? 'The credential'} can hide what limits it: its proof lets the holder choose what to show.`,
  )

const fail = (reason: string): Finding => ({ status: 'fail', reason })
