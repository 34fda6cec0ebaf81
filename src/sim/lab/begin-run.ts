import type { HistoryLimits } from './history/history.ts'
import { LoopRun } from './loops/loop-run.ts'
import type { RunProfiles, SimulationRun } from './run.ts'
import { createRun } from './run.ts'
import type { DiskRunSpec, LoopRunSpec, RunSpec } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { checkScenario } from './check-scenario.ts'
import type { RequestSource } from '../workload/request-source.ts'

/**
 * Builds the run of any workload. Nothing has happened yet.
 * @param source requests of a trace; null for workloads that make their own
 * @param history how much of what happens is written down; null: nothing
 * @throws ScenarioError when the scenario's fields do not fit together, and for a history of a kernel loop, which has none;
 * RangeError for a history too small to hold anything
 */
export function beginRun(
  spec: RunSpec,
  source: RequestSource | null,
  profiles: RunProfiles,
  history: HistoryLimits | null = null,
): SimulationRun {
  checkScenario(spec.scenario, spec.path)
  if (!isLoopRun(spec)) {
    // checkScenario has seen to it that a path goes with its workload.
    return createRun(spec as DiskRunSpec, source, profiles, history)
  }
  if (history !== null) {
    throw new ScenarioError(
      'workload.kind',
      'is loop, and a history is of requests to a disk',
      'Leave the history out, or choose a scenario with a job or a trace.',
    )
  }
  return new LoopRun(spec, profiles.costs)
}

function isLoopRun(spec: RunSpec): spec is LoopRunSpec {
  return spec.scenario.workload.kind === 'loop'
}
