import { PAGE_SIZE } from '../../machine/page.ts'
import type { BenchMachine } from './bench.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'
import { MemoryDisk } from './memory-disk.ts'
import type { PageAccess } from './memory-disk.ts'
import type { MemoryDiskWorkload } from './workload.ts'

/** Passes over a memory disk, of which the last one is measured; an iteration is one read of 64 KiB. */
export class MemoryDiskLoop implements KernelLoop {
  readonly bench: KernelLoop['bench']
  readonly iommu = null
  private readonly workload: MemoryDiskWorkload
  private readonly disk: MemoryDisk
  private readonly access: PageAccess
  private pass = 0
  private page = 0

  constructor(machine: BenchMachine, workload: MemoryDiskWorkload) {
    const { access, pages, sfBufs } = workload
    this.workload = workload
    this.disk = new MemoryDisk({ machine, pages, sfBufs: access === 'sf_buf' ? sfBufs : 1 })
    this.bench = this.disk.parts
    this.access = { malloc: this.disk.malloc, qenter: this.disk.qenter, sf_buf: this.disk.sfBuf }[access]
    if (access === 'malloc') this.bench.counters.addMapped(pages * PAGE_SIZE)
  }

  advance(most: number, watch: LoopWatch): boolean {
    const { machine } = this.bench
    const { pages, warmPasses } = this.workload
    for (let step = 0; step < most; step++) {
      const start = machine.cpu.clock
      if (this.page === 0 && this.pass === warmPasses) watch.begin(start)
      const read = this.readOn()
      if (this.pass === warmPasses) watch.done(start, machine.cpu.clock, read * PAGE_SIZE)
      if (this.page < pages) continue
      if (this.pass === warmPasses) return true
      this.pass++
      this.page = 0
    }
    return false
  }

  private readOn(): number {
    const { counters } = this.bench
    const { access } = this.workload
    const written = counters.pteWrites
    const read = this.disk.read(this.page, this.access)
    counters.bytesCopied += read * PAGE_SIZE
    if (access === 'sf_buf') counters.kvaMaps += counters.pteWrites - written
    if (access === 'qenter') {
      counters.kvaMaps += read
      counters.kvaUnmaps += read
      counters.addMapped(PAGE_SIZE)
      counters.addMapped(-PAGE_SIZE)
    }
    this.page += read
    return read
  }
}
