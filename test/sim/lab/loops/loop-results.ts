import { readFileSync } from 'node:fs'
import { parseProject } from '../../../../src/shared/project/parse.ts'
import type { Override } from '../../../../src/shared/project/resolve.ts'
import { resolveScenario } from '../../../../src/shared/project/resolve.ts'
import type { Project } from '../../../../src/shared/project/schema.ts'
import { beginRun } from '../../../../src/sim/lab/begin-run.ts'
import { BUILTIN_DEVICES } from '../../../../src/shared/profiles/builtin-devices.ts'
import type { RunResult, RunSeries } from '../../../../src/sim/lab/metrics.ts'
import type { RunProfiles, SimulationRun } from '../../../../src/sim/lab/run.ts'
import type { ResolvedScenario } from '../../../../src/sim/lab/scenario.ts'
import { LOOP_PATH } from '../../../../src/sim/lab/scenario.ts'
import { builtinCosts } from '../../machine/builtin-costs.ts'

const DEVICE = BUILTIN_DEVICES.get('ahci-ssd')!

/** The project of an experiment, as it ships with the lab. */
export function experimentProject(id: string): Project {
  const file = new URL(`../../../../resources/validation/${id}.dmalab`, import.meta.url)
  return parseProject(readFileSync(file, 'utf8'), `${id}.dmalab`)
}

/** What a run of that machine takes from files. */
export function profilesOf({ machine }: ResolvedScenario): RunProfiles {
  return { device: DEVICE, costs: builtinCosts(machine.costs) }
}

/** A run of a loop that has not begun. */
export function startLoop(scenario: ResolvedScenario, seed = 1): SimulationRun {
  return beginRun({ scenario, path: LOOP_PATH, seed }, null, profilesOf(scenario))
}

/** Runs a loop to its end. @param events of each turn */
export function finishLoop(
  scenario: ResolvedScenario,
  events = 10_000,
): { readonly result: RunResult; readonly series: RunSeries } {
  const run = startLoop(scenario)
  while (!run.advance(events)) continue
  return run.finish({ wallMs: 0, peakRssBytes: 0 })
}

/** Results of scenarios of an experiment, with some fields changed. */
export function loopResults(
  id: string,
  scenarios: readonly string[],
  overrides: readonly Override[] = [],
): readonly RunResult[] {
  const project = experimentProject(id)
  return scenarios.map((name) => finishLoop(resolveScenario(project, name, overrides)).result)
}
