import type { Iommu } from '../../machine/iommu.ts'
import type { Bench } from './bench.ts'

/** Is told what a loop does, as a run of requests is. */
export interface LoopWatch {
  /** What follows is measured, from `at` (simulated ns) on: the loop has warmed up. Exactly once. */
  begin(at: number): void
  /** One iteration is over. */
  done(startedAt: number, endedAt: number, bytes: number): void
}

/** Calls into the kernel, over and over; see LoopWorkload. Nothing in them is random. */
export interface KernelLoop {
  readonly bench: Pick<Bench, 'simulator' | 'machine' | 'counters'>
  /** Null where no IOMMU is in it. */
  readonly iommu: Iommu | null
  /**
   * Goes on, by at most `most` steps of the loop.
   * @returns true when the loop is over
   */
  advance(most: number, watch: LoopWatch): boolean
}
