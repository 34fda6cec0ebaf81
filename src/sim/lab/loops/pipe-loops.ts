import { XIO_INTERNAL_PAGES } from '../../kernel/xio.ts'
import { quantizeNs } from '../../engine/cpu-accounting.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { BenchMachine } from './bench.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'
import { PipePages } from './pipe-pages.ts'
import type { ComputePagesWorkload, PipePagesWorkload } from './workload.ts'

/** What the two loops have in common: iterations on the reader's processor, one after another. */
abstract class ReaderLoop implements KernelLoop {
  readonly bench: KernelLoop['bench']
  readonly iommu = null
  protected readonly pipe: PipePages
  private readonly iterations: number
  private readonly bytes: number
  private done = 0

  protected constructor(
    machine: BenchMachine,
    { mappings, sfBufs, bufferPages }: PipePagesWorkload | ComputePagesWorkload,
    iterations: number,
    bytes: number,
  ) {
    this.pipe = new PipePages({ machine, localOnly: mappings === 'local', sfBufs, bufferPages })
    this.bench = this.pipe.parts
    this.iterations = iterations
    this.bytes = bytes
  }

  protected abstract iterate(): void

  advance(most: number, watch: LoopWatch): boolean {
    const reader = this.bench.machine.cpus[0]!
    if (this.done === 0) watch.begin(reader.clock)
    const end = Math.min(this.done + most, this.iterations)
    for (; this.done < end; this.done++) {
      const start = reader.clock
      this.iterate()
      watch.done(start, reader.clock, this.bytes)
    }
    return this.done === this.iterations
  }
}

/** An iteration is one page list, written and read. */
export class PipePagesLoop extends ReaderLoop {
  constructor(machine: BenchMachine, workload: PipePagesWorkload) {
    super(machine, workload, workload.lists, XIO_INTERNAL_PAGES * PAGE_SIZE)
  }

  protected override iterate(): void {
    this.pipe.move()
  }
}

/** An iteration is some computing and one page. */
export class ComputePagesLoop extends ReaderLoop {
  private readonly ns: number

  constructor(machine: BenchMachine, workload: ComputePagesWorkload) {
    super(machine, workload, workload.maps, PAGE_SIZE)
    this.ns = quantizeNs(workload.computeNs)
  }

  protected override iterate(): void {
    this.pipe.compute(this.ns)
  }
}
