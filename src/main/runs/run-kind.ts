import type { RunSpec } from '../../sim/lab/scenario.ts'

/** Runs of one kind use the same parts of the engine, so that what V8 has compiled for one suits the next. */
export function kindOf({ path, scenario }: RunSpec): string {
  const { machine, workload } = scenario
  return [path, machine.device, machine.busdma, machine.fidelity, machine.sanitizer, workload.kind].join(' ')
}
