import type { RunResult } from '../metrics.ts'
import { around, judge, predict } from './judge.ts'
import { loopMetrics, loopRuns } from './loop-runs.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'Piggin, linux-mm, 28 Jul 2008 <20080728123438.GA13926@wotan.suse.de>; Linux commit db64fe02258f'
const THREADS = [1, 2, 4, 8] as const

type Arm = 'A' | 'B'
const ARMS: readonly Arm[] = ['A', 'B']
const smallName = (arm: Arm, threads: number): string =>
  `${arm}, ${threads} thread${threads === 1 ? '' : 's'}`
const largeName = (arm: Arm): string => `${arm}, 64 processors`

/** What a loop of one thread takes. */
export interface VmapTimes {
  readonly nsPerLoop: number
  /** Processor time, waiting included. */
  readonly busyNsPerLoop: number
  /** Share of it that is waiting for the lock, 0 to 1. */
  readonly lockShare: number
}

/** Handlers on idle processors are left out of the processor time, as a kernel charges them to nobody. */
export function vmapTimes(results: readonly RunResult[], scenario: string): VmapTimes {
  const metrics = loopMetrics(results, scenario)
  const busyNsPerLoop = metrics.cpu_ns_per_request - metrics.idle_handler_ns / metrics.requests
  return {
    nsPerLoop: metrics.latency_ns.mean,
    busyNsPerLoop,
    lockShare: metrics.lock_wait_ns / (busyNsPerLoop * metrics.requests),
  }
}

/** One lock and a flush for each unmap, against blocks of each processor's own and lazy flushes (Linux 2008). */
export const v3: Experiment = {
  id: 'V3',
  title: 'lazy vmap, Linux 2008',
  calibrates: ['opteron8: kvaAlloc', 'opteron8: ipiIdleWake'],
  runs: loopRuns(
    ARMS.flatMap((arm) => [...THREADS.map((threads) => smallName(arm, threads)), largeName(arm)]),
  ),
  evaluate: (results) => {
    const us = (arm: Arm): readonly number[] =>
      THREADS.map((threads) => vmapTimes(results, smallName(arm, threads)).nsPerLoop / 1000)
    const large = (arm: Arm): VmapTimes => vmapTimes(results, largeName(arm))
    return rows(us('A'), us('B'), large('A'), large('B'))
  },
}

function rows(
  a: readonly number[],
  b: readonly number[],
  largeA: VmapTimes,
  largeB: VmapTimes,
): readonly ValidationRow[] {
  const us = { unit: 'us', source: SOURCE }
  const trend = { source: SOURCE, class: 'TREND', published: null } as const
  const names = { A: 'one lock, flush at each unmap', B: 'blocks per processor, lazy flush' }
  const predictions = (arm: 'A' | 'B', values: readonly number[]): readonly ValidationRow[] =>
    values
      .slice(1)
      .map((simulated, i) =>
        predict({ ...us, quantity: `${arm}: ${names[arm]}, ${THREADS[i + 1]!} threads`, simulated }),
      )
  return [
    judge({
      ...us,
      quantity: `A: ${names.A}, 1 thread`,
      class: 'CAL',
      ...around(14.7, 0.05),
      simulated: a[0]!,
      note: 'Sets ipiIdleWake: seven idle targets. A loop maps 4 pages, touches and unmaps them; busy targets answer by the law of x86new.',
    }),
    judge({
      ...us,
      quantity: `B: ${names.B}, 1 thread`,
      class: 'CAL',
      ...around(2.9, 0.05),
      simulated: b[0]!,
      note: 'Sets kvaAlloc: what is left after entries, TLB misses, lock and flush.',
    }),
    ...predictions('A', a),
    ...predictions('B', b),
    predict({ unit: 'times', source: SOURCE, quantity: 'A(8) / B(8)', simulated: a[3]! / b[3]! }),
    judge({
      unit: '%',
      source: SOURCE,
      class: 'PRED',
      published: null,
      quantity: 'B: slowest of 1 to 8 threads above the fastest',
      low: 0,
      high: 10,
      simulated: 100 * (Math.max(...b) / Math.min(...b) - 1),
    }),
    judge({
      ...trend,
      quantity: '64 processors, A: share of busy time that waits for the lock',
      unit: '%',
      low: 90,
      high: 100,
      simulated: 100 * largeA.lockShare,
      note: 'Sixteen sockets of four, 64 threads. The published machine ran a file system, not this loop.',
    }),
    judge({
      ...trend,
      quantity: '64 processors: busy time of a loop, A over B',
      unit: 'times',
      low: 10,
      high: null,
      simulated: largeA.busyNsPerLoop / largeB.busyNsPerLoop,
    }),
  ]
}
