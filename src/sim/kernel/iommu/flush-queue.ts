/** Ranges that wait before one flush frees them all, as in Linux. */
export const FLUSH_QUEUE_SIZE = 256

/** Unmapped IOVA ranges that a device may still reach through the IOTLB, oldest first. */
export class FlushQueue {
  private readonly firsts = new Int32Array(FLUSH_QUEUE_SIZE)
  private readonly pages = new Int32Array(FLUSH_QUEUE_SIZE)
  private length = 0
  private total = 0

  get count(): number {
    return this.length
  }

  /** I/O pages that wait. */
  get pagesWaiting(): number {
    return this.total
  }

  get isFull(): boolean {
    return this.length === FLUSH_QUEUE_SIZE
  }

  push(first: number, pages: number): void {
    this.firsts[this.length] = first
    this.pages[this.length++] = pages
    this.total += pages
  }

  firstAt(index: number): number {
    return this.firsts[index]!
  }

  pagesAt(index: number): number {
    return this.pages[index]!
  }

  clear(): void {
    this.length = 0
    this.total = 0
  }
}
