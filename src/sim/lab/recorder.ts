import { LatencyHistogram } from '../engine/latency-histogram.ts'
import { TimeSeries } from '../engine/time-series.ts'
import { WIDE } from '../engine/wide.ts'
import type { LatencySummary, RunSeries } from './metrics.ts'

const BINS = 400
const FIRST_BIN_NS = 65536

const REQUESTS = 0
const BYTES = 1
const IPIS = 2
const LATENCY_SUM = 3

/** Collects what completes: totals, the distribution of latencies, and curves over simulated time. */
export class Recorder {
  private readonly latencies = new LatencyHistogram()
  private readonly series = new TimeSeries(4, BINS, FIRST_BIN_NS)
  private lastIpis = 0
  startNs = 0
  bytes = WIDE
  /** When the last request so far completed, simulated ns. */
  endNs = 0

  constructor() {
    this.bytes = 0
  }

  get requests(): number {
    return this.latencies.count
  }

  /** @param ipis sent so far in the run */
  complete(startedAt: number, endedAt: number, bytes: number, ipis: number): void {
    const at = endedAt - this.startNs
    const latency = endedAt - startedAt
    this.latencies.record(latency)
    this.bytes += bytes
    if (endedAt > this.endNs) this.endNs = endedAt
    this.series.add(REQUESTS, at, 1)
    this.series.add(BYTES, at, bytes)
    this.series.add(LATENCY_SUM, at, latency)
    if (ipis !== this.lastIpis) this.series.add(IPIS, at, ipis - this.lastIpis)
    this.lastIpis = ipis
  }

  latencySummary(): LatencySummary {
    const { latencies } = this
    return {
      mean: latencies.mean(),
      p50: latencies.percentile(0.5),
      p90: latencies.percentile(0.9),
      p95: latencies.percentile(0.95),
      p99: latencies.percentile(0.99),
      p999: latencies.percentile(0.999),
      max: latencies.max,
    }
  }

  curves(): RunSeries {
    return {
      binNs: this.series.binNs,
      requests: this.series.curve(REQUESTS),
      bytes: this.series.curve(BYTES),
      ipis: this.series.curve(IPIS),
      latencySumNs: this.series.curve(LATENCY_SUM),
    }
  }
}
