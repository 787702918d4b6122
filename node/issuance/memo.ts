import { BoundedCache } from '../bounded-cache.ts'

/** Answers that are asked for once and then remembered for a time. */
export interface Memo<Key, Value> {
  get(key: Key): Promise<Value>
  /** The next question is asked anew, even while an older one is still under way. */
  forget(key: Key): void
}

/** Remembers the last `limit` answers for `ttlMs`; simultaneous questions share one; failures are not kept. */
export function createMemo<Key, Value>(options: {
  limit: number
  ttlMs?: number
  load: (key: Key) => Promise<Value>
}): Memo<Key, Value> {
  const answers = new BoundedCache<Key, Promise<Value>>(options.limit, options.ttlMs)
  return {
    get(key) {
      const known = answers.get(key)
      if (known !== undefined) return known
      const asked = options.load(key)
      answers.set(key, asked)
      asked.catch(() => {
        if (answers.get(key) === asked) answers.delete(key)
      })
      return asked
    },
    forget: (key) => answers.delete(key),
  }
}
