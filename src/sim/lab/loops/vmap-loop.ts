import { FirstFitArena } from '../../kernel/vm/first-fit-arena.ts'
import { OneLockVmap, PerCpuVmap, Pmap2008 } from '../../kernel/vm/vmap.ts'
import type { Vmap } from '../../kernel/vm/vmap.ts'
import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { Bench, BenchConfig, BenchMachine } from './bench.ts'
import { buildBench } from './bench.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'
import type { VmapWorkload } from './workload.ts'

/** Blocks wait for a flush while others are in use: room for both, with 64 processors as with 8. */
const KVA_PAGES = 256 * 1024
const FIRST_FRAME = 100

/**
 * Threads on processors of their own, each of which maps pages, touches them and unmaps them, over and over. An iteration is
 * one loop of one thread, with what shootdowns of others take of its processor; for its last one, until the last thread ends.
 */
export class VmapLoop implements KernelLoop {
  readonly bench: Bench
  readonly iommu = null
  private readonly config: BenchConfig
  private readonly workload: VmapWorkload
  private readonly vmap: Vmap
  private readonly pages: Int32Array
  /** Loops left of each thread, the first page of what it has mapped now, and when its loop began. */
  private readonly left: Int32Array
  private readonly first: Int32Array
  private readonly startedAt: Float64Array
  private readonly step: number
  private started = false
  private watch: LoopWatch | null = null

  constructor(machine: BenchMachine, workload: VmapWorkload) {
    const { design, pages, threads, loops } = workload
    this.config = machine.config
    this.workload = workload
    this.bench = buildBench(machine, { kvaPages: KVA_PAGES })
    const pmap = new Pmap2008(this.bench.machine, this.bench.counters)
    const parts = { machine: this.bench.machine, pmap, arena: new FirstFitArena(0, KVA_PAGES) }
    this.vmap = design === 'one-lock' ? new OneLockVmap(parts) : new PerCpuVmap(parts)
    this.pages = Int32Array.from({ length: pages }, (_, i) => FIRST_FRAME + i)
    this.left = new Int32Array(threads).fill(loops)
    this.first = new Int32Array(threads).fill(-1)
    this.startedAt = new Float64Array(threads)
    this.step = this.bench.simulator.on((thread) => this.turn(thread))
  }

  advance(most: number, watch: LoopWatch): boolean {
    const { simulator, machine } = this.bench
    this.watch = watch
    if (!this.started) {
      this.started = true
      watch.begin(0)
      for (let thread = 0; thread < this.workload.threads; thread++) {
        machine.cpus[this.cpuOf(thread)]!.runnable = 1
        simulator.schedule(0, this.step, thread)
      }
    }
    if (simulator.run(most) === most) return false
    for (let thread = 0; thread < this.workload.threads; thread++) this.loopDone(thread)
    return true
  }

  /** Threads are dealt out to the sockets in turn. */
  private cpuOf(thread: number): number {
    const { cpus, sockets } = this.config
    return (thread % sockets) * (cpus / sockets) + Math.floor(thread / sockets)
  }

  private turn(thread: number): void {
    const { simulator, machine } = this.bench
    machine.switchTo(this.cpuOf(thread), simulator.now)
    if (this.first[thread]! < 0) this.map(thread)
    else if (this.unmap(thread)) return
    simulator.schedule(machine.cpu.clock, this.step, thread)
  }

  private map(thread: number): void {
    const { machine, counters } = this.bench
    const { pages } = this.workload
    const first = this.vmap.map(this.pages, pages)
    this.first[thread] = first
    counters.kvaMaps++
    counters.addMapped(pages * PAGE_SIZE)
    for (let i = 0; i < pages; i++) machine.translate(KVA_BASE + (first + i) * PAGE_SIZE)
  }

  /** @returns whether it was the thread's last loop */
  private unmap(thread: number): boolean {
    const { machine, counters } = this.bench
    const { pages } = this.workload
    this.vmap.unmap(this.first[thread]!, pages)
    this.first[thread] = -1
    counters.kvaUnmaps++
    counters.addMapped(-pages * PAGE_SIZE)
    if (--this.left[thread]! > 0) {
      this.loopDone(thread)
      return false
    }
    machine.cpu.runnable = 0
    return true
  }

  private loopDone(thread: number): void {
    const { clock } = this.bench.machine.cpus[this.cpuOf(thread)]!
    this.watch?.done(this.startedAt[thread]!, clock, this.workload.pages * PAGE_SIZE)
    this.startedAt[thread] = clock
  }
}
