import { stringify } from 'csv-stringify/browser/esm/sync'
import type { RunResult } from '../../shared/lab.ts'
import type { Table } from '../charts/model.ts'
import { compareResults } from './compare.ts'

/** A table as CSV (RFC 4180 quoting, a point as decimal sign, newline at the end), in UTF-8. */
export function csvBytes(table: Table): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(
    stringify(
      table.map((row) => [...row]),
      { cast: { number: String } },
    ),
  )
}

/** Every metric of some results in base units, a column for each path and one for each path's change from the first. */
export function metricsTable(results: readonly RunResult[]): Table {
  const [baseline, ...others] = results.map((result) => result.path)
  const header = [
    'metric',
    'label',
    'unit',
    ...results.map((result) => result.path),
    ...others.map((path) => `${path}_vs_${baseline}_percent`),
  ]
  const rows = compareResults(results).map(({ metric, values, deltas }) => [
    metric.name,
    metric.label,
    metric.unit,
    ...values,
    ...deltas.map((delta) => delta.percent ?? ''),
  ])
  return [header, ...rows]
}

/** A file name that every system takes: letters, digits, `-` and `_`, joined by `-`. */
export function fileNameOf(...parts: readonly string[]): string {
  return parts
    .map((part) =>
      part
        .trim()
        .replace(/[^\p{L}\p{N}_-]+/gu, '-')
        .replace(/^-+|-+$/g, ''),
    )
    .filter((part) => part !== '')
    .join('-')
    .slice(0, 150)
}
