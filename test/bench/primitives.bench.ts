import { parseArgs } from 'node:util'
import { baseline } from './baseline.ts'
import { report } from './figures.ts'
import { wholeNumber } from './options.ts'
import { primitives } from './primitives.ts'
import { timeOperations } from './timing.ts'

/* Host nanoseconds of what the simulator does most, and ratios to the pinned baseline, measured in turn with them. */

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '15' }, 'round-ms': { type: 'string', default: '20' } },
})
const rounds = wholeNumber('--rounds', values.rounds)
const roundMs = wholeNumber('--round-ms', values['round-ms'])
const timings = timeOperations([baseline(), ...primitives()], rounds, roundMs)
const unit = timings[0]!.min

console.log(
  `Host ns per operation: least and median of ${rounds} rounds; ratio of the least to the baseline's`,
)
for (const { name, min, median } of timings)
  console.log(
    name.padEnd(48) +
      [min.toFixed(1), median.toFixed(1), (min / unit).toFixed(2)].map((text) => text.padStart(10)).join(''),
  )
report(
  timings.slice(1).map(({ name, min }) => ({
    name: `primitives/${name}`,
    value: min,
    unit: 'ns',
    better: 'lower',
    compared: min / unit,
  })),
)
