import { randomUUID } from 'node:crypto'
import { type ErrorCode, IssuerError } from '../errors.ts'
import type { Job, Queue } from '../jobs/queue.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { RegistrationStore } from '../stores/registrations.ts'
import type { Registration } from './issuance.ts'
import { type RegistrationLedger, registerAnchor } from './register-anchor.ts'

export const ANCHOR_JOB = 'anchor'

// 10,000 gas for each list keep a transaction below the 8,000,000 of the registries
const MAX_LISTS = 500
// While credentials are being signed that are about to be recorded, the next transaction waits for them so long.
const GATHER_MS = 200

/** The group commit of registrations. */
export interface Anchor {
  /** Registers whatever is recorded and not registered, first what an earlier transaction left unsettled. */
  readonly job: Job
  /** Announces a credential that will be recorded in a moment; the result is called when it was or will not be. */
  expect(): () => void
  /**
   * Waits until the registration of a recorded credential is mined, at most ANCHOR_WAIT_MS.
   * @throws ISSUER_DEACTIVATED, DELEGATION_ON_LEDGER_MISSING, TRANSACTION_REVERTED when the ledger refused it
   */
  wait(credentialId: string): Promise<Registration>
  /** Answers everyone who waits with `pending`. */
  stop(): void
}

interface AnchorDeps {
  ledger: RegistrationLedger
  registrations: RegistrationStore
  credentials: Pick<CredentialStore, 'get'>
  queue: Pick<Queue, 'notify'>
  /** Milliseconds. */
  anchorWaitMs: number
  /** Gives events their places in the audit log, so that the next transaction commits to them. */
  placeEvents?: () => Promise<unknown>
  /** Milliseconds that a transaction waits for credentials on their way; 200 when left out. */
  gatherMs?: number
  now(): Date
}

const pending: Registration = { state: 'pending', transactionHash: null }

export function createAnchor(deps: AnchorDeps): Anchor {
  const waiting = new Map<string, (outcome: Registration | IssuerError) => void>()
  const { expect, gathered } = createGathering(deps.gatherMs ?? GATHER_MS)

  async function run(): Promise<number> {
    let registered = 0
    const left = await deps.registrations.openAnchor()
    if (left) registered += await register(left, true)
    for (;;) {
      await gathered()
      await deps.placeEvents?.()
      const anchor = await deps.registrations.claim({
        anchorId: randomUUID(),
        job: ANCHOR_JOB,
        now: deps.now().toISOString(),
        maxLists: MAX_LISTS,
        newId: randomUUID,
      })
      if (!anchor) return registered
      registered += await register(anchor, false)
    }
  }

  const register = (anchor: Parameters<typeof registerAnchor>[1]['anchor'], resumed: boolean) =>
    registerAnchor(deps, { anchor, resumed, onSettled: tell, now: deps.now })

  function tell(credentialIds: readonly string[], outcome: Registration | IssuerError): void {
    for (const credentialId of credentialIds) waiting.get(credentialId)?.(outcome)
  }

  /** What the database says, for a registration that another node settled. */
  async function lookUp(credentialId: string): Promise<Registration> {
    const row = await deps.credentials.get(credentialId)
    if (row?.registration_state === 'refused') throw new IssuerError(row.refusal as ErrorCode)
    if (row?.registration_state !== 'registered' || !row.transaction_hash) return pending
    return { state: 'registered', transactionHash: row.transaction_hash }
  }

  return {
    job: { name: ANCHOR_JOB, run },
    expect,
    async wait(credentialId) {
      const outcome = await new Promise<Registration | IssuerError>((resolve) => {
        const timer = setTimeout(() => resolve(pending), deps.anchorWaitMs)
        waiting.set(credentialId, (settled) => {
          clearTimeout(timer)
          resolve(settled)
        })
      }).finally(() => waiting.delete(credentialId))
      if (outcome instanceof IssuerError) throw outcome
      return outcome.state === 'pending' ? lookUp(credentialId) : outcome
    },
    stop() {
      for (const answer of waiting.values()) answer(pending)
    },
  }
}

/** Counts credentials on their way, and lets a transaction wait for them a moment. */
function createGathering(gatherMs: number): { expect: Anchor['expect']; gathered: () => Promise<void> } {
  let expected = 0
  let onNone: (() => void) | undefined
  return {
    expect() {
      expected++
      let counted = true
      return () => {
        if (counted && --expected === 0) onNone?.()
        counted = false
      }
    },
    async gathered() {
      if (expected === 0) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, gatherMs)
        onNone = () => {
          clearTimeout(timer)
          resolve()
        }
      })
      onNone = undefined
    },
  }
}
