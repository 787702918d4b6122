import { setImmediate as nextTurn } from 'node:timers/promises'

/** Lets everything else of the process have its turn once the present slice of time is used up. */
export type Pause = () => Promise<void> | undefined

/** Long work calls the result between its parts; it waits only when `milliseconds` have passed since it last did. */
export function createPause(milliseconds = 10): Pause {
  let started = performance.now()
  const turn = async () => {
    await nextTurn()
    started = performance.now()
  }
  return () => (performance.now() - started < milliseconds ? undefined : turn())
}
