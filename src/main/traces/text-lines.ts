/** Longest line of a trace in bytes. */
export const MOST_LINE_BYTES = 64 * 1024

/**
 * Cuts chunks of bytes into lines. Each character stands for one byte (latin1), so that a chunk may end anywhere, inside
 * a character too, and no two names of files become the same. Holds at most one chunk and one line.
 */
export class TextLines {
  #text = ''
  #at = 0
  #carried = ''

  /** Adds the next chunk, once `next` has answered null. */
  add(chunk: Uint8Array): void {
    this.#carried = this.rest
    this.#text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength).toString('latin1')
    this.#at = 0
  }

  /**
   * The next whole line, without its line feed; null when there is none before the next chunk.
   * @throws RangeError when a line is longer than 64 KiB
   */
  next(): string | null {
    const end = this.#text.indexOf('\n', this.#at)
    if (this.#carried.length + (end < 0 ? this.#text.length : end) - this.#at > MOST_LINE_BYTES) {
      throw new RangeError('a line is longer than 64 KiB')
    }
    if (end < 0) return null
    const line = this.#carried + this.#text.slice(this.#at, end)
    this.#carried = ''
    this.#at = end + 1
    return line
  }

  /** What follows the last line feed so far. */
  get rest(): string {
    return this.#carried + this.#text.slice(this.#at)
  }
}
