import type { CpuAccounting } from '../engine/cpu-accounting.ts'
import { IntMap } from '../engine/int-map.ts'
import type { Simulator } from '../engine/simulator.ts'
import type { Cpu } from './cpu.ts'
import { SimulationFault } from './physical-memory.ts'

/** Everything that the sanitizer can find; docs/model.md says what each means. */
export const VIOLATION_KINDS = [
  'stale-tlb',
  'stale-iotlb',
  'free-page-access',
  'mapping-of-free-page',
  'dma-to-free-page',
  'dma-out-of-reach',
  'dma-fault',
  'bad-descriptor',
  'hold-underflow',
  'hold-leak',
  'kva-leak',
  'msf-leak',
  'bounce-accounting',
  'bounce-leak',
  'iova-leak',
  'short-page-list',
  'ipi-for-private-mapping',
] as const
export type ViolationKind = (typeof VIOLATION_KINDS)[number]

/** Something that a sound kernel never does. */
export interface Violation {
  readonly kind: ViolationKind
  /** What it happened to. */
  readonly object: string
  /** Simulated ns. */
  readonly atNs: number
  /** The processor whose kernel code ran; -1 when none did, as in a device or at the end of a run. */
  readonly cpu: number
  /** Call sites from the outermost in, joined by ` > `. */
  readonly callPath: string
}

/** Violations kept with all that is known of them; the others are counted. */
const KEPT = 100

/** Where and when the simulation is now. */
export interface SanitizedMachine {
  readonly simulator: Simulator
  readonly accounting: CpuAccounting
  readonly cpu: Cpu
}

/** A stretch of KVA whose mappings belong to descriptors. */
interface WatchedMappings {
  readonly firstPage: number
  readonly pages: number
  readonly userOf: (page: number) => string | null
}

/** Collects what goes wrong inside a machine while it goes wrong, and runs the checks that are left for its end. */
export class Sanitizer {
  /** The first violations, at most 100. */
  readonly violations: Violation[] = []
  /** All violations, by kind. */
  readonly counts: Readonly<Record<ViolationKind, number>>
  total = 0
  /** Whether the kernel keeps a page in place (wired or held). The kernel sets it; until then every page counts as kept. */
  isPinned: (pfn: number) => boolean = () => true
  private readonly tally: Record<ViolationKind, number>
  private readonly machine: SanitizedMachine
  private readonly mappings: WatchedMappings[] = []
  private readonly endChecks: (() => void)[] = []
  private ended = false
  /** How often a page was freed since the first mapping was noted. */
  private readonly timesFreed = new IntMap()
  /** That number when a mapped page of KVA was last handed out. */
  private readonly freedWhenMapped = new IntMap()

  constructor(machine: SanitizedMachine) {
    this.machine = machine
    this.tally = Object.fromEntries(VIOLATION_KINDS.map((kind) => [kind, 0])) as Record<ViolationKind, number>
    this.counts = this.tally
  }

  /**
   * Notes a violation at the current place in the call path.
   * @param leaf what was being done there; the last part of the call path
   * @param object describes what it happened to; asked only while violations are kept
   */
  report(kind: ViolationKind, leaf: string, object: () => string): void {
    this.tally[kind]++
    this.total++
    if (this.violations.length >= KEPT) return
    const { accounting, cpu, simulator } = this.machine
    const path = accounting.path()
    this.violations.push({
      kind,
      object: object(),
      atNs: path.length === 0 ? simulator.now : cpu.clock,
      cpu: path.length === 0 ? -1 : cpu.id,
      callPath: [...path, leaf].join(' > '),
    })
  }

  /** Notes a violation after which the simulation cannot go on. @returns what to throw; it says when and where */
  fault(kind: ViolationKind, leaf: string, message: string): SimulationFault {
    this.report(kind, leaf, () => message)
    const { accounting, cpu, simulator } = this.machine
    const path = accounting.path()
    const at = path.length === 0 ? simulator.now : cpu.clock
    return new SimulationFault(`${message}, at ${at} ns in ${[...path, leaf].join(' > ')}`)
  }

  /** A processor reaches a page. @param page the page of KVA that it goes through, or -1 */
  checkAccess(pfn: number, page: number, write: boolean): void {
    const mapped = this.freedWhenMapped.size > 0 && page >= 0
    const user = mapped && this.wasFreedUnderMapping(pfn, page) ? this.userOf(page) : null
    if (user === null && this.isPinned(pfn)) return
    const holder = user ?? this.userOf(page)
    const leaf = write ? 'store' : 'load'
    if (holder === null) this.report('free-page-access', leaf, () => `page ${pfn}, which nobody holds`)
    else this.report('mapping-of-free-page', leaf, () => `page ${pfn}, freed while ${holder} maps it`)
  }

  /**
   * Mappings in a stretch of KVA belong to descriptors.
   * @param userOf names the descriptor that has a page of KVA in use; null when none has
   */
  watchMappings(firstPage: number, pages: number, userOf: (page: number) => string | null): void {
    this.mappings.push({ firstPage, pages, userOf })
  }

  /** A descriptor was handed out that maps `count` of `pages`, from index `from` on, at `firstPage`. */
  mappingTaken(firstPage: number, pages: Int32Array, from: number, count: number): void {
    for (let i = 0; i < count; i++)
      this.freedWhenMapped.set(firstPage + i, this.timesFreed.get(pages[from + i]!, 0))
  }

  /** A page went back to the free ones. */
  pageFreed(pfn: number): void {
    if (this.freedWhenMapped.size > 0) this.timesFreed.set(pfn, this.timesFreed.get(pfn, 0) + 1)
  }

  /** Keeps a check for the end of the run. */
  atEnd(check: () => void): void {
    this.endChecks.push(check)
  }

  /** The run is over: runs the checks kept for that, once. */
  end(): void {
    if (this.ended) return
    this.ended = true
    for (const check of this.endChecks) check()
  }

  private wasFreedUnderMapping(pfn: number, page: number): boolean {
    const noted = this.freedWhenMapped.get(page, -1)
    return noted >= 0 && noted !== this.timesFreed.get(pfn, 0)
  }

  private userOf(page: number): string | null {
    for (const { firstPage, pages, userOf } of this.mappings) {
      if (page >= firstPage && page < firstPage + pages) return userOf(page)
    }
    return null
  }
}
