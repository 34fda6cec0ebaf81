import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Figure } from '../bench/figures.ts'
import { compareFigures, readRecord, writeRecord } from '../../scripts/bench-record.mjs'
import { tempFolder } from '../main/temp-folder.ts'

const speed = (compared: number, name = 'requests/direct'): Figure => ({
  name,
  value: 1000,
  unit: 'requests/CPU-s',
  better: 'higher',
  compared,
})
const time = (compared: number): Figure => ({
  name: 'charge',
  value: 5,
  unit: 'ns',
  better: 'lower',
  compared,
})

describe('compareFigures', () => {
  it.each([
    ['a speed', speed(86), speed(100), '-14.0%', false],
    ['a speed', speed(84), speed(100), '-16.0%', true],
    ['a speed', speed(200), speed(100), '+100.0%', false],
    ['a time', time(1.14), time(1), '+14.0%', false],
    ['a time', time(1.16), time(1), '+16.0%', true],
    ['a time', time(0.5), time(1), '-50.0%', false],
  ])('%s that changed', (_, now, before, change, worse) => {
    const text = compareFigures([now], [before])
    expect(text).toContain(change)
    expect(text.includes('WORSE')).toBe(worse)
    expect(text).toContain(worse ? '1 figure(s) are more than 15% worse' : 'No figure is more than 15% worse')
  })

  it('calls a figure new that was never recorded', () => {
    expect(compareFigures([speed(1)], [time(1)])).toMatch(/requests\/direct .* new$/m)
  })
})

it('keeps figures of other benchmarks when one is recorded', () => {
  const file = join(tempFolder(), 'results', 'recorded.json')
  expect(readRecord(file)).toEqual([])
  writeRecord(file, [speed(1), time(1)])
  writeRecord(file, [time(2)])
  expect(readRecord(file)).toEqual([time(2), speed(1)])
})
