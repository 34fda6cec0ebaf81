import type { Metrics, RunResult } from '../../shared/lab.ts'
import { LOOP_PATH } from '../../shared/lab.ts'
import { formatNumber, formatRate, formatTime } from '../format/quantity.ts'

/** Changes below this many per cent are called "about the same". */
const NOTICEABLE_PERCENT = 1
/** Violations of the sanitizer shown for each run. */
const SHOWN_VIOLATIONS = 10

function change(name: string, baseline: number, value: number, format: (value: number) => string): string {
  const percent = baseline === 0 ? 0 : ((value - baseline) / baseline) * 100
  if (baseline === 0 || Math.abs(percent) < NOTICEABLE_PERCENT)
    return `${name} stays about the same (${format(value)})`
  const verb = percent < 0 ? 'falls' : 'rises'
  return `${name} ${verb} ${formatNumber(Math.round(Math.abs(percent)))}% (${format(baseline)} to ${format(value)})`
}

function ipis(name: string, value: Metrics, baselineName: string, baseline: Metrics): string {
  if (value.ipis === baseline.ipis) {
    return `${name} and ${baselineName} both send ${formatNumber(value.ipis)} IPIs`
  }
  return `${name} sends ${formatNumber(value.ipis)} IPIs where ${baselineName} sends ${formatNumber(baseline.ipis)}`
}

function alone(result: RunResult): string {
  const { metrics } = result
  const isLoop = result.path === LOOP_PATH
  const figures =
    `${isLoop ? 'The loop' : result.path} moves ${formatRate(metrics.throughput_Bps)}, spends ${formatTime(metrics.cpu_ns_per_request)} of CPU time per request ` +
    `and sends ${formatNumber(metrics.ipis)} IPIs.`
  return isLoop ? figures : `${figures} Run another path to compare.`
}

function against(result: RunResult, baseline: RunResult): string {
  const [now, before] = [result.metrics, baseline.metrics]
  return [
    ipis(result.path, now, baseline.path, before),
    change('CPU time per request', before.cpu_ns_per_request, now.cpu_ns_per_request, formatTime),
    change('throughput', before.throughput_Bps, now.throughput_Bps, formatRate),
    change('p99 latency', before.latency_ns.p99, now.latency_ns.p99, formatTime),
  ]
    .join('; ')
    .concat('.')
}

/** What the results of one scenario say, in a sentence for each path after the first, which is the baseline. */
export function verdict(results: readonly RunResult[]): string {
  const [baseline, ...others] = results
  if (baseline === undefined) return ''
  if (others.length === 0) return alone(baseline)
  return others.map((result) => against(result, baseline)).join(' ')
}

/** What went wrong in a run: wrong bytes, requests that failed, and what the machine found of itself. */
export function failuresOf(results: readonly RunResult[]): readonly string[] {
  return results.flatMap((result) => failuresOfOne(result))
}

function failuresOfOne(result: RunResult): string[] {
  const { path, metrics } = result
  return [
    ...(metrics.verify_errors > 0
      ? [`${path}: ${formatNumber(metrics.verify_errors)} sectors held wrong bytes when they were read back.`]
      : []),
    ...(metrics.io_errors > 0
      ? [`${path}: ${formatNumber(metrics.io_errors)} requests ended with an I/O error.`]
      : []),
    ...(metrics.tlb_stale_accesses > 0
      ? [`${path}: ${formatNumber(metrics.tlb_stale_accesses)} accesses went through a stale TLB entry.`]
      : []),
    ...sanitizerFailures(result),
  ]
}

function sanitizerFailures({ path, metrics, violations = [] }: RunResult): string[] {
  const total = metrics.sanitizer_violations
  if (total === 0) return []
  const shown = violations.slice(0, SHOWN_VIOLATIONS)
  const count = `${path}: the sanitizer found ${formatNumber(total)} violations`
  return [
    total > shown.length ? `${count}; the first ${shown.length} follow.` : `${count}.`,
    ...shown.map(
      ({ kind, object, at_ns, call_path }) =>
        `${path}: ${kind}: ${object}; at ${formatTime(at_ns)} in ${call_path}`,
    ),
  ]
}
