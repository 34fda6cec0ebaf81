import type { Metrics } from './lab.ts'

/**
 * The metrics as names and numbers, for tables: structured ones become `latency_ns.p99` and the like; the CPU tree is left
 * out.
 */
export function scalarMetrics(metrics: Metrics): [name: string, value: number][] {
  return Object.entries(metrics).flatMap(([name, value]: [string, unknown]): [string, number][] => {
    if (typeof value === 'number') return [[name, value]]
    if (name === 'cpu_tree') return []
    return Object.entries(value as Record<string, number>).map(([part, number]) => [
      `${name}.${part}`,
      number,
    ])
  })
}
