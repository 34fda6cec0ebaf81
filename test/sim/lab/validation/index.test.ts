import { expect, it } from 'vitest'
import { EXPERIMENTS } from '../../../../src/sim/lab/validation/index.ts'

it('names each experiment once', () => {
  const ids = EXPERIMENTS.map(({ id }) => id)
  expect(ids).toContain('devices')
  expect(new Set(ids).size).toBe(ids.length)
})

it('sets no parameter in two experiments', () => {
  const parameters = EXPERIMENTS.flatMap(({ calibrates }) => calibrates)
  expect(new Set(parameters).size).toBe(parameters.length)
})
