import type { CallSite } from '../engine/cpu-accounting.ts'
import { CpuAccounting, quantizeNs } from '../engine/cpu-accounting.ts'
import { NO_REQUEST } from '../engine/history/record-ring.ts'
import type { HistoryRecorder } from '../engine/history/history-recorder.ts'
import { TracedAccounting } from '../engine/history/traced-accounting.ts'
import type { Simulator } from '../engine/simulator.ts'
import { WIDE } from '../engine/wide.ts'
import { CpuMask } from './cpu-mask.ts'
import { COST_NAMES, isCostPerByte } from './costs.ts'
import type { CostName, CostProfile } from './costs.ts'
import { Cpu } from './cpu.ts'
import { SimLock } from './lock.ts'
import type { LockOptions, LockStats } from './lock.ts'
import { DMAP_BASE, KVA_BASE, KernelPageTable, PG_A, PG_M, PG_RW } from './page-table.ts'
import { PAGE_SIZE } from './page.ts'
import { PhysicalMemory } from './physical-memory.ts'
import { Sanitizer } from './sanitizer.ts'

export interface MachineOptions {
  readonly cpus: number
  /** Sockets that the processors sit in, 1 unless given. */
  readonly sockets?: number
  readonly tlbEntries: number
  readonly tlbWays: number
  readonly memoryPages: number
  readonly kvaPages: number
  readonly holdsData: boolean
  readonly costs: CostProfile
  readonly callSites: readonly CallSite[]
  /** Call site of the page walk after a TLB miss. */
  readonly tlbMissSite: number
  /** The machine checks itself. */
  readonly sanitizer?: boolean
  /** One processor sends a shootdown at a time, and the others wait (smp_ipi_mtx, call_lock); left out: all at once. */
  readonly ipiLock?: LockOptions | undefined
  /** Writes down what happens; null or left out: nobody does. */
  readonly history?: HistoryRecorder | null
  /** Number of the history's event for a shootdown. */
  readonly shootdownEvent?: number
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
  /** Ns of shootdown handlers on processors that had nothing else to do. */
  idleHandlerNs = WIDE
  /** What checks this machine; null for nothing. */
  readonly sanitizer: Sanitizer | null
  /** What happens to requests is written down here; null for nowhere. */
  readonly history: HistoryRecorder | null
  private readonly tlbMissSite: number
  private readonly shootdownEvent: number
  /** What the slowest target of the shootdown under way adds to the wait because it was idle or answers no interrupts for now. */
  private lateNs = WIDE
  private readonly locks: SimLock[] = []
  private readonly ipiLock: SimLock | null
  /** Processors that the last shootdown interrupted. */
  readonly ipiTargets = new CpuMask()

  /** The processor that runs the code now being simulated. */
  cpu: Cpu

  constructor(simulator: Simulator, options: MachineOptions) {
    this.idleHandlerNs = 0
    this.lateNs = 0
    this.simulator = simulator
    this.cpus = Array.from(
      { length: options.cpus },
      (_, id) =>
        new Cpu(id, socketOf(id, options.cpus, options.sockets ?? 1), options.tlbEntries, options.tlbWays),
    )
    this.cpu = this.cpus[0]!
    this.memory = new PhysicalMemory(options.memoryPages, options.holdsData)
    this.pageTable = new KernelPageTable(options.kvaPages)
    this.history = options.history ?? null
    this.history?.attach(this)
    this.accounting =
      this.history === null
        ? new CpuAccounting(options.callSites)
        : new TracedAccounting(options.callSites, this.history)
    this.cost = Object.fromEntries(
      COST_NAMES.map((name) => [
        name,
        isCostPerByte(name) ? options.costs[name] : quantizeNs(options.costs[name]),
      ]),
    ) as Record<CostName, number>
    this.tlbMissSite = options.tlbMissSite
    this.shootdownEvent = options.shootdownEvent ?? 0
    this.sanitizer = options.sanitizer === true ? new Sanitizer(this) : null
    this.ipiLock = options.ipiLock === undefined ? null : this.makeLock(options.ipiLock)
  }

  /** A lock between this machine's processors. */
  makeLock(options: LockOptions): SimLock {
    const lock = new SimLock(this, options)
    this.locks.push(lock)
    return lock
  }

  /** How all locks were used, together. */
  lockStats(): LockStats {
    const sum = { acquisitions: 0, contentions: 0, waitNs: 0 }
    for (const { stats } of this.locks) {
      sum.acquisitions += stats.acquisitions
      sum.contentions += stats.contentions
      sum.waitNs += stats.waitNs
    }
    return sum
  }

  /** What follows runs on processor `id`, from `at` on or as soon as that processor is free, and for no request as yet. */
  switchTo(id: number, at: number): void {
    const cpu = this.cpus[id]!
    if (cpu.clock < at) cpu.clock = at
    if (cpu.flushOnWake) {
      cpu.flushOnWake = false
      cpu.tlb.flush()
    }
    this.cpu = cpu
    if (this.history !== null) this.history.current = NO_REQUEST
  }

  /**
   * Spends `ns` (quantized) of the current processor at a call site. It and what it calls with `ns` are kept so small (27 bytes of
   * V8's bytecode each) that V8 inlines them wherever they are called, and so allocates nothing for a number with a fraction.
   */
  charge(site: number, ns: number): void {
    this.chargeCpu(this.cpu, site, ns)
  }

  /** Spends time per byte moved. */
  chargeBytes(site: number, nsPerByte: number, bytes: number): void {
    this.charge(site, quantizeNs(nsPerByte * bytes))
  }

  /** invlpg on the current processor. Its time is charged by the caller, who knows how many pages follow. */
  invalidateLocal(page: number): void {
    this.counters.localInvalidations++
    this.cpu.tlb.invalidate(page)
  }

  /**
   * Flushes the TLB of every other processor by IPI and waits until all have answered. Each target loses the time of the
   * handler, after what it is doing.
   * @param skipIdle processors with nothing to do are left alone and flush when they wake
   * @returns whether an IPI was sent; `ipiTargets` says to whom
   */
  shootDownOthers(waitSite: number, handlerSite: number, skipIdle: boolean): boolean {
    return this.interruptOthers(waitSite, handlerSite, skipIdle, 0, 0)
  }

  /** The same for `count` pages from `first` on: the handler invalidates each of them and keeps the rest of the TLB. */
  shootDownPages(
    waitSite: number,
    handlerSite: number,
    skipIdle: boolean,
    first: number,
    count: number,
  ): boolean {
    return this.interruptOthers(waitSite, handlerSite, skipIdle, first, count)
  }

  /** One page on the processors of `targets` only, as shootDownPages does it. */
  shootDownPageOn(targets: CpuMask, waitSite: number, handlerSite: number, page: number): boolean {
    if (this.ipiLock !== null) this.ipiLock.acquire()
    const { cpu } = this
    const sent = cpu.clock
    const handlerNs = this.handlerNs(1)
    let near = 0
    let far = 0
    this.ipiTargets.clear()
    for (const target of this.cpus) {
      if (target === cpu || !targets.has(target.id)) continue
      target.tlb.invalidate(page)
      this.interrupt(target, sent, handlerSite, handlerNs)
      if (target.socket === cpu.socket) near++
      else far++
    }
    this.awaitAnswers(waitSite, near, far, 1)
    return near + far > 0
  }

  /**
   * Physical address behind a kernel virtual address, as the current processor's MMU finds it: through its TLB, stale
   * entries included. Sets the accessed and modified flags of the page-table entry as the MMU does: at a miss, and at the
   * first write through a TLB entry.
   * @returns -1 for a page fault
   */
  translate(va: number, write = false): number {
    if (va >= DMAP_BASE) {
      const address = va - DMAP_BASE
      if (this.sanitizer !== null) this.sanitizer.checkAccess(Math.floor(address / PAGE_SIZE), -1, write)
      return address
    }
    const offset = va - KVA_BASE
    const page = Math.floor(offset / PAGE_SIZE)
    const entry = this.pageTable.frameOf(page)
    let frame = this.cpu.tlb.lookup(page)
    if (frame < 0) {
      this.counters.tlbMisses++
      this.charge(this.tlbMissSite, this.cost.tlbMiss)
      if (entry < 0 || (write && (this.pageTable.flagsOf(page) & PG_RW) === 0)) return -1
      frame = entry
      this.pageTable.mark(page, write ? PG_A | PG_M : PG_A)
      this.cpu.tlb.insert(page, frame, write)
    } else if (frame !== entry) {
      this.counters.staleAccesses++
      if (this.sanitizer !== null) this.reportStale(page, frame, entry, write)
    } else if (write && !this.cpu.tlb.isWritten) {
      if ((this.pageTable.flagsOf(page) & PG_RW) === 0) return -1
      this.cpu.tlb.noteWrite()
      this.pageTable.mark(page, PG_A | PG_M)
    }
    if (this.sanitizer !== null) this.sanitizer.checkAccess(frame, page, write)
    return frame * PAGE_SIZE + (offset - page * PAGE_SIZE)
  }

  /** Starts measuring afresh: no charge so far counts. */
  resetMeasurement(): void {
    this.accounting.reset()
    for (const cpu of this.cpus) cpu.busyNs = 0
    this.idleHandlerNs = 0
    for (const lock of this.locks) lock.resetMeasurement()
    for (const name of Object.keys(this.counters) as (keyof HardwareCounters)[]) this.counters[name] = 0
  }

  private reportStale(page: number, cached: number, entry: number, write: boolean): void {
    this.sanitizer?.report('stale-tlb', write ? 'store' : 'load', () => {
      const now = entry < 0 ? 'nothing' : `frame ${entry}`
      return `page ${page} of KVA: processor ${this.cpu.id} goes to frame ${cached}, the page table has ${now}`
    })
  }

  /** Interrupts all others: a full flush when `count` is 0. */
  private interruptOthers(
    waitSite: number,
    handlerSite: number,
    skipIdle: boolean,
    first: number,
    count: number,
  ): boolean {
    if (this.ipiLock !== null) this.ipiLock.acquire()
    const { cpu } = this
    const sent = cpu.clock
    const handlerNs = this.handlerNs(count)
    let near = 0
    let far = 0
    this.ipiTargets.clear()
    for (const target of this.cpus) {
      if (target === cpu) continue
      if (skipIdle && target.runnable === 0 && target.clock <= sent) {
        target.flushOnWake = true
        continue
      }
      if (count === 0) target.tlb.flush()
      for (let page = first; page < first + count; page++) target.tlb.invalidate(page)
      this.interrupt(target, sent, handlerSite, handlerNs)
      if (target.socket === cpu.socket) near++
      else far++
    }
    this.awaitAnswers(waitSite, near, far, count)
    return near + far > 0
  }

  /** What a target spends on `count` pages; 0 for a full flush. */
  private handlerNs(count: number): number {
    const { cost } = this
    return count === 0 ? cost.ipiHandler : cost.interrupt + count * cost.invlpg
  }

  /**
   * An IPI from the current processor. An idle target wakes first; one with interrupts masked answers when it takes interrupts again.
   * @param sent simulated ns now
   */
  private interrupt(target: Cpu, sent: number, handlerSite: number, handlerNs: number): void {
    this.ipiTargets.add(target.id)
    if (target.runnable === 0 && target.clock <= sent) {
      this.idleHandlerNs += handlerNs
      this.answersLate(this.cost.ipiIdleWake)
      target.clock = sent
    } else if (target.deafFrom <= sent && sent < target.deafUntil) {
      this.answersLate(quantizeNs(target.deafUntil - sent))
    }
    if (this.history !== null) this.history.beginInterrupt(target)
    this.chargeCpu(target, handlerSite, handlerNs)
    if (this.history !== null) this.history.endInterrupt()
  }

  private answersLate(ns: number): void {
    if (ns > this.lateNs) this.lateNs = ns
  }

  /**
   * Every target has its IPI: waits for the answers, and lets the next processor send. A target answers when it has
   * invalidated the last page; what a shootdown costs was measured with one.
   * @param near how many targets sit in the socket of the current processor @param far how many elsewhere
   * @param pages 0 for a full flush
   */
  private awaitAnswers(waitSite: number, near: number, far: number, pages: number): void {
    const targets = near + far
    if (targets > 0) {
      const { cost } = this
      const more = pages > 1 ? (pages - 1) * cost.invlpg : 0
      const ns = near * cost.shootdownPerTarget + far * cost.shootdownPerRemoteTarget + more + this.lateNs
      this.counters.shootdowns++
      this.counters.ipis += targets
      if (this.history !== null)
        this.history.event(this.shootdownEvent, this.counters.shootdowns, ns, 0, targets)
      this.charge(waitSite, cost.shootdownBase + ns)
      this.lateNs = 0
    }
    if (this.ipiLock !== null) this.ipiLock.release()
  }

  private chargeCpu(cpu: Cpu, site: number, ns: number): void {
    cpu.spend(ns)
    this.account(site, ns)
  }

  private account(site: number, ns: number): void {
    this.accounting.charge(site, ns)
  }
}

/** Processors are spread evenly over the sockets, neighbours together. */
function socketOf(cpu: number, cpus: number, sockets: number): number {
  return Math.floor((cpu * sockets) / cpus)
}
