import { IssuerError } from '../errors.ts'
import type { AllocateStatus } from './allocate-status.ts'

interface Deps {
  /** How many recorded entries are not on the ledger yet, at most `limit`. */
  countUnregistered(limit: number): Promise<number>
  /** Most of them. */
  limit: number
}

/** How old a count may be, in milliseconds. */
const freshMs = 1_000

/**
 * Hands out no more status entries while the ledger is behind with so many: what is recorded and not registered has to
 * be held until it is. The count is asked for once a second at most, whoever records, and what is handed out since
 * is added to it.
 * @throws LEDGER_BEHIND
 */
export function withinBacklog(allocate: AllocateStatus, { countUnregistered, limit }: Deps): AllocateStatus {
  let counted: { at: number; count: Promise<number> } | undefined
  let added = 0
  const backlog = async () => {
    if (!counted || performance.now() - counted.at > freshMs) {
      added = 0
      counted = { at: performance.now(), count: countUnregistered(limit) }
      counted.count.catch(() => {
        counted = undefined
      })
    }
    return (await counted.count) + added
  }
  return async (input) => {
    if (input.count > 0) {
      const waiting = await backlog()
      if (waiting >= limit) throw new IssuerError('LEDGER_BEHIND', { facts: { waiting }, retryAfter: 5 })
      added += input.count
    }
    return allocate(input)
  }
}
