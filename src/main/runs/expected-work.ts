import { iterationsOf } from '../../sim/lab/loops/build-loop.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'

const KIB_LIKE_A_REQUEST = 16

/** Requests of a run, or iterations of a kernel loop; infinite for a whole trace, whose length nobody knows. */
export function expectedRequests({ scenario }: RunSpec): number {
  const { workload } = scenario
  if (workload.kind === 'trace') return workload.limit === 0 ? Infinity : workload.limit
  return workload.kind === 'loop' ? iterationsOf(workload) : workload.requests
}

/** How long a run may take, in no unit: only the order counts. */
export function expectedWork(spec: RunSpec): number {
  const { workload } = spec.scenario
  const kib = workload.kind === 'job' ? workload.requestKiB : 0
  return expectedRequests(spec) * (1 + kib / KIB_LIKE_A_REQUEST)
}

/** Indices of runs, longest first, so that no long one is left when the others are done; equal ones in their order. */
export function longestFirst(specs: readonly RunSpec[]): readonly number[] {
  const work = specs.map(expectedWork)
  return specs
    .map((_, index) => index)
    .sort((a, b) => (work[a] === work[b] ? a - b : work[a]! < work[b]! ? 1 : -1))
}
