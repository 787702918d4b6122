/** Credentials that are being signed and will be recorded in a moment. */
export interface Gathering {
  /** Counts one; the result is called when it was recorded, or will not be. */
  expect(): () => void
  /** Whether none is on its way. */
  isEmpty(): boolean
  /** Waits until none is on its way, but not longer than a moment. */
  gathered(): Promise<void>
}

/** Counts credentials on their way, so that a transaction can wait for them; at most so many milliseconds. */
export function createGathering(gatherMs: number): Gathering {
  let expected = 0
  const onNone = new Set<() => void>()
  return {
    expect() {
      expected++
      let counted = true
      return () => {
        if (counted && --expected === 0) for (const goOn of onNone) goOn()
        counted = false
      }
    },
    isEmpty: () => expected === 0,
    async gathered() {
      if (expected === 0) return
      const none = Promise.withResolvers<void>()
      const timer = setTimeout(none.resolve, gatherMs)
      onNone.add(none.resolve)
      await none.promise
      onNone.delete(none.resolve)
      clearTimeout(timer)
    },
  }
}
