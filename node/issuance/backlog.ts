import { IssuerError } from '../errors.ts'
import { requestContext } from '../request-context.ts'
import { shareOf } from '../tenant-share.ts'
import type { AllocateStatus } from './allocate-status.ts'

interface Deps {
  /** How many recorded entries of each tenant are not on the ledger yet. */
  countUnregistered(): Promise<ReadonlyMap<string, number>>
  /** Most of them, of all tenants together. */
  limit: number
}

/** How old a count may be, in milliseconds. */
const freshMs = 1_000

/**
 * Hands out no more status entries while the ledger is behind with so many: what is recorded and not registered has to
 * be held until it is. They are counted once a second at most, whoever records, and what is handed out since is added.
 * @throws LEDGER_BEHIND
 */
export function withinBacklog(allocate: AllocateStatus, { countUnregistered, limit }: Deps): AllocateStatus {
  let counted: { at: number; counts: Promise<Map<string, number>> } | undefined
  const backlog = () => {
    if (!counted || performance.now() - counted.at > freshMs) {
      counted = { at: performance.now(), counts: countUnregistered().then((counts) => new Map(counts)) }
      counted.counts.catch(() => {
        counted = undefined
      })
    }
    return counted.counts
  }
  return async (input) => {
    if (input.count > 0) {
      const counts = await backlog()
      const { tenantId } = requestContext()
      const waiting = counts.values().reduce((sum, count) => sum + count, 0)
      const own = counts.get(tenantId) ?? 0
      if (own >= shareOf(tenantId) * (limit - (waiting - own)))
        throw new IssuerError('LEDGER_BEHIND', { facts: { waiting }, retryAfter: 5 })
      counts.set(tenantId, own + input.count)
    }
    return allocate(input)
  }
}
