import { quantizeNs } from '../../engine/cpu-accounting.ts'
import { Site } from '../../kernel/call-sites.ts'
import type { Bench, BenchMachine } from './bench.ts'
import { buildBench } from './bench.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'
import type { ReadPipelineWorkload } from './workload.ts'

const PROCESS_CPU = 0
const INTERRUPT_CPU = 1

/**
 * One process that reads from end to end, on one of two processors; the other one takes the interrupts of disks that read ahead.
 * An iteration is one read.
 */
export class ReadPipelineLoop implements KernelLoop {
  readonly bench: Bench
  readonly iommu = null
  private readonly workload: ReadPipelineWorkload
  private readonly diskNs: number
  private readonly processNs: number
  private readonly interruptNs: number
  /** When the process took each of the last reads, by number modulo `ahead`. */
  private readonly taken: Float64Array
  private diskFree = 0
  private read = 0

  constructor(machine: BenchMachine, workload: ReadPipelineWorkload) {
    const { readBytes, disks, diskMBps, ahead, processNs, interruptNs } = workload
    this.workload = workload
    this.bench = buildBench(machine, { kvaPages: 1 })
    this.diskNs = (readBytes * 1e9) / (disks * (diskMBps * 1e6))
    this.processNs = quantizeNs(processNs)
    this.interruptNs = quantizeNs(interruptNs)
    this.taken = new Float64Array(ahead)
  }

  advance(most: number, watch: LoopWatch): boolean {
    const { reads, readBytes } = this.workload
    const reader = this.bench.machine.cpus[PROCESS_CPU]!
    if (this.read === 0) watch.begin(0)
    const end = Math.min(this.read + most, reads)
    for (; this.read < end; this.read++) {
      const start = reader.clock
      this.readOn()
      watch.done(start, reader.clock, readBytes)
    }
    return this.read === reads
  }

  private readOn(): void {
    const { machine, counters } = this.bench
    const { readBytes, ahead, copies, bounces } = this.workload
    const slot = this.read % ahead
    this.diskFree = Math.max(this.diskFree, this.taken[slot]!) + this.diskNs
    machine.switchTo(INTERRUPT_CPU, this.diskFree)
    counters.deviceInterrupts++
    machine.charge(Site.interrupt, this.interruptNs)
    if (bounces) {
      machine.chargeBytes(Site['bounce copy'], machine.cost.bounceCopyPerByte, readBytes)
      counters.bytesBounced += readBytes
      counters.bytesCopied += readBytes
    }
    machine.switchTo(PROCESS_CPU, machine.cpu.clock)
    this.taken[slot] = machine.cpu.clock
    machine.charge(Site.read, this.processNs)
    if (!copies) return
    machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, readBytes)
    counters.bytesCopied += readBytes
  }
}
