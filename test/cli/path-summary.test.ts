import { expect, it } from 'vitest'
import { pathSummary } from '../../src/cli/path-summary.ts'
import { runToEnd, spec } from '../sim/lab/scenarios.ts'

it('has a row for each path and a column for each stage of the plan, per request', () => {
  const results = (['embedded', 'adjacent', 'direct'] as const).map((path) =>
    runToEnd(spec(path, { cpus: 2 }, { requests: 400, readPercent: 100 })),
  )
  const [head, ...rows] = pathSummary(results)
  expect(head!.trim().split(/ {2,}/)).toEqual([
    'Per request',
    'msf made',
    'msf re-made',
    'msf passed',
    'mappings',
    'translations',
    'IPIs',
    'bytes copied',
    'CPU ns',
  ])
  const cells = new Map(rows.slice(0, 3).map((row) => [row.split(/ +/)[0], row.split(/ +/).slice(1)]))
  expect([...cells.keys()]).toEqual(['embedded', 'adjacent', 'direct'])
  const { metrics } = results[0]!
  expect(Number(cells.get('embedded')![1])).toBeCloseTo(metrics.msf_recreated / 400, 3)
  expect(Number(cells.get('embedded')![3])).toBeCloseTo(metrics.kva_maps / 400, 3)
  expect(cells.get('embedded')![6]).toBe('4,096')
  expect(cells.get('adjacent')![1]).toBe('0')
  expect(cells.get('direct')!.slice(3, 6)).toEqual(['0', '0', '0'])
  expect(cells.get('direct')![7]!.replace(',', '')).toBe(results[2]!.metrics.cpu_ns_per_request.toFixed(0))
})
