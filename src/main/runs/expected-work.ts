import { iterationsOf } from '../../sim/lab/loops/build-loop.ts'
import type { RunSpec } from '../../sim/lab/scenario.ts'

const KIB_LIKE_A_REQUEST = 16

/** How long a run may take, in no unit: only the order counts. A whole trace, whose length nobody knows, counts as the longest. */
export function expectedWork({ scenario }: RunSpec): number {
  const { workload } = scenario
  if (workload.kind === 'trace') return workload.limit === 0 ? Infinity : workload.limit
  if (workload.kind === 'loop') return iterationsOf(workload)
  return workload.requests * (1 + workload.requestKiB / KIB_LIKE_A_REQUEST)
}

/** Indices of runs, longest first, so that no long one is left when the others are done; equal ones in their order. */
export function longestFirst(specs: readonly RunSpec[]): readonly number[] {
  const work = specs.map(expectedWork)
  return specs
    .map((_, index) => index)
    .sort((a, b) => (work[a] === work[b] ? a - b : work[a]! < work[b]! ? 1 : -1))
}
