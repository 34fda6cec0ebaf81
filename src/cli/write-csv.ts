import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'csv-stringify/sync'
import writeFileAtomic from 'write-file-atomic'
import { ioFailure } from '../main/handlers/io-failure.ts'
import type { FinishedRun } from '../main/runs/drive-run.ts'
import type { CpuTreeNode } from '../shared/lab.ts'
import { scalarMetrics } from '../shared/scalar-metrics.ts'

type Cell = string | number
type Row = readonly Cell[]

const RUN_COLUMNS = ['scenario', 'path', 'seed'] as const

function runCells({ result }: FinishedRun): Cell[] {
  return [result.scenario, result.path, result.seed]
}

function metricRows(runs: readonly FinishedRun[]): Row[] {
  const names = runs[0] === undefined ? [] : scalarMetrics(runs[0].result.metrics).map(([name]) => name)
  return [
    [...RUN_COLUMNS, ...names],
    ...runs.map((run) => [...runCells(run), ...scalarMetrics(run.result.metrics).map(([, value]) => value)]),
  ]
}

function seriesRows(runs: readonly FinishedRun[]): Row[] {
  const header = [...RUN_COLUMNS, 'start_ns', 'width_ns', 'requests', 'bytes', 'ipis', 'latency_sum_ns']
  const rows = runs.flatMap((run) => {
    const { binNs, requests, bytes, ipis, latencySumNs } = run.series
    return Array.from(requests, (count, bin) => [
      ...runCells(run),
      bin * binNs,
      binNs,
      count,
      bytes[bin]!,
      ipis[bin]!,
      latencySumNs[bin]!,
    ])
  })
  return [header, ...rows]
}

function treeRows(runs: readonly FinishedRun[]): Row[] {
  const rows: Row[] = [[...RUN_COLUMNS, 'call_path', 'layer', 'self_ns', 'total_ns']]
  const add = (run: FinishedRun, node: CpuTreeNode, above: string): void => {
    const callPath = above === '' ? node.name : `${above};${node.name}`
    rows.push([...runCells(run), callPath, node.layer, node.self_ns, node.total_ns])
    for (const child of node.children) add(run, child, callPath)
  }
  for (const run of runs) add(run, run.result.metrics.cpu_tree, '')
  return rows
}

/** Writes metrics.csv, series.csv and cpu-tree.csv into a folder, which is made when it is missing. */
export async function writeCsv(folder: string, runs: readonly FinishedRun[]): Promise<void> {
  const files: readonly (readonly [string, Row[]])[] = [
    ['metrics.csv', metricRows(runs)],
    ['series.csv', seriesRows(runs)],
    ['cpu-tree.csv', treeRows(runs)],
  ]
  try {
    await mkdir(folder, { recursive: true })
    for (const [name, rows] of files) {
      await writeFileAtomic(
        join(folder, name),
        stringify(
          rows.map((row) => [...row]),
          { cast: { number: String } },
        ),
      )
    }
  } catch (error) {
    throw ioFailure(error, folder, 'cannot be written')
  }
}
