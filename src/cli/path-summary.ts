import type { Metrics, RunResult } from '../shared/lab.ts'

/** The columns of the table: what a path does for a request, from its descriptors down to the processors' time. */
const COLUMNS: readonly { readonly title: string; readonly of: (metrics: Metrics) => number }[] = [
  { title: 'msf made', of: (metrics) => metrics.msf_created },
  { title: 'msf re-made', of: (metrics) => metrics.msf_recreated },
  { title: 'msf passed', of: (metrics) => metrics.msf_passed },
  { title: 'mappings', of: (metrics) => metrics.kva_maps },
  { title: 'translations', of: (metrics) => metrics.kva_translations },
  { title: 'IPIs', of: (metrics) => metrics.ipis },
  { title: 'bytes copied', of: (metrics) => metrics.bytes_copied_cpu },
  { title: 'CPU ns', of: (metrics) => metrics.cpu_ns_per_request * metrics.requests },
]

const LABEL_WIDTH = 16
const VALUE_WIDTH = 14

/** What each path did for one request on average, a row for each: the stages of the plan, side by side. */
export function pathSummary(results: readonly RunResult[]): string[] {
  const head = COLUMNS.map(({ title }) => title.padStart(VALUE_WIDTH)).join('')
  const rows = results.map(({ path, metrics }) => {
    const cells = COLUMNS.map(({ of }) => perRequest(of(metrics), metrics.requests).padStart(VALUE_WIDTH))
    return `${path.padEnd(LABEL_WIDTH)}${cells.join('')}`
  })
  return [`${'Per request'.padEnd(LABEL_WIDTH)}${head}`, ...rows, '']
}

function perRequest(amount: number, requests: number): string {
  const each = requests === 0 ? 0 : amount / requests
  if (each === 0) return '0'
  return each.toLocaleString('en-US', { maximumFractionDigits: each < 100 ? 3 : 0 })
}
