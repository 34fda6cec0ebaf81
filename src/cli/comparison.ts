import type { RunResult } from '../shared/lab.ts'
import { HOST_METRICS, LOOP_PATH, METRICS } from '../shared/lab.ts'
import { scalarMetrics } from '../shared/scalar-metrics.ts'
import { formatValue } from './format-value.ts'
import { pathSummary } from './path-summary.ts'

const LABEL_WIDTH = 44
const VALUE_WIDTH = 20

function formatChange(value: number, baseline: number): string {
  if (value === baseline) return '='
  if (baseline === 0) return 'from 0'
  const percent = ((value - baseline) / baseline) * 100
  return `${percent > 0 ? '+' : ''}${percent.toFixed(1)}%`
}

function scenarioTable(scenario: string, results: readonly RunResult[]): string[] {
  const [baseline] = results
  if (baseline === undefined) return []
  const columns = results.map((result) => new Map(scalarMetrics(result.metrics)))
  const head = results.map((result) => result.path.padStart(VALUE_WIDTH)).join('')
  const change = results.length > 1 ? 'change'.padStart(VALUE_WIDTH) : ''
  const rows = scalarMetrics(baseline.metrics)
    .filter(([name]) => !(HOST_METRICS as readonly string[]).includes(name))
    .filter(([name]) => !name.startsWith('msf_by_layer.') || columns.some((column) => column.get(name) !== 0))
    .map(([name, first]) => {
      const values = columns
        .map((column) => formatValue(column.get(name) ?? 0).padStart(VALUE_WIDTH))
        .join('')
      const last =
        columns.length > 1 ? formatChange(columns.at(-1)?.get(name) ?? 0, first).padStart(VALUE_WIDTH) : ''
      return `${metricLabel(name).padEnd(LABEL_WIDTH)}${values}${last}`
    })
  const summary = results.length > 1 ? pathSummary(results) : []
  const title = `${scenario}, seed ${baseline.seed}`
  return [title, `${''.padEnd(LABEL_WIDTH)}${head}${change}`, ...rows, '', ...summary]
}

function metricLabel(name: string): string {
  const { unit } = METRICS[name.split('.')[0] as keyof typeof METRICS]
  return unit === 'fraction' || name.includes(unit) ? name : `${name} (${unit})`
}

function ioErrorLines({ metrics, scenario, path }: RunResult): string[] {
  const { io_errors: count } = metrics
  if (count === 0) return []
  return [`I/O ERRORS: ${count.toLocaleString('en-US')} requests failed in ${scenario} on the ${path} path.`]
}

/** Violations shown for each result. */
const SHOWN = 10

function violationLines(result: RunResult): string[] {
  const total = result.metrics.sanitizer_violations
  if (total === 0) return []
  const shown = (result.violations ?? []).slice(0, SHOWN)
  const rest = total > shown.length ? [`  and ${(total - shown.length).toLocaleString('en-US')} more`] : []
  return [
    `SANITIZER: ${total.toLocaleString('en-US')} violations in ${result.scenario} on the ${result.path} path.`,
    ...shown.map(
      ({ kind, object, at_ns, call_path }) =>
        `  ${kind}: ${object}; at ${at_ns.toLocaleString('en-US')} ns in ${call_path}`,
    ),
    ...rest,
  ]
}

/**
 * Results as text: a table for each scenario, a column for each path, and the last path's change from the first, with what each path
 * did for one request; then what was wrong.
 */
export function formatComparison(results: readonly RunResult[]): string {
  const scenarios = [...new Set(results.map((result) => result.scenario))]
  const lines = scenarios.flatMap((scenario) =>
    scenarioTable(
      scenario,
      results.filter((result) => result.scenario === scenario),
    ),
  )
  const errors = results.reduce((sum, result) => sum + result.metrics.verify_errors, 0)
  const verdict =
    errors === 0
      ? ['Every byte read was what had been written.']
      : [`VERIFICATION FAILED: ${errors} sectors were not what had been written.`]
  const movesNoBytes = results.every(({ path }) => path === LOOP_PATH)
  return `${[...lines, ...(movesNoBytes ? [] : verdict), ...results.flatMap(ioErrorLines), ...results.flatMap(violationLines)].join('\n')}\n`
}
