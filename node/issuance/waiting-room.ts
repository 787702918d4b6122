import { type ErrorCode, IssuerError } from '../errors.ts'
import type { CredentialStore } from '../stores/credentials.ts'
import type { RegistrationStore, SettledCredential } from '../stores/registrations.ts'
import type { Registration } from './issuance.ts'

interface Deps {
  credentials: Pick<CredentialStore, 'get'>
  registrations: Pick<RegistrationStore, 'settledOf'>
  /** Milliseconds. */
  anchorWaitMs: number
  /** Whether other processes register, too. */
  shared: boolean
}

type Outcome = Registration | IssuerError

/** Where those wait whose credentials are recorded and not registered yet. */
export interface WaitingRoom {
  /** Waits for the outcome of one credential; `pending` when that takes longer than ANCHOR_WAIT_MS. */
  wait(credentialId: string): Promise<Registration>
  /** Calls those whose credentials this process has settled. */
  call(credentialIds: readonly string[], outcome: Outcome): void
  /** Answers everyone with what is known by now, and whoever comes later. */
  stop(): void
}

/**
 * How often the database is asked for what other processes have settled: one question for everyone who waits, and
 * none while nobody does. An answer comes half of this later than within one process, on average, which a chain that
 * mines each second or more slowly does not show. LISTEN/NOTIFY would save it, and need a connection of its own in
 * each process, and this question all the same for what is said while that connection is lost.
 */
const LOOK_MS = 50

const pending: Registration = { state: 'pending', transactionHash: null }

export function createWaitingRoom(deps: Deps): WaitingRoom {
  const waiting = new Map<string, (outcome: Outcome) => void>()
  let looking = false
  let stopped = false

  function call(credentialIds: readonly string[], outcome: Outcome): void {
    for (const credentialId of credentialIds) waiting.get(credentialId)?.(outcome)
  }

  async function look(): Promise<void> {
    looking = true
    while (waiting.size > 0) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
      // a database that does not answer now is asked again
      const settled = await deps.registrations.settledOf([...waiting.keys()]).catch(() => [])
      for (const row of settled) call([row.credential_id], outcomeOf(row))
    }
    looking = false
  }

  /** What the database says at the end of the wait. */
  async function lookUp(credentialId: string): Promise<Registration> {
    const row = await deps.credentials.get(credentialId)
    if (row?.registration_state === 'refused') throw new IssuerError(row.refusal as ErrorCode)
    if (row?.registration_state !== 'registered' || !row.transaction_hash) return pending
    return { state: 'registered', transactionHash: row.transaction_hash }
  }

  return {
    call,
    async wait(credentialId) {
      if (stopped) return lookUp(credentialId)
      const outcome = await new Promise<Outcome>((resolve) => {
        const timer = setTimeout(() => resolve(pending), deps.anchorWaitMs)
        waiting.set(credentialId, (settled) => {
          clearTimeout(timer)
          waiting.delete(credentialId)
          resolve(settled)
        })
        if (deps.shared && !looking) void look()
      }).finally(() => waiting.delete(credentialId))
      if (outcome instanceof IssuerError) throw outcome
      return outcome.state === 'pending' ? lookUp(credentialId) : outcome
    },
    stop() {
      stopped = true
      for (const answer of [...waiting.values()]) answer(pending)
    },
  }
}

function outcomeOf({ state, reason, transaction_hash }: SettledCredential): Outcome {
  if (state === 'refused') return new IssuerError(reason as ErrorCode)
  return { state: 'registered', transactionHash: transaction_hash as string }
}
