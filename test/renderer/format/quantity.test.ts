import { describe, expect, it } from 'vitest'
import {
  carriesUnit,
  formatNumber,
  formatQuantity,
  timeScale,
} from '../../../src/renderer/format/quantity.ts'

describe('formatNumber', () => {
  it.each([
    [812_000, '812,000'],
    [0, '0'],
    [12.3456, '12.3'],
    [0.012345, '0.0123'],
    [1234.5, '1,235'],
  ])('%d is written %s', (value, text) => expect(formatNumber(value)).toBe(text))
})

describe('formatQuantity', () => {
  it.each([
    [0, 'ns', '0 ns'],
    [999, 'ns', '999 ns'],
    [12_400, 'ns', '12.4 µs'],
    [1_012_000, 'ns', '1.01 ms'],
    [2.5e9, 'ns', '2.5 s'],
    [1240, 'ms', '1.24 s'],
    [33_554_432, 'bytes', '32 MiB'],
    [0, 'bytes', '0 bytes'],
    [318.8e6, 'bytes/s', '319 MB/s'],
    [0.375, 'fraction', '37.5%'],
    [812_000, 'interrupts', '812,000'],
  ])('%d %s is written %s', (value, unit, text) => expect(formatQuantity(value, unit)).toBe(text))

  it('says which units it writes itself', () => {
    expect(carriesUnit('ns')).toBe(true)
    expect(carriesUnit('interrupts')).toBe(false)
  })
})

it('chooses the unit of time by the largest value', () => {
  expect(timeScale(999)).toEqual({ unit: 'ns', factor: 1 })
  expect(timeScale(1000)).toEqual({ unit: 'µs', factor: 1000 })
})
