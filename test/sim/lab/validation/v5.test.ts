import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { parseProject } from '../../../../src/shared/project/parse.ts'
import { resolveScenario } from '../../../../src/shared/project/resolve.ts'
import { systemNs, v5 } from '../../../../src/sim/lab/validation/v5.ts'
import { builtinCosts } from '../../machine/builtin-costs.ts'
import { runToEnd } from '../scenarios.ts'
import { someMetrics, someResult } from './some-results.ts'

const FILE = new URL('../../../../resources/validation/V5.dmalab', import.meta.url)
const PROJECT = parseProject(readFileSync(FILE, 'utf8'), 'V5.dmalab')

function result(scenario: string, path: 'mapped' | 'unmapped') {
  const resolved = resolveScenario(PROJECT, scenario, [])
  const workload = { ...resolved.workload, requests: 1500 } as typeof resolved.workload
  return runToEnd({ scenario: { ...resolved, workload }, path, seed: PROJECT.seed })
}

const saving = (scenario: string): number =>
  1 - systemNs(result(scenario, 'unmapped').metrics) / systemNs(result(scenario, 'mapped').metrics)

describe('the machine of V5', () => {
  it('saves more system time without mappings the more cores it has', () => {
    const savings = ['1 core', '2 cores', '16 cores', '64 cores'].map(saving)
    expect(savings).toEqual(savings.toSorted((a, b) => a - b))
    expect(savings[0]).toBeGreaterThan(0)
    expect(savings[3]! - savings[0]!).toBeGreaterThan(0.3)
  })

  it('spends on the pages, the threads and the file itself the same on both paths', () => {
    const [mapped, unmapped] = (['mapped', 'unmapped'] as const).map((path) => result('1 core', path).metrics)
    const same = ['syscall', 'cam', 'driver', 'interrupt'] as const
    for (const layer of same)
      expect(mapped!.cpu_ns_per_request_by_layer[layer]).toBe(unmapped!.cpu_ns_per_request_by_layer[layer])
    expect(mapped!.cpu_ns_per_request_by_layer.cam).toBeGreaterThan(2 * builtinCosts('x86new').wakeup * 0.7)
    const { pageInsert, pageQueue, pageFree, memoryMiss } = builtinCosts('x86new')
    expect(mapped!.cpu_ns_per_request_by_layer.bufcache).toBeGreaterThan(
      16 * (pageInsert + memoryMiss) + 4 * (pageQueue + pageFree + memoryMiss),
    )
  })

  it('copies a mapped buffer at once and one without an address page by page, and counts its space anew', () => {
    const [mapped, unmapped] = (['mapped', 'unmapped'] as const).map((path) => result('1 core', path).metrics)
    const more = (layer: 'copy' | 'bufcache'): number =>
      unmapped!.cpu_ns_per_request_by_layer[layer] - mapped!.cpu_ns_per_request_by_layer[layer]
    const { copyCall, atomicAdd } = builtinCosts('x86new')
    expect(more('copy')).toBeCloseTo(15 * copyCall, 3)
    expect(more('bufcache')).toBeGreaterThan(4.5 * atomicAdd)
    expect(more('bufcache')).toBeLessThan(5.5 * atomicAdd)
  })

  it('pays for each read what is around it: locks, counts and a copy of its uio', () => {
    const { cpu_tree: tree } = result('1 core', 'unmapped').metrics
    const read = tree.children.find(({ name }) => name === 'read')!
    const entry = read.children.find(({ name }) => name === 'entry')!
    const { syscall, lockUncontended, atomicAdd, zoneAlloc } = builtinCosts('x86new')
    const each = syscall + 5 * lockUncontended + 2 * atomicAdd + zoneAlloc
    expect(entry.self_ns / 1500).toBeCloseTo(each, 1)
  })

  it('shoots down once for each buffer that is reused, and never without mappings', () => {
    const mapped = result('16 cores', 'mapped').metrics
    expect(mapped.kva_unmaps).toBeGreaterThan(400 + mapped.clusters_read)
    expect(mapped.tlb_shootdowns).toBe(mapped.kva_unmaps)
    expect(result('16 cores', 'unmapped').metrics.tlb_shootdowns).toBe(0)
  })
})

describe('the rows of V5', () => {
  const rows = (mappedNs: (scenario: string) => number) =>
    v5.evaluate(
      v5.runs.map(({ scenario, path }) =>
        someResult(scenario, path, {
          requests: 1,
          cpu_ns_per_request: path === 'mapped' ? mappedNs(scenario) : 100,
          simulated_ns: 1000,
          kva_maps: 5,
          cache_misses: 5,
        }),
      ),
    )
  const cores = (scenario: string): number => Number(/\d+/.exec(scenario)?.[0] ?? 0)

  it('pass when the saving is small on few cores and rises to what was published', () => {
    expect(rows((scenario) => 100 + cores(scenario)).filter(({ verdict }) => verdict === 'off')).toEqual([])
  })

  it('fail when it does not depend on the cores', () => {
    const off = rows(() => 140).filter(({ verdict }) => verdict === 'off')
    expect(off.map(({ quantity }) => quantity)).toEqual(['saving, 1 core', 'saving, 2 cores'])
  })

  it('leave out handlers on idle processors', () => {
    expect(systemNs(someMetrics({ requests: 10, cpu_ns_per_request: 50, idle_handler_ns: 120 }))).toBe(380)
  })
})
