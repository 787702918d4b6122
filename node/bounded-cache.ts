/** A map that forgets what was used least recently above `limit` entries, and everything after `ttlMs`. */
export class BoundedCache<Key, Value> {
  readonly #limit: number
  readonly #ttlMs: number
  readonly #entries = new Map<Key, { value: Value; until: number }>()

  constructor(limit: number, ttlMs = Number.POSITIVE_INFINITY) {
    this.#limit = limit
    this.#ttlMs = ttlMs
  }

  get(key: Key): Value | undefined {
    const entry = this.#entries.get(key)
    if (!entry) return undefined
    this.#entries.delete(key)
    if (entry.until <= performance.now()) return undefined
    this.#entries.set(key, entry)
    return entry.value
  }

  set(key: Key, value: Value): void {
    this.#entries.delete(key)
    this.#entries.set(key, { value, until: performance.now() + this.#ttlMs })
    if (this.#entries.size <= this.#limit) return
    const oldest = this.#entries.keys().next()
    if (!oldest.done) this.#entries.delete(oldest.value)
  }

  delete(key: Key): void {
    this.#entries.delete(key)
  }

  clear(): void {
    this.#entries.clear()
  }
}
