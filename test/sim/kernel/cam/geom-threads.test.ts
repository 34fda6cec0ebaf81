import { expect, it } from 'vitest'
import type { CallTree } from '../../../../src/sim/engine/cpu-accounting.ts'
import { CamBench } from './cam-bench.ts'

/** Time charged at a call site, ns, wherever it was called. */
function spentAt(tree: CallTree, name: string): number {
  const below = tree.children.reduce((sum, child) => sum + spentAt(child, name), 0)
  return below + (tree.name === name ? tree.selfNs : 0)
}

it.each([0, 1, 3])(
  'takes %i transfers through the threads, bios, locks and clocks of GEOM and CAM',
  (transfers) => {
    const bench = new CamBench('mps-ssd', { hasThreads: true })
    for (let id = 0; id < transfers; id++) bench.start(id, id)
    bench.settle()
    expect(bench.ended).toHaveLength(transfers)
    const { machine } = bench.bench
    const { wakeup, zoneAlloc, lockUncontended, clockRead } = machine.cost
    const tree = machine.accounting.tree()
    const down = wakeup + 3 * zoneAlloc + 10 * lockUncontended + 2 * clockRead
    const up = wakeup + 13 * lockUncontended + 3 * clockRead
    expect(spentAt(tree, 'g_down')).toBeCloseTo(transfers * down, 6)
    expect(spentAt(tree, 'g_up')).toBeCloseTo(transfers * up, 6)
  },
)

it('costs nothing of that without the threads', () => {
  const bench = new CamBench('mps-ssd')
  bench.start(0, 0)
  bench.settle()
  const tree = bench.bench.machine.accounting.tree()
  expect([bench.ended, spentAt(tree, 'g_down'), spentAt(tree, 'g_up')]).toEqual([[0], 0, 0])
})
