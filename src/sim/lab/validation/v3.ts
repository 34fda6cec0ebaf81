import { OneLockVmap, PerCpuVmap } from '../../kernel/vm/vmap.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { around, judge, predict } from './judge.ts'
import type { Experiment, ValidationRow } from './types.ts'
import { runVmapLoop } from './vmap-loop.ts'
import type { VmapLoopTimes } from './vmap-loop.ts'

const SOURCE =
  'Piggin, linux-mm, 28 Jul 2008 <20080728123438.GA13926@wotan.suse.de>; Linux commit db64fe02258f'
const THREADS = [1, 2, 4, 8] as const
/** Per thread; several flushes of the lazy arm. */
const LOOPS = 40_000
const LARGE_LOOPS = 2000

const ARMS = {
  A: (parts: ConstructorParameters<typeof OneLockVmap>[0]) => new OneLockVmap(parts),
  B: (parts: ConstructorParameters<typeof PerCpuVmap>[0]) => new PerCpuVmap(parts),
} as const

/** The loop on eight processors of two sockets, or on 64 of sixteen. */
export function vmapTimes(
  costs: CostProfile,
  arm: keyof typeof ARMS,
  threads: number,
  loops: number,
  cpus: 8 | 64 = 8,
): VmapLoopTimes {
  return runVmapLoop({ costs, cpus, sockets: cpus / 4, threads, loops, make: ARMS[arm] })
}

/** One lock and a flush for each unmap, against blocks of each processor's own and lazy flushes (Linux 2008). */
export const v3: Experiment = {
  id: 'V3',
  title: 'lazy vmap, Linux 2008',
  calibrates: ['opteron8: kvaAlloc', 'opteron8: ipiIdleWake'],
  runs: [],
  evaluate: (_results, costsOf) => {
    const costs = costsOf('opteron8')
    const a = THREADS.map((threads) => vmapTimes(costs, 'A', threads, LOOPS / threads))
    const b = THREADS.map((threads) => vmapTimes(costs, 'B', threads, LOOPS))
    const large = (['A', 'B'] as const).map((arm) => vmapTimes(costs, arm, 64, LARGE_LOOPS, 64))
    return rows(
      a.map(({ nsPerLoop }) => nsPerLoop / 1000),
      b.map(({ nsPerLoop }) => nsPerLoop / 1000),
      large[0]!,
      large[1]!,
    )
  },
}

function rows(
  a: readonly number[],
  b: readonly number[],
  largeA: VmapLoopTimes,
  largeB: VmapLoopTimes,
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
