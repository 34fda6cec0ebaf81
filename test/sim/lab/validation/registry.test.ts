import { expect, it } from 'vitest'
import { BUILTIN_COSTS } from '../../../../src/shared/profiles/builtin-costs.ts'
import { EXPERIMENTS } from '../../../../src/sim/lab/validation/index.ts'
import { register } from '../../../../src/sim/lab/validation/registry.ts'
import type { Experiment } from '../../../../src/sim/lab/validation/types.ts'
import { COST_NAMES } from '../../../../src/sim/machine/costs.ts'

const experiment = (id: string, ...calibrates: string[]): Experiment => ({
  id,
  title: id,
  calibrates,
  runs: [],
  evaluate: () => [],
})

it('takes experiments that set different parameters', () => {
  const both = [experiment('V1', 'p4up: invlpg'), experiment('V2', 'p3smp: invlpg')]
  expect(register(both)).toEqual(both)
})

it('refuses a second setter of a parameter, and a second experiment of one name', () => {
  expect(() => register([experiment('V1', 'a', 'b'), experiment('V2', 'b')])).toThrow(
    '"b" is set by V1 and by V2',
  )
  expect(() => register([experiment('V1', 'a', 'a')])).toThrow('"a" is set by V1 and by V1')
  expect(() => register([experiment('V1'), experiment('V1')])).toThrow('two experiments are called V1')
})

it('agrees with the cost profiles about who sets which of their values', () => {
  const marked = [...BUILTIN_COSTS].flatMap(([profile, { costs }]) =>
    COST_NAMES.flatMap((cost) => {
      const { calibratedBy } = costs[cost]
      return calibratedBy === undefined ? [] : [`${calibratedBy} ${profile}: ${cost}`]
    }),
  )
  const declared = EXPERIMENTS.flatMap(({ id, calibrates }) =>
    calibrates
      .filter((parameter) => BUILTIN_COSTS.has(parameter.split(':')[0]!))
      .map((parameter) => `${id} ${parameter}`),
  )
  expect(declared.sort()).toEqual(marked.sort())
})
