import { IssuerError } from '../errors.ts'
import { anonymousShare, shareOf } from '../tenant-share.ts'

/** Whose work it is: a tenant, or callers without a key together. */
type Party = string | undefined

interface TurnOptions {
  /** Works that are under way at a time. */
  atOnce: number
  /** Works that may wait; those of callers without a key have places of their own, a quarter as many. */
  waiting: number
}

/**
 * Lets so many works be under way; tenants whose works wait take turns, one work each, so that much of one keeps nobody
 * else waiting. What cannot wait for want of places is refused.
 */
export function createTurns({ atOnce, waiting: places }: TurnOptions) {
  // who is first is next, and goes to the end; nobody is here whose queue is empty
  const queues = new Map<Party, (() => void)[]>()
  let underWay = 0
  let waiting = 0

  const lengthOf = (party: Party) => queues.get(party)?.length ?? 0
  const hasRoom = (party: Party) => {
    const own = lengthOf(party)
    if (party === undefined) return own < anonymousShare * places
    const others = waiting - own - lengthOf(undefined)
    return own + 1 <= shareOf(party) * (places - others)
  }
  const waitFor = (party: Party) =>
    new Promise<void>((begin) => {
      waiting += 1
      const queue = queues.get(party)
      if (queue) queue.push(begin)
      else queues.set(party, [begin])
    })
  const next = () => {
    const [first] = queues
    if (!first) {
      underWay -= 1
      return
    }
    const [party, queue] = first
    const begin = queue.shift()
    queues.delete(party)
    if (queue.length > 0) queues.set(party, queue)
    waiting -= 1
    begin?.()
  }

  return {
    /** Does a work in its turn. @throws NODE_BUSY when too much waits */
    async take<Result>(party: Party, work: () => Promise<Result>): Promise<Result> {
      if (underWay < atOnce) underWay += 1
      else if (hasRoom(party)) await waitFor(party)
      else throw new IssuerError('NODE_BUSY')
      try {
        return await work()
      } finally {
        next()
      }
    },
  }
}
