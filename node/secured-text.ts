import type { Secured } from './suites/suite.ts'

/** A secured document as it is kept and delivered: JSON text, or a token. */
export interface SecuredText {
  readonly text: string
}

export const textOf = (secured: Secured): SecuredText => ({
  text: typeof secured === 'string' ? secured : JSON.stringify(secured),
})

/** What such a text says. */
export const parseSecured = (text: string): Secured => (text.startsWith('{') ? JSON.parse(text) : text)

/**
 * One of many texts in the same bytes (UTF-8). It is made when it is asked for: strings of their own, which live until a
 * batch is answered, were a quarter of what garbage collection had to move.
 */
class Part implements SecuredText {
  readonly #bytes: Buffer
  readonly #start: number
  readonly #end: number

  constructor(bytes: Buffer, start: number, end: number) {
    this.#bytes = bytes
    this.#start = start
    this.#end = end
  }

  get text(): string {
    return this.#bytes.toString('utf8', this.#start, this.#end)
  }
}

/** Texts that stand one after the other; `ends` are the places after their last bytes. */
export function partsOf(bytes: Uint8Array, ends: readonly number[]): SecuredText[] {
  const all = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  return ends.map((end, position) => new Part(all, ends[position - 1] ?? 0, end))
}
