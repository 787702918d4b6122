import { randomUUID } from 'node:crypto'
import type { Job, Queue } from '../jobs/queue.ts'
import { observed } from '../observation.ts'
import type { AnchorRow } from '../stores/claim-entries.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { RegistrationStore } from '../stores/registrations.ts'
import { createGathering } from './gathering.ts'
import type { Registration } from './issuance.ts'
import { type RegistrationLedger, registerAnchor } from './register-anchor.ts'
import { createWaitingRoom } from './waiting-room.ts'

export const ANCHOR_JOB = 'anchor'

// 10,000 gas for each list keep a transaction below the 8,000,000 of the registries
const MAX_LISTS = 500
// While credentials are being signed that are about to be recorded, the next transaction waits for them so long.
const GATHER_MS = 200
// How often a run that finds no end, since more is recorded all the time, looks for what was put aside.
const LOOK_MS = 5_000

/** The group commit of registrations. */
export interface Anchor {
  /** Registers whatever is recorded and not registered, first what an earlier transaction left unsettled. */
  readonly job: Job
  /** Announces so many credentials that will be recorded in a moment; the result is called when they were or will not be. */
  expect(count: number): () => void
  /** Says that credentials were recorded. */
  announce(): void
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
  /** Whether other processes of the same database register, too; false when left out. */
  shared?: boolean
  /** Gives events their places in the audit log, so that the next transaction commits to them. */
  placeEvents?: () => Promise<unknown>
  /** Milliseconds that a transaction waits for credentials on their way; 200 when left out. */
  gatherMs?: number
  now(): Date
}

export function createAnchor(deps: AnchorDeps): Anchor {
  const { shared = false } = deps
  const { expect, gathered, isEmpty } = createGathering(deps.gatherMs ?? GATHER_MS)
  const room = createWaitingRoom({ ...deps, shared })
  let announcing = false

  async function run(): Promise<number> {
    let registered = 0
    for (let lookAt = 0; ; ) {
      if (Date.now() >= lookAt) {
        const left = await deps.registrations.openAnchor(deps.now().toISOString())
        if (left) registered += await register(left, true)
        lookAt = Date.now() + LOOK_MS
      }
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

  const register = (anchor: AnchorRow & { parents?: string[] }, resumed: boolean) =>
    observed('anchor', { anchorId: anchor.anchor_id, parents: anchor.parents ?? [] }, () =>
      registerAnchor(deps, { anchor, resumed, onSettled: room.call, now: deps.now }),
    )

  /** Whoever registers elsewhere does not know what is on its way here: it hears of all of them together. */
  async function announceGathered(): Promise<void> {
    announcing = true
    await gathered()
    announcing = false
    deps.queue.notify(ANCHOR_JOB)
  }

  return {
    job: { name: ANCHOR_JOB, exclusive: true, run },
    expect,
    announce() {
      if (!shared || isEmpty()) deps.queue.notify(ANCHOR_JOB)
      else if (!announcing) void announceGathered()
    },
    wait: room.wait,
    stop: room.stop,
  }
}
