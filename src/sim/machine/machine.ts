import type { CallSite } from '../engine/cpu-accounting.ts'
import { CpuAccounting, quantizeNs } from '../engine/cpu-accounting.ts'
import type { Simulator } from '../engine/simulator.ts'
import { COST_NAMES } from './costs.ts'
import type { CostName, CostProfile } from './costs.ts'
import { Cpu } from './cpu.ts'
import { DMAP_BASE, KVA_BASE, KernelPageTable } from './page-table.ts'
import { PAGE_SIZE } from './page.ts'
import { PhysicalMemory } from './physical-memory.ts'

export interface MachineOptions {
  readonly cpus: number
  readonly tlbEntries: number
  readonly tlbWays: number
  readonly memoryPages: number
  readonly kvaPages: number
  readonly holdsData: boolean
  readonly costs: CostProfile
  readonly callSites: readonly CallSite[]
  /** Call site of the page walk after a TLB miss. */
  readonly tlbMissSite: number
}

/** What the hardware itself counts. */
export interface HardwareCounters {
  tlbMisses: number
  staleAccesses: number
  localInvalidations: number
  shootdowns: number
  ipis: number
}

/** The simulated computer without its devices: processors, memory, page table, and the one function that spends CPU time. */
export class Machine {
  readonly simulator: Simulator
  readonly cpus: readonly Cpu[]
  readonly memory: PhysicalMemory
  readonly pageTable: KernelPageTable
  readonly accounting: CpuAccounting
  /** Cost of each primitive, ns, quantized. */
  readonly cost: Readonly<Record<CostName, number>>
  readonly counters: HardwareCounters = {
    tlbMisses: 0,
    staleAccesses: 0,
    localInvalidations: 0,
    shootdowns: 0,
    ipis: 0,
  }
  private readonly tlbMissSite: number

  /** The processor that runs the code now being simulated. */
  cpu: Cpu

  constructor(simulator: Simulator, options: MachineOptions) {
    this.simulator = simulator
    this.cpus = Array.from(
      { length: options.cpus },
      (_, id) => new Cpu(id, options.tlbEntries, options.tlbWays),
    )
    this.cpu = this.cpus[0]!
    this.memory = new PhysicalMemory(options.memoryPages, options.holdsData)
    this.pageTable = new KernelPageTable(options.kvaPages)
    this.accounting = new CpuAccounting(options.callSites)
    this.cost = Object.fromEntries(
      COST_NAMES.map((name) => [
        name,
        isPerByte(name) ? options.costs[name].ns : quantizeNs(options.costs[name].ns),
      ]),
    ) as Record<CostName, number>
    this.tlbMissSite = options.tlbMissSite
  }

  /** What follows runs on processor `id`, from `at` on or as soon as that processor is free. */
  switchTo(id: number, at: number): void {
    const cpu = this.cpus[id]!
    if (cpu.clock < at) cpu.clock = at
    this.cpu = cpu
  }

  /** Spends `ns` (quantized) of the current processor at a call site. */
  charge(site: number, ns: number): void {
    this.chargeCpu(this.cpu, site, ns)
  }

  /** Spends time per byte moved. */
  chargeBytes(site: number, nsPerByte: number, bytes: number): void {
    this.charge(site, quantizeNs(nsPerByte * bytes))
  }

  /** invlpg on the current processor. */
  invalidateLocal(site: number, page: number): void {
    this.counters.localInvalidations++
    this.cpu.tlb.invalidate(page)
    this.charge(site, this.cost.invlpg)
  }

  /**
   * Flushes the TLB of every other processor by IPI and waits until all have answered. Each target loses the time of the
   * handler, after what it is doing.
   */
  shootDownOthers(waitSite: number, handlerSite: number): void {
    const targets = this.cpus.length - 1
    if (targets === 0) return
    this.counters.shootdowns++
    this.counters.ipis += targets
    const sent = this.cpu.clock
    for (const target of this.cpus) {
      if (target === this.cpu) continue
      target.tlb.flush()
      if (target.clock < sent) target.clock = sent
      this.chargeCpu(target, handlerSite, this.cost.ipiHandler)
    }
    this.charge(waitSite, this.cost.shootdownBase + targets * this.cost.shootdownPerTarget)
  }

  /**
   * Physical address behind a kernel virtual address, as the current processor's MMU finds it: through its TLB, stale
   * entries included.
   * @returns -1 for a page fault
   */
  translate(va: number): number {
    if (va >= DMAP_BASE) return va - DMAP_BASE
    const offset = va - KVA_BASE
    const page = Math.floor(offset / PAGE_SIZE)
    const entry = this.pageTable.frameOf(page)
    let frame = this.cpu.tlb.lookup(page)
    if (frame < 0) {
      this.counters.tlbMisses++
      this.charge(this.tlbMissSite, this.cost.tlbMiss)
      if (entry < 0) return -1
      frame = entry
      this.cpu.tlb.insert(page, frame)
    } else if (frame !== entry) {
      this.counters.staleAccesses++
    }
    return frame * PAGE_SIZE + (offset - page * PAGE_SIZE)
  }

  /** Starts measuring afresh: no charge so far counts. */
  resetMeasurement(): void {
    this.accounting.reset()
    for (const cpu of this.cpus) cpu.busyNs = 0
    for (const name of Object.keys(this.counters) as (keyof HardwareCounters)[]) this.counters[name] = 0
  }

  private chargeCpu(cpu: Cpu, site: number, ns: number): void {
    cpu.clock += ns
    cpu.busyNs += ns
    this.accounting.charge(site, ns)
  }
}

function isPerByte(name: CostName): boolean {
  return name === 'copyPerByte' || name === 'bounceCopyPerByte'
}
