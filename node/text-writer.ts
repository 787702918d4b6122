/**
 * Writes texts one after the other as UTF-8. Kept as strings until all are there, they would be moved by garbage
 * collection, and joined once more.
 */
export class TextWriter {
  #bytes = new ArrayBuffer(2 ** 16)
  #buffer = Buffer.from(this.#bytes)
  #end = 0

  /** The place after the last byte. */
  get end(): number {
    return this.#end
  }

  write(text: string): void {
    // a UTF-16 code unit takes three bytes of UTF-8 at the most
    const most = this.#end + 3 * text.length
    if (most > this.#bytes.byteLength) {
      this.#bytes = this.#bytes.transfer(2 * most)
      this.#buffer = Buffer.from(this.#bytes)
    }
    this.#end += this.#buffer.write(text, this.#end)
  }

  /** What was written, in memory of its own; nothing can be written any more. */
  done(): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#bytes.transfer(this.#end))
  }
}
