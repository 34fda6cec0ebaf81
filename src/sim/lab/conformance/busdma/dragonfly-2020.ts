import { dragonfly2020 } from '../../../kernel/busdma/dialects/dragonfly-2020.ts'
import type { Difference } from '../outcome.ts'
import type { VectorObject } from '../vector-fields.ts'
import { runSequence } from './sequence.ts'
import { runSingleLoad } from './single-load.ts'

/** Runs a vector of algorithm C, single load or sequence. */
export function runDragonfly2020(vector: VectorObject): Difference | null {
  return 'ops' in vector ? runSequence(dragonfly2020, vector) : runSingleLoad(dragonfly2020, vector)
}
