import { describe, expect, it } from 'vitest'
import { cpuChart } from '../../../src/renderer/results/cpu-chart.ts'
import { latencyChart } from '../../../src/renderer/results/latency-chart.ts'
import { shootdownChart } from '../../../src/renderer/results/shootdown-chart.ts'
import { ratesOf, throughputChart } from '../../../src/renderer/results/throughput-chart.ts'
import { direct, finished, mapped } from '../samples.ts'

const results = [mapped(), direct()]

describe('throughput', () => {
  it('turns bytes of a bin into a rate, and leaves out bins that the run did not fill', () => {
    expect(ratesOf(finished(mapped())).map((rate) => rate.bytesPerSecond)).toEqual([
      400_000, 1_200_000, 800_000, 1_600_000,
    ])
  })

  it('joins bins without losing bytes when there are many', () => {
    const rates = ratesOf(finished(mapped()), 2)
    expect(rates).toEqual([
      { startNs: 0, widthNs: 500_000, bytesPerSecond: 800_000 },
      { startNs: 500_000, widthNs: 500_000, bytesPerSecond: 1_200_000 },
    ])
  })

  it('joins bins of few requests, so that a steady rate is drawn as one', () => {
    const bins = 64
    // Four requests of 4 B in one bin, five in the next: 18 B in 1 us.
    const bytes = Float64Array.from({ length: bins }, (_, bin) => (bin % 2 === 0 ? 16 : 20))
    const run = finished(mapped({ simulated_ns: bins * 1000, requests: 288 }))
    const series = { ...run.series, binNs: 1000, bytes, requests: bytes.map((each) => each / 4) }
    const rates = ratesOf({ result: run.result, series })
    expect(rates).toHaveLength(8)
    expect(new Set(rates.map((rate) => rate.bytesPerSecond))).toEqual(new Set([18e6]))
    const busy = finished(mapped({ simulated_ns: bins * 1000, requests: 50 * bins }))
    expect(ratesOf({ result: busy.result, series })).toHaveLength(64)
  })

  it('shows the average when the run is shorter than a bin', () => {
    const rates = ratesOf(finished(mapped({ simulated_ns: 1000, throughput_Bps: 7 })))
    expect(rates).toEqual([{ startNs: 0, widthNs: 1000, bytesPerSecond: 7 }])
  })

  it('has a line in MB/s for each path, at the middle of each bin', () => {
    const chart = throughputChart([finished(mapped()), finished(direct())])
    expect(chart.series.map((series) => series.label)).toEqual(['mapped', 'direct'])
    expect(chart.series[0]?.points[1]).toEqual({ x: 0.375, y: 1.2 })
    expect([chart.xTitle, chart.yTitle]).toEqual(['Simulated time (ms)', 'Throughput (MB/s)'])
  })

  it('exports every bin, as simulated', () => {
    const { table } = throughputChart([finished(mapped())])
    expect(table).toHaveLength(6)
    expect(table[2]?.slice(0, 4)).toEqual(['mapped', 250_000, 250_000, 300])
  })
})

describe('latency', () => {
  it('groups percentiles in one unit', () => {
    const chart = latencyChart(results)
    expect(chart.categories).toEqual(['p50', 'p90', 'p95', 'p99', 'p99.9', 'max'])
    expect(chart.yTitle).toBe('Latency (µs)')
    expect(chart.series[1]?.values).toEqual([4, 6, 7, 8, 20, 30])
    expect(chart.canBeLogarithmic).toBe(true)
  })
})

describe('CPU time', () => {
  it('stacks the layers that cost something, in their fixed order', () => {
    const chart = cpuChart(results)
    expect(chart.series.map((series) => series.label)).toEqual(['copy', 'shootdown'])
    expect(chart.series[1]?.values).toEqual([6, 0])
    expect(chart.labels).toEqual([['10 µs', '4 µs']])
    expect(chart.stacked).toBe(true)
  })
})

it('does not call a kernel loop a path', () => {
  expect(cpuChart(results).yTitle).toBe('I/O path')
  expect(cpuChart([{ ...mapped(), path: 'loop' }]).yTitle).toBe('Workload')
})

describe('shootdowns', () => {
  it('labels every bar, also those of 0', () => {
    expect(shootdownChart(results).labels).toEqual([
      ['100', '812,000'],
      ['0', '0'],
    ])
  })
})

it.each([
  [throughputChart([finished(mapped())]).summary, /mapped averages 400 MB\/s/],
  [latencyChart(results).summary, /direct has a median of 4 µs, p99 of 8 µs and a maximum of 30 µs/],
  [cpuChart(results).summary, /mapped spends 10 µs, mostly shootdown \(6 µs\)/],
  [shootdownChart(results).summary, /direct makes 0 shootdowns with 0 IPIs/],
])('says in a sentence what it shows: %s', (summary, expected) => expect(summary).toMatch(expected))
