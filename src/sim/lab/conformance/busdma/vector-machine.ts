import { PAGE_MASK, PAGE_SIZE } from '../../../kernel/busdma/constants.ts'
import type { BusDmaPlatform } from '../../../kernel/busdma/platform.ts'
import { takeRange } from './take-range.ts'
import type { UserPages } from '../../../kernel/busdma/uio-vector.ts'

/** Virtual address space given to each client buffer. */
const REGION_BYTES = 0x2_0000_0000

/** The machine of a vector: memory, one virtual region for each buffer, and the pages free for bounce pools. */
export class VectorMachine implements BusDmaPlatform {
  readonly ramPages: number
  /** Page frames that a pool may still get, in the order of search. */
  supply: number[] = []
  /** A process that sees each region at its kernel address. */
  readonly userPages: UserPages = {
    pmap_extract: (uaddr) => Math.floor(this.pmap_kextract(uaddr) / PAGE_SIZE),
  }
  private readonly regions: (readonly number[])[] = []
  private readonly frames = new Map<number, Uint8Array>()

  constructor(ramPages: number) {
    this.ramPages = ramPages
  }

  /** Maps a page list as region `region`; returns the virtual address of its first byte. */
  mapRegion(region: number, pages: readonly number[]): number {
    this.regions[region] = pages
    return (region + 1) * REGION_BYTES
  }

  /** Physical address of byte `at` of a region. */
  regionPaddr(region: number, at: number): number {
    return this.pmap_kextract((region + 1) * REGION_BYTES + at)
  }

  pmap_kextract(va: number): number {
    const at = va % REGION_BYTES
    const pfn = this.regions[(va - at) / REGION_BYTES - 1]?.[Math.floor(at / PAGE_SIZE)]
    // The kernels look an address up before they see that no byte is left: one past the end reads as page 0.
    return (pfn ?? 0) * PAGE_SIZE + (at & PAGE_MASK)
  }

  pmap_extract(space: UserPages, uaddr: number): number {
    return space.pmap_extract(uaddr) * PAGE_SIZE + (uaddr & PAGE_MASK)
  }

  allocBouncePage(limit: number): number {
    const index = this.supply.findIndex((pfn) => (pfn + 1) * PAGE_SIZE - 1 <= limit)
    return index < 0 ? -1 : (this.supply.splice(index, 1)[0] as number)
  }

  allocContiguous(pages: number, limit: number, alignment: number, boundary: number): number {
    return takeRange(this.supply, pages, limit, alignment, boundary)
  }

  freeBouncePage(pfn: number): void {
    this.supply.push(pfn)
  }

  freeContiguous(pfn: number, pages: number): void {
    for (let i = 0; i < pages; i++) this.supply.push(pfn + i)
  }

  bounceCopy(fromPaddr: number, toPaddr: number, bytes: number): void {
    const from = this.bytesAt(fromPaddr, bytes)
    this.bytesAt(toPaddr, bytes).set(from)
  }

  charge(): void {}

  raiseSoftInterrupt(): void {}

  wakeBusdmaThread(): void {}

  bounceWait(): void {}

  readByte(paddr: number): number {
    return this.bytesAt(paddr, 1)[0] as number
  }

  writeByte(paddr: number, value: number): void {
    this.bytesAt(paddr, 1)[0] = value
  }

  /** Memory from `paddr` on, within one page. */
  private bytesAt(paddr: number, bytes: number): Uint8Array {
    const pfn = Math.floor(paddr / PAGE_SIZE)
    let frame = this.frames.get(pfn)
    if (frame === undefined) {
      frame = new Uint8Array(PAGE_SIZE)
      this.frames.set(pfn, frame)
    }
    const offset = paddr & PAGE_MASK
    return frame.subarray(offset, offset + bytes)
  }
}
