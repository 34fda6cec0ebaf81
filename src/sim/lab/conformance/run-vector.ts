import { SimulationFault } from '../../machine/physical-memory.ts'
import { runDragonfly2004, runDragonfly2020, runFreebsd } from './busdma/run-busdma.ts'
import { runMsfBuf } from './mapping/msf-buf.ts'
import { runSfBuf } from './mapping/sf-buf.ts'
import { runXio } from './mapping/xio.ts'
import { NotModelled, type Difference, type VectorOutcome } from './outcome.ts'
import { objectOf, stringOf, type VectorObject } from './vector-fields.ts'

export { VectorError } from './vector-fields.ts'
export type { VectorOutcome } from './outcome.ts'

type VectorRunner = (vector: VectorObject) => Difference | null

/** The busdma vectors name their algorithm; the other kinds go by the name of their file. */
const algorithmKinds: ReadonlyMap<unknown, string> = new Map([
  ['A', 'busdma-dragonfly-2004'],
  ['B', 'busdma-dragonfly-2004-mbuf'],
  ['C', 'busdma-dragonfly-2020'],
  ['D', 'busdma-freebsd'],
])

const runners: ReadonlyMap<string, VectorRunner> = new Map([
  ['busdma-dragonfly-2004', runDragonfly2004],
  ['busdma-dragonfly-2004-mbuf', runDragonfly2004],
  ['busdma-dragonfly-2020', runDragonfly2020],
  ['busdma-freebsd', runFreebsd],
  ['xio', runXio],
  ['sf_buf', runSfBuf],
  ['msf_buf', runMsfBuf],
])

/**
 * Runs one vector (one parsed line of a conformance file) against the simulated kernel it speaks of. `fileKind` is the
 * file's name without its extensions. A panic of that kernel is a failure. Throws VectorError when the vector does not have the documented form.
 */
export function runVector(fileKind: string, vector: unknown): VectorOutcome {
  const fields = objectOf(vector, 'a vector')
  const id = stringOf(fields.id, 'id')
  const runner = runners.get(algorithmKinds.get(fields.algo) ?? fileKind)
  if (runner === undefined) return { id, outcome: 'skipped', reason: 'not modelled yet' }
  try {
    const difference = runner(fields)
    return difference === null ? { id, outcome: 'passed' } : { id, outcome: 'failed', ...difference }
  } catch (error) {
    if (error instanceof SimulationFault)
      return { id, outcome: 'failed', expected: {}, got: { panic: error.message } }
    if (!(error instanceof NotModelled)) throw error
    return { id, outcome: 'skipped', reason: error.message }
  }
}
