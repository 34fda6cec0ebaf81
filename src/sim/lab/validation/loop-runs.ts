import type { CpuTreeNode, Metrics, RunResult } from '../metrics.ts'
import { LOOP_PATH } from '../scenario.ts'
import { metricsOf } from './judge.ts'
import type { PlannedRun } from './types.ts'

/** Scenarios that are kernel loops, planned. */
export function loopRuns(scenarios: readonly string[]): readonly PlannedRun[] {
  return scenarios.map((scenario) => ({ scenario, path: LOOP_PATH }))
}

/** @throws Error when no result is of this loop: the experiment's list of runs and its rows do not agree */
export function loopMetrics(results: readonly RunResult[], scenario: string): Metrics {
  return metricsOf(results, scenario, LOOP_PATH)
}

/** 10^6 bytes per second. */
export function MBpsOf({ bytes, simulated_ns }: Metrics): number {
  return (bytes * 1000) / simulated_ns
}

/** Processor time at a call site, wherever it was called from, ns. */
export function siteNs(tree: CpuTreeNode, site: string): number {
  const own = tree.name === site ? tree.self_ns : 0
  return tree.children.reduce((sum, child) => sum + siteNs(child, site), own)
}
