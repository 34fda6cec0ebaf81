import { PAGE_SIZE } from '../../machine/page.ts'

/** Frames of the first 64 KiB are never used, as on a PC. */
const FIRST_FRAME = 16
/** Frames kept back for contiguous, low allocations: descriptor tables and bounce pages. Up to 80 MiB of memory. */
const LOW_FRAMES = 20480
/** Freed pages are used again only when this many others wait, as on the queue of a running system. */
const FREE_QUEUE_FRAMES = 256

/**
 * Page frames: scattered single pages for data, low contiguous ones for devices. Pages are handed out in an order that
 * spreads over all of memory, as after some uptime; a page on loan is wired until it is freed.
 */
export class PageAllocator {
  private readonly firstData: number
  private readonly dataFrames: number
  private readonly stride: number
  private nextFresh = 0
  private nextLow = FIRST_FRAME
  private readonly freeLow: number[] = []
  private readonly wired: (Uint8Array | undefined)[] = []
  /** Ring of freed data pages, oldest first. */
  private ring = new Int32Array(1024)
  private ringHead = 0
  private ringCount = 0

  /** @param frames page frames of the machine */
  constructor(frames: number) {
    this.firstData = Math.min(Math.floor(frames / 4), LOW_FRAMES)
    this.dataFrames = frames - this.firstData
    this.stride = coprimeNear(Math.floor(this.dataFrames * 0.381966), this.dataFrames)
  }

  /** vm_page_alloc: one wired page. @returns its pfn, or -1 when memory is full */
  alloc(): number {
    let pfn: number
    if (this.ringCount >= FREE_QUEUE_FRAMES || (this.nextFresh === this.dataFrames && this.ringCount > 0)) {
      pfn = this.ring[this.ringHead]!
      this.ringHead = (this.ringHead + 1) % this.ring.length
      this.ringCount--
    } else {
      if (this.nextFresh === this.dataFrames) return -1
      pfn = this.firstData + ((this.nextFresh++ * this.stride) % this.dataFrames)
    }
    this.setWired(pfn, 1)
    return pfn
  }

  /** vm_page_free */
  free(pfn: number): void {
    this.setWired(pfn, 0)
    if (this.ringCount === this.ring.length) this.growRing()
    this.ring[(this.ringHead + this.ringCount++) % this.ring.length] = pfn
  }

  /**
   * contigmalloc, thin: `count` wired, contiguous pages from low memory.
   * @param limit highest address that the last byte may have
   * @returns the first pfn, or -1
   */
  allocLow(count: number, limit: number): number {
    const fits = (first: number): boolean => (first + count) * PAGE_SIZE - 1 <= limit
    const reusable = count === 1 ? this.freeLow.findLastIndex(fits) : -1
    const first = reusable < 0 ? this.nextLow : this.freeLow.splice(reusable, 1)[0]!
    if (reusable < 0) {
      if (first + count > this.firstData || !fits(first)) return -1
      this.nextLow += count
    }
    for (let pfn = first; pfn < first + count; pfn++) this.setWired(pfn, 1)
    return first
  }

  /** Gives back one page of `allocLow`. */
  freeLowPage(pfn: number): void {
    this.setWired(pfn, 0)
    this.freeLow.push(pfn)
  }

  /** Whether a page is on loan, so that it stays where it is. */
  isWired(pfn: number): boolean {
    return this.wired[pfn >>> 12]?.[pfn & 4095] === 1
  }

  private setWired(pfn: number, value: 0 | 1): void {
    const leaf = (this.wired[pfn >>> 12] ??= new Uint8Array(4096))
    leaf[pfn & 4095] = value
  }

  private growRing(): void {
    const ring = new Int32Array(this.ring.length * 2)
    for (let i = 0; i < this.ringCount; i++) ring[i] = this.ring[(this.ringHead + i) % this.ring.length]!
    this.ring = ring
    this.ringHead = 0
  }
}

/** The smallest number from `start` on that has no common divisor with `size`, so that its multiples meet every residue. */
function coprimeNear(start: number, size: number): number {
  let candidate = Math.max(1, start)
  while (gcd(candidate, size) !== 1) candidate++
  return candidate
}

function gcd(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b]
  return a
}
