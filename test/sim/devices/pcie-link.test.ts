import { expect, it } from 'vitest'
import { dataBytesPerSecond, effectiveRate, physicalRate } from '../../../src/sim/devices/pcie-link.ts'

const GEN3_X8 = { generation: 3, lanes: 8, maxPayload: 256 } as const

it('knows what a link carries on its wires', () => {
  // Published per lane: 250, 500, 985, 1969 and 3938 MB/s.
  const perLane = ([1, 2, 3, 4, 5] as const).map(
    (generation) => physicalRate({ generation, lanes: 1, maxPayload: 256 }) / 8e6,
  )
  expect(perLane.map(Math.round)).toEqual([250, 500, 985, 1969, 3938])
  // 62.96 Gb/s as published for eight lanes of generation 3, which leaves out what follows the second digit.
  expect(physicalRate(GEN3_X8) / 1e9).toBeCloseTo(63.02, 1)
})

it('loses the more to headers the smaller the transfers are', () => {
  const rates = [64, 128, 256, 512, 1024, 4096].map((bytes) => effectiveRate(GEN3_X8, bytes) / 1e9)
  expect([...rates].sort((a, b) => a - b)).toEqual(rates)
  expect(rates[0]).toBeGreaterThan(32)
  expect(rates[0]).toBeLessThan(34)
  expect(rates[4]).toBeGreaterThan(49)
  expect(rates[4]).toBeLessThan(52)
})

it('pays for whole packets', () => {
  expect(effectiveRate(GEN3_X8, 257)).toBeLessThan(effectiveRate(GEN3_X8, 256))
  expect(dataBytesPerSecond(GEN3_X8) / 1e9).toBeCloseTo((57.93 / 8) * (256 / 280), 1)
})
