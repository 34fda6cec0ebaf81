import { Site } from '../../kernel/call-sites.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { buildBench } from './bench.ts'

export interface ReadPipelineOptions {
  readonly costs: CostProfile
  readonly reads: number
  readonly readBytes: number
  /** What the disks deliver together, bytes per second. */
  readonly diskBytesPerSecond: number
  /** Reads that are under way ahead of the process. */
  readonly ahead: number
  /** Work of the reading process on each read, the copy left out, ns. */
  readonly processNs: number
  /** Work of the interrupts of each read, a bounce left out, ns. */
  readonly interruptNs: number
  /** The data is copied to the user. */
  readonly copies: boolean
  /** The data lands in bounce pages and is copied from there by the interrupt handler. */
  readonly bounces: boolean
}

export interface ReadPipelineResult {
  readonly MBps: number
  /** Shares of the busy time of both processors, 0 to 1. */
  readonly copyShare: number
  readonly bounceShare: number
}

/** One process that reads from end to end, on one of two processors; the other one takes the interrupts of disks that read ahead. */
export function runReadPipeline(options: ReadPipelineOptions): ReadPipelineResult {
  const { costs, reads, readBytes, ahead } = options
  const { machine } = buildBench({ costs, cpus: 2, kvaPages: 1 })
  const diskNs = (readBytes * 1e9) / options.diskBytesPerSecond
  /** When the process took each of the last reads, by number modulo `ahead`. */
  const taken = new Float64Array(ahead)
  let diskFree = 0
  let copyNs = 0
  let bounceNs = 0
  const spent = (work: () => void): number => {
    const before = machine.cpu.busyNs
    work()
    return machine.cpu.busyNs - before
  }
  for (let read = 0; read < reads; read++) {
    diskFree = Math.max(diskFree, taken[read % ahead]!) + diskNs
    machine.switchTo(1, diskFree)
    machine.charge(Site.interrupt, options.interruptNs)
    if (options.bounces)
      bounceNs += spent(() =>
        machine.chargeBytes(Site['bounce copy'], machine.cost.bounceCopyPerByte, readBytes),
      )
    machine.switchTo(0, machine.cpu.clock)
    taken[read % ahead] = machine.cpu.clock
    machine.charge(Site.read, options.processNs)
    if (options.copies)
      copyNs += spent(() => machine.chargeBytes(Site.copyout, machine.cost.copyPerByte, readBytes))
  }
  const busy = machine.cpus.reduce((sum, { busyNs }) => sum + busyNs, 0)
  return {
    MBps: (reads * readBytes * 1000) / machine.cpu.clock,
    copyShare: copyNs / busy,
    bounceShare: bounceNs / busy,
  }
}
