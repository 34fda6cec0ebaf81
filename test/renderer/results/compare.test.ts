import { describe, expect, it } from 'vitest'
import { METRICS } from '../../../src/shared/lab.ts'
import { compareResults, deltaOf, describeDelta, differs } from '../../../src/renderer/results/compare.ts'
import { METRIC_ROWS } from '../../../src/renderer/results/metric-rows.ts'
import { direct, mapped } from '../samples.ts'

describe('deltaOf', () => {
  it('judges by the better direction', () => {
    expect(deltaOf(10, 4, 'lower')).toEqual({ direction: 'down', percent: -60, judgement: 'better' })
    expect(deltaOf(10, 4, 'higher')).toEqual({ direction: 'down', percent: -60, judgement: 'worse' })
    expect(deltaOf(10, 12, 'higher').judgement).toBe('better')
    expect(deltaOf(10, 12, 'lower').judgement).toBe('worse')
    expect(deltaOf(10, 12, null).judgement).toBeNull()
  })

  it('has no percentage from 0', () => {
    expect(deltaOf(0, 5, 'lower')).toEqual({ direction: 'up', percent: null, judgement: 'worse' })
  })
})

it.each([
  [deltaOf(10, 10, 'lower'), 'same'],
  [deltaOf(0, 5, 'lower'), '▲ from 0'],
  [deltaOf(1000, 377, 'lower'), '▼ −62.3%'],
  [deltaOf(100_000, 100_001, 'lower'), '▲ +<0.1%'],
  [deltaOf(1, 51, 'lower'), '▲ +5,000%'],
])('describes %o', (delta, text) => expect(describeDelta(delta)).toBe(text))

describe('compareResults', () => {
  it('has a row for every metric, and for every part of the structured ones', () => {
    const names = new Set(METRIC_ROWS.map((row) => row.name.split('.')[0]))
    expect([...names].sort()).toEqual(
      Object.keys(METRICS)
        .filter((name) => name !== 'cpu_tree')
        .sort(),
    )
    expect(METRIC_ROWS.map((row) => row.name)).toContain('latency_ns.p999')
    expect(METRIC_ROWS.map((row) => row.name)).toContain('cpu_ns_per_request_by_layer.shootdown')
  })

  it('compares every result with the first', () => {
    const ipis = compareResults([mapped(), direct()]).find((row) => row.metric.name === 'ipis')
    expect(ipis?.values).toEqual([812_000, 0])
    expect(ipis?.deltas).toEqual([{ direction: 'down', percent: -100, judgement: 'better' }])
  })

  it('leaves out what msf_bufs of layers did that did nothing', () => {
    const names = compareResults([mapped(), direct()]).map((row) => row.metric.name)
    expect(names).toContain('msf_by_layer.bufcache_created')
    expect(names).not.toContain('msf_by_layer.network_created')
  })

  it('tells differing metrics from equal ones', () => {
    const differing = compareResults([mapped(), direct()])
      .filter(differs)
      .map((row) => row.metric.name)
    expect(differing).toContain('latency_ns.p99')
    expect(differing).not.toContain('latency_ns.p50')
    expect(differing).not.toContain('requests')
  })
})
