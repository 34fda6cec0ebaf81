import type { LineModel, Table } from '../charts/model.ts'
import { formatRate, timeScale } from '../format/quantity.ts'
import type { Scale } from '../format/quantity.ts'
import type { FinishedRun } from './finished-run.ts'

const MOST_POINTS = 600
/** Requests for each point on average: with few, a rate tells more of where bins begin than of the run. */
const REQUESTS_PER_POINT = 50
/** Points that are left in any case, as far as there are bins. */
const LEAST_POINTS = 8

/** Average rate of one stretch of simulated time. */
interface Rate {
  readonly startNs: number
  readonly widthNs: number
  readonly bytesPerSecond: number
}

/**
 * Rates of a run over time. The last bin, which the run did not fill, is left out, since its rate would be too low; many
 * bins, and bins of few requests, are joined to fewer, longer ones, which keeps the bytes exact.
 */
export function ratesOf({ result, series }: FinishedRun, mostPoints = MOST_POINTS): readonly Rate[] {
  const whole = Math.min(series.bytes.length, Math.floor(result.metrics.simulated_ns / series.binNs))
  if (whole === 0) {
    return [
      { startNs: 0, widthNs: result.metrics.simulated_ns, bytesPerSecond: result.metrics.throughput_Bps },
    ]
  }
  const binsOfEnough = Math.ceil((REQUESTS_PER_POINT * whole) / Math.max(1, result.metrics.requests))
  const joined = Math.max(
    Math.ceil(whole / mostPoints),
    Math.min(binsOfEnough, Math.max(1, Math.floor(whole / LEAST_POINTS))),
  )
  return Array.from({ length: Math.floor(whole / joined) }, (_, index) => {
    const bytes = series.bytes
      .subarray(index * joined, (index + 1) * joined)
      .reduce((sum, each) => sum + each, 0)
    const widthNs = joined * series.binNs
    return { startNs: index * widthNs, widthNs, bytesPerSecond: (bytes / widthNs) * 1e9 }
  })
}

function summaryOf(runs: readonly FinishedRun[]): string {
  const parts = runs.map((run) => {
    const rates = ratesOf(run).map((rate) => rate.bytesPerSecond)
    const [low, high] = [Math.min(...rates), Math.max(...rates)]
    return `${run.result.path} averages ${formatRate(run.result.metrics.throughput_Bps)} and stays between ${formatRate(low)} and ${formatRate(high)}`
  })
  return `Throughput over simulated time: ${parts.join('; ')}.`
}

function tableOf(runs: readonly FinishedRun[]): Table {
  const rows = runs.flatMap(({ result, series }) =>
    Array.from(series.bytes, (bytes, index) => [
      result.path,
      index * series.binNs,
      series.binNs,
      bytes,
      series.requests[index] ?? 0,
      series.ipis[index] ?? 0,
      series.latencySumNs[index] ?? 0,
    ]),
  )
  return [['path', 'bin_start_ns', 'bin_width_ns', 'bytes', 'requests', 'ipis', 'latency_sum_ns'], ...rows]
}

function pointsOf(rates: readonly Rate[], time: Scale): LineModel['series'][number]['points'] {
  return rates.map((rate) => ({
    x: (rate.startNs + rate.widthNs / 2) / time.factor,
    y: rate.bytesPerSecond / 1e6,
  }))
}

/** Throughput over simulated time, a line for each path. */
export function throughputChart(runs: readonly FinishedRun[]): LineModel {
  const time = timeScale(Math.max(...runs.map((run) => run.result.metrics.simulated_ns)))
  return {
    id: 'throughput',
    kind: 'line',
    title: 'Throughput over simulated time',
    xTitle: `Simulated time (${time.unit})`,
    yTitle: 'Throughput (MB/s)',
    summary: summaryOf(runs),
    table: tableOf(runs),
    series: runs.map((run) => ({
      label: run.result.path,
      ink: { kind: 'path', path: run.result.path },
      points: pointsOf(ratesOf(run), time),
    })),
  }
}
