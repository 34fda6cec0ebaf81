import type { BusDmaDialect } from '../../../kernel/busdma/dialects/dialect.ts'
import { dragonfly2004 } from '../../../kernel/busdma/dialects/dragonfly-2004.ts'
import { dragonfly2020 } from '../../../kernel/busdma/dialects/dragonfly-2020.ts'
import { freebsd10_4 } from '../../../kernel/busdma/dialects/freebsd-10.4.ts'
import { freebsdMain } from '../../../kernel/busdma/dialects/freebsd-main.ts'
import { NotModelled, type Difference } from '../outcome.ts'
import { stringOf, type VectorObject } from '../vector-fields.ts'
import { runSequence } from './sequence.ts'
import { runSingleLoad } from './single-load.ts'

const freebsdReleases: ReadonlyMap<string, BusDmaDialect> = new Map([
  ['FreeBSD 10.4', freebsd10_4],
  ['FreeBSD main 2024', freebsdMain],
])

/** Runs a vector of algorithm A or B, single load or sequence. */
export function runDragonfly2004(vector: VectorObject): Difference | null {
  return run(dragonfly2004, vector)
}

/** The same of algorithm C. */
export function runDragonfly2020(vector: VectorObject): Difference | null {
  return run(dragonfly2020, vector)
}

/** The same of algorithm D; the vector names the release. */
export function runFreebsd(vector: VectorObject): Difference | null {
  const kernel = stringOf(vector.kernel, 'kernel')
  const dialect = freebsdReleases.get(kernel)
  if (dialect === undefined) throw new NotModelled(`kernel ${kernel} is not modelled`)
  return run(dialect, vector)
}

function run(dialect: BusDmaDialect, vector: VectorObject): Difference | null {
  return 'ops' in vector ? runSequence(dialect, vector) : runSingleLoad(dialect, vector)
}
