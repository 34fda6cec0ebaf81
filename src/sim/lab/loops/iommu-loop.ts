import { quantizeNs } from '../../engine/cpu-accounting.ts'
import { Site } from '../../kernel/call-sites.ts'
import type { IommuPolicy } from '../../kernel/iommu/policy-names.ts'
import { attachIommu } from '../../kernel/iommu/policy.ts'
import type { IommuParts } from '../../kernel/iommu/policy.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import type { Bench, BenchMachine } from './bench.ts'
import { buildBench } from './bench.ts'
import type { KernelLoop, LoopWatch } from './kernel-loop.ts'
import type { IommuMapWorkload } from './workload.ts'

const LAST_PAGE = 0xfffffffff

/**
 * One processor that keeps one fast device busy with requests of a page, and maps each as the policy says. An iteration is one
 * request.
 */
export class IommuMapLoop implements KernelLoop {
  readonly bench: Bench
  private readonly workload: IommuMapWorkload
  private readonly parts: IommuParts
  private readonly requestNs: number
  /** Page of the device's addresses that each buffer is mapped at; -1: none. */
  private readonly ioPages: Float64Array
  private readonly mapsEach: boolean
  private readonly step: number
  private started = false
  private done = 0
  private watch: LoopWatch | null = null

  constructor(machine: BenchMachine, policy: IommuPolicy, workload: IommuMapWorkload) {
    const { premapped, queueDepth, requestNs } = workload
    this.workload = workload
    this.bench = buildBench(machine, { kvaPages: 1 })
    this.parts = attachIommu(policy, this.bench.machine, this.bench.simulator)
    this.requestNs = quantizeNs(requestNs)
    this.ioPages = new Float64Array(queueDepth).fill(-1)
    this.mapsEach = this.parts.domain !== null && !premapped
    this.step = this.bench.simulator.on((slot) => this.request(slot))
  }

  get iommu(): KernelLoop['iommu'] {
    return this.parts.iommu
  }

  advance(most: number, watch: LoopWatch): boolean {
    const { simulator, machine } = this.bench
    this.watch = watch
    if (!this.started) {
      this.started = true
      if (this.parts.domain !== null && !this.mapsEach) this.ioPages.forEach((_, slot) => this.map(slot))
      watch.begin(machine.cpu.clock)
      simulator.schedule(machine.cpu.clock, this.step, 0)
    }
    for (let event = 0; event < most; event++) {
      // A lazy domain's timer never ends, so that events do not run out.
      simulator.run(1)
      if (this.done === this.workload.requests) return true
    }
    return false
  }

  private request(slot: number): void {
    const { simulator, machine } = this.bench
    const start = machine.cpu.clock
    machine.switchTo(0, simulator.now)
    if (this.mapsEach && this.ioPages[slot]! >= 0) this.parts.domain?.unmap(this.ioPages[slot]!, 1)
    machine.charge(Site.entry, this.requestNs)
    if (this.mapsEach) this.map(slot)
    const { clock } = machine.cpu
    this.watch?.done(start, clock, PAGE_SIZE)
    if (++this.done < this.workload.requests)
      simulator.schedule(clock, this.step, (slot + 1) % this.workload.queueDepth)
  }

  private map(slot: number): void {
    const domain = this.parts.domain!
    const page = domain.iova_alloc(1, LAST_PAGE, 1)
    this.ioPages[slot] = page
    domain.enter(page, slot)
    domain.charge_map(1)
  }
}
