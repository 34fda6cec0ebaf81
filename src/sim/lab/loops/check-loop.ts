import { ScenarioError } from '../scenario-error.ts'
import type { MachineConfig, RunPath } from '../scenario.ts'
import { LOOP_PATH } from '../scenario.ts'
import type { LoopName, LoopWorkload } from './workload.ts'

/** Processors that a loop can have: least, and most. Some are about one processor, or about two; sf_bufs of 2004 know 32. */
const PROCESSORS: Readonly<Record<LoopName, readonly [least: number, most: number]>> = {
  'memory-disk': [1, 1],
  'pipe-pages': [2, 32],
  'compute-pages': [1, 32],
  vmap: [1, 64],
  'read-pipeline': [2, 2],
  'iommu-map': [1, 1],
}

/** Conditions between fields of a loop, its machine and the path, that no single field can state. @throws ScenarioError */
export function checkLoop(machine: MachineConfig, workload: LoopWorkload, path: RunPath): void {
  const { loop } = workload
  if (path !== LOOP_PATH) {
    throw new ScenarioError(
      'path',
      `is ${path}, but a kernel loop (${loop}) has no I/O path`,
      'Leave the path out: a loop runs once. Or choose other scenarios.',
    )
  }
  const [least, most] = PROCESSORS[loop]
  if (machine.cpus < least || machine.cpus > most) {
    const needed = least === most ? `has ${least}` : `has ${least} to ${most}`
    throw new ScenarioError(
      'machine.cpus',
      `is ${machine.cpus}, but the loop ${loop} ${needed}`,
      least === most ? `Set it to ${least}.` : `Set it to ${least} to ${most}.`,
    )
  }
  if (loop !== 'vmap') return
  if (machine.cpus % machine.sockets !== 0) {
    throw new ScenarioError(
      'machine.sockets',
      `is ${machine.sockets}, which does not divide the ${machine.cpus} processors evenly, as the loop vmap needs`,
      'Set it to a divisor of machine.cpus.',
    )
  }
  if (workload.threads > machine.cpus) {
    throw new ScenarioError(
      'workload.threads',
      `is ${workload.threads}, but the machine has ${machine.cpus} processors, and each thread needs its own`,
      'Lower it, or raise machine.cpus.',
    )
  }
}
