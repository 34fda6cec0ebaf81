import { appendFileSync } from 'node:fs'

/** One measured number, and how it is compared with an earlier one. */
export interface Figure {
  /** Permanent, such as `requests/direct/bytes`. */
  readonly name: string
  readonly value: number
  readonly unit: string
  readonly better: 'higher' | 'lower'
  /** What two recordings compare: a ratio to the baseline, or the value itself where the host's speed does not matter. */
  readonly compared: number
}

/** Names a file that `scripts/bench.mjs` gathers the figures of all benchmarks in, one a line. */
const GATHER = 'DMALAB_BENCH_FIGURES'

/** Hands figures on to whoever started this benchmark; nobody may be there. */
export function report(figures: readonly Figure[]): void {
  const file = process.env[GATHER]
  if (file !== undefined) appendFileSync(file, figures.map((each) => `${JSON.stringify(each)}\n`).join(''))
}
