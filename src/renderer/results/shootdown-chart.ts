import type { RunResult } from '../../shared/lab.ts'
import type { BarModel } from '../charts/model.ts'
import { formatNumber } from '../format/quantity.ts'

const SHOWN = ['tlb_shootdowns', 'ipis'] as const

/** TLB shootdowns and the interrupts they sent; every bar carries its number, since the interesting one is 0. */
export function shootdownChart(results: readonly RunResult[]): BarModel {
  const summary = results.map(
    ({ path, metrics }) =>
      `${path} makes ${formatNumber(metrics.tlb_shootdowns)} shootdowns with ${formatNumber(metrics.ipis)} IPIs`,
  )
  return {
    id: 'shootdowns',
    kind: 'bar',
    title: 'TLB shootdowns and IPIs',
    xTitle: 'Over the whole run',
    yTitle: 'Count',
    categories: ['TLB shootdowns', 'IPIs'],
    stacked: false,
    horizontal: false,
    canBeLogarithmic: false,
    labels: results.map(({ metrics }) => SHOWN.map((name) => formatNumber(metrics[name]))),
    summary: `Shootdowns: ${summary.join('; ')}.`,
    table: [
      ['path', ...SHOWN],
      ...results.map(({ path, metrics }) => [path, ...SHOWN.map((name) => metrics[name])]),
    ],
    series: results.map(({ path, metrics }) => ({
      label: path,
      ink: { kind: 'path', path },
      values: SHOWN.map((name) => metrics[name]),
    })),
  }
}
