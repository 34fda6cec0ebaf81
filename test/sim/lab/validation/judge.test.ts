import { describe, expect, it } from 'vitest'
import { around, judge, metricsOf, predict } from '../../../../src/sim/lab/validation/judge.ts'
import type { RowFigures } from '../../../../src/sim/lab/validation/types.ts'
import { someResult } from './some-results.ts'

const FIGURES: RowFigures = {
  quantity: 'speed',
  unit: 'm/s',
  published: 10,
  low: 9,
  high: 11,
  simulated: 10,
  class: 'PRED',
  source: 'a book',
}

describe('judge', () => {
  it.each([
    [10, 9, 11, 'ok'],
    [9, 9, 11, 'ok'],
    [11, 9, 11, 'ok'],
    [8.999, 9, 11, 'off'],
    [11.001, 9, 11, 'off'],
    [0, 0, 0, 'ok'],
    [1, 0, 0, 'off'],
    [1e12, 1, null, 'ok'],
    [0, 1, null, 'off'],
    [-1e12, null, 1, 'ok'],
    [2, null, 1, 'off'],
    [NaN, 9, 11, 'off'],
    [NaN, null, null, 'off'],
    [Infinity, 1, null, 'off'],
  ] as const)('%d from %s to %s is %s', (simulated, low, high, verdict) => {
    expect(judge({ ...FIGURES, simulated, low, high })).toEqual({
      ...FIGURES,
      simulated,
      low,
      high,
      verdict,
    })
  })
})

it('calls a figure predicted that nobody published and no band holds', () => {
  const none = { ...FIGURES, published: null, low: null, high: null }
  expect(judge(none).verdict).toBe('predicted')
  expect(judge({ ...none, published: 10 }).verdict).toBe('ok')
  expect(judge({ ...none, high: 9 }).verdict).toBe('off')
  expect(judge({ ...none, simulated: NaN }).verdict).toBe('off')
  expect(predict({ quantity: 'speed', unit: 'm/s', simulated: 3, source: 'a model' })).toMatchObject({
    class: 'PRED',
    verdict: 'predicted',
  })
})

it('puts a band around a published figure', () => {
  expect(around(50, 0.5)).toEqual({ published: 50, low: 25, high: 75 })
})

describe('metricsOf', () => {
  const results = [
    someResult('a', 'mapped', { requests: 1 }),
    someResult('a', 'direct', { requests: 2 }),
    someResult('b', 'direct', { requests: 3 }),
  ]

  it('finds the run of a scenario and a path', () => {
    expect(metricsOf(results, 'a', 'direct').requests).toBe(2)
    expect(metricsOf(results, 'a', 'mapped').requests).toBe(1)
    expect(metricsOf(results, 'b', 'direct').requests).toBe(3)
  })

  it('says which run is missing', () => {
    expect(() => metricsOf(results, 'b', 'mapped')).toThrow(
      'the experiment has no run of "b" on the path mapped',
    )
  })
})
