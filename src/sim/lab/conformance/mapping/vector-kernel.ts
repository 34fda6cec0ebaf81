import { Simulator } from '../../../engine/simulator.ts'
import { CALL_SITES, Site } from '../../../kernel/call-sites.ts'
import { KernelCounters } from '../../../kernel/counters.ts'
import { KernelThreads } from '../../../kernel/sleep-channel.ts'
import { CopyCalls } from '../../../kernel/vm/copy-calls.ts'
import { PageDirty } from '../../../kernel/vm/page-dirty.ts'
import { PageHolds } from '../../../kernel/vm/page-holds.ts'
import { Pmap } from '../../../kernel/vm/pmap.ts'
import { UserSpace } from '../../../kernel/vm/user-space.ts'
import { NO_COSTS } from '../../../machine/costs.ts'
import { Machine } from '../../../machine/machine.ts'
import { KVA_BASE, kvaPage } from '../../../machine/page-table.ts'
import { PAGE_MASK, PAGE_SIZE } from '../../../machine/page.ts'
import { crc32 } from '../crc32.ts'
import { listOf, numberOf, VectorError, type VectorObject } from '../vector-fields.ts'

/** Pages of each buffer's region, with room behind it that is not mapped. */
const REGION_PAGES = 1024
/** Buffers that a vector may have. */
const MAX_BUFFERS = 64
/** Frames of the machine: 1 TiB, of which only what is touched costs memory. */
const MEMORY_PAGES = 1 << 28

export interface VectorKernelOptions {
  readonly cpus: number
  readonly smp: boolean
  /** Pages of KVA for a pool of mapping slots; the buffers follow. */
  readonly poolPages: number
  readonly buffers: number
}

/** The kernel of a vector: one machine, and client buffers that user and kernel see at the same offsets. */
export class VectorKernel {
  readonly machine: Machine
  readonly counters = new KernelCounters()
  readonly pmap: Pmap
  readonly holds = new PageHolds()
  readonly dirty = new PageDirty()
  readonly threads = new KernelThreads(1, () => undefined)
  readonly copies: CopyCalls
  readonly space: UserSpace
  private readonly bufferStart: number
  private readonly buffers: number

  constructor(options: VectorKernelOptions) {
    if (options.cpus < 1 || options.cpus > 32) throw new VectorError('cpus must be 1 to 32')
    if (options.buffers > MAX_BUFFERS) throw new VectorError(`more than ${MAX_BUFFERS} buffers`)
    const pages = options.buffers * REGION_PAGES
    this.machine = new Machine(new Simulator(), {
      cpus: options.cpus,
      tlbEntries: 64,
      tlbWays: 4,
      memoryPages: MEMORY_PAGES,
      kvaPages: options.poolPages + pages,
      holdsData: true,
      costs: NO_COSTS,
      callSites: CALL_SITES,
      tlbMissSite: Site['tlb miss'],
    })
    this.pmap = new Pmap(this.machine, this.counters, options.smp)
    this.copies = new CopyCalls(this.machine, this.counters)
    this.space = new UserSpace(pages, { zeroFilledPage: () => -1 })
    this.bufferStart = options.poolPages
    this.buffers = options.buffers
  }

  /** What follows runs on the operation's processor. */
  switchTo(cpu: unknown): void {
    const id = numberOf(cpu, 'cpu')
    if (id < 0 || id >= this.machine.cpus.length) throw new VectorError(`no processor ${id}`)
    this.machine.switchTo(id, 0)
  }

  /** Operation `buffer`: maps the pages for user and kernel, and fills them if the operation says with what. */
  makeBuffer(op: VectorObject): void {
    const buffer = this.bufferNumber(op.buf)
    const pages = listOf(op.pages, 'pages')
    if (pages.length > REGION_PAGES) throw new VectorError(`a buffer of more than ${REGION_PAGES} pages`)
    for (const [index, page] of pages.entries()) {
      if (page === null) continue
      const pfn = pfnOf(page, 'pages')
      this.pmap.pmap_store(KVA_BASE + (this.bufferStart + buffer * REGION_PAGES + index) * PAGE_SIZE, pfn)
      this.space.mapPage(buffer * REGION_PAGES + index, pfn)
      if (op.fill !== undefined) this.fill(pfn, index * PAGE_SIZE, numberOf(op.fill, 'fill'))
    }
  }

  userAddress(buffer: unknown, offset: unknown): number {
    return this.bufferNumber(buffer) * REGION_PAGES * PAGE_SIZE + numberOf(offset, 'offset')
  }

  kernelAddress(buffer: unknown, offset: unknown): number {
    return KVA_BASE + this.bufferStart * PAGE_SIZE + this.userAddress(buffer, offset)
  }

  /** CRC-32 of a range of a buffer. Holes read as zeros. */
  crc(op: VectorObject): VectorObject {
    const start = this.userAddress(op.buf, op.offset)
    const bytes = new Uint8Array(numberOf(op.length, 'length'))
    for (let at = 0; at < bytes.length;) {
      const offset = (start + at) & PAGE_MASK
      const count = Math.min(bytes.length - at, PAGE_SIZE - offset)
      const pfn = this.space.pmap_extract(start + at)
      if (pfn >= 0) bytes.set(this.machine.memory.bytesAt(pfn * PAGE_SIZE + offset, count), at)
      at += count
    }
    return { crc32: crc32(bytes) }
  }

  /**
   * Operation `touch`: the processor reads or writes one page of a mapping and sets the accessed and modified flags. The
   * vectors know no TLB, so the access always walks the page table.
   */
  touch(kva: number, write: boolean): void {
    this.machine.cpu.tlb.invalidate(kvaPage(kva))
    this.machine.translate(kva, write)
  }

  private fill(pfn: number, offset: number, seed: number): void {
    const bytes = this.machine.memory.bytesAt(pfn * PAGE_SIZE, PAGE_SIZE)
    for (let i = 0; i < PAGE_SIZE; i++) {
      const at = offset + i
      bytes[i] = seed + 7 * at + 13 * Math.floor(at / 256)
    }
  }

  private bufferNumber(value: unknown): number {
    const number = numberOf(value, 'buf')
    if (number < 0 || number >= this.buffers) throw new VectorError(`no buffer ${number}`)
    return number
  }
}

/** Buffers that a vector's operations need. */
export function bufferCount(ops: readonly VectorObject[]): number {
  return ops.reduce(
    (most, op) => (op.op === 'buffer' ? Math.max(most, numberOf(op.buf, 'buf') + 1) : most),
    0,
  )
}

/** A page frame number that the machine has. */
export function pfnOf(value: unknown, what: string): number {
  const pfn = numberOf(value, what)
  if (pfn < 0 || pfn >= MEMORY_PAGES) throw new VectorError(`${what}: no page frame ${pfn}`)
  return pfn
}

/** A page list, for the kernel's calls. */
export function pageListOf(value: unknown, what: string): Int32Array {
  return Int32Array.from(listOf(value, what), (item) => pfnOf(item ?? null, what))
}
