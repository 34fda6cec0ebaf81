const NONE = -1

/** A queue (TAILQ) of the numbers 0 to size - 1, each in it at most once. Every operation takes constant time. */
export class IndexQueue {
  private readonly nextOf: Int32Array
  private readonly previousOf: Int32Array
  private readonly queued: Uint8Array
  private head = NONE
  private tail = NONE
  private members = 0

  constructor(size: number) {
    this.nextOf = new Int32Array(size)
    this.previousOf = new Int32Array(size)
    this.queued = new Uint8Array(size)
  }

  get length(): number {
    return this.members
  }

  /** @returns the number at the head, or -1 */
  get first(): number {
    return this.head
  }

  /** @returns the number behind `index`, or -1 at the end */
  after(index: number): number {
    return this.nextOf[index]!
  }

  has(index: number): boolean {
    return this.queued[index] === 1
  }

  /** @param index not in the queue */
  append(index: number): void {
    this.queued[index] = 1
    this.nextOf[index] = NONE
    this.previousOf[index] = this.tail
    if (this.tail === NONE) this.head = index
    else this.nextOf[this.tail] = index
    this.tail = index
    this.members++
  }

  /** @param index in the queue */
  remove(index: number): void {
    const next = this.nextOf[index]!
    const previous = this.previousOf[index]!
    if (previous === NONE) this.head = next
    else this.nextOf[previous] = next
    if (next === NONE) this.tail = previous
    else this.previousOf[next] = previous
    this.queued[index] = 0
    this.members--
  }
}
