import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import type { CpuTreeNode } from '../../../src/sim/lab/metrics.ts'
import type { IoPath, JobWorkload, MachineConfig } from '../../../src/sim/lab/scenario.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'
import { spec, startRun } from './scenarios.ts'

/** Requests of every kind that there is. */
const KINDS: Readonly<Record<string, { machine?: Partial<MachineConfig>; job?: Partial<JobWorkload> }>> = {
  'reads and writes': {},
  'delayed writes in clusters': {
    machine: { writes: 'delayed', readAhead: 8 },
    job: { pattern: 'sequential', readPercent: 50 },
  },
  'pass-through commands and physio': { job: { passPercent: 30, physioPercent: 40 } },
  'files and metadata': {
    job: { target: 'files', metadataPercent: 40, files: 4, fileMiB: 1, holePercent: 30 },
  },
  'files that are sent': { job: { sendfilePercent: 60, readPercent: 100 } },
}
const DEVICES = [...BUILTIN_DEVICES.keys()]

/** The tree of a run, and the busy time of its processors as they counted it themselves. */
function treeOf(path: IoPath, machine: Partial<MachineConfig>, job: Partial<JobWorkload>) {
  const lab = startRun(
    spec(path, { memoryMiB: 64, cacheMiB: 2, cpus: 3, ...machine }, { requests: 30, spanMiB: 16, ...job }),
  )
  while (!lab.advance(10_000)) continue
  const busyNs = lab.objects().cpus.reduce((sum, cpu) => sum + cpu.busyNs, 0)
  const { metrics } = lab.finish({ wallMs: 0, peakRssBytes: 0 }).result
  return { metrics, busyNs, tree: metrics.cpu_tree }
}

/** A node and all below it. */
function nodesOf(node: CpuTreeNode): CpuTreeNode[] {
  return [node, ...node.children.flatMap(nodesOf)]
}

interface Site {
  readonly name: string
  readonly layer: string
  ns: number
}

/** Call sites by the time that is charged to them wherever they are called, most first. */
function topSites(tree: CpuTreeNode): Site[] {
  const sites = new Map<string, Site>()
  for (const { name, layer, self_ns } of nodesOf(tree)) {
    const site = sites.get(name) ?? { name, layer, ns: 0 }
    site.ns += self_ns
    sites.set(name, site)
  }
  return [...sites.values()].sort((a, b) => b.ns - a.ns)
}

describe.each(IO_PATHS)('the CPU tree of the path %s', (path) => {
  it.each(Object.keys(KINDS))('adds up to the busy time exactly, on every device: %s', (kind) => {
    const { machine = {}, job = {} } = KINDS[kind]!
    for (const device of DEVICES) {
      const { tree, busyNs, metrics } = treeOf(path, { device, ...machine }, job)
      const nodes = nodesOf(tree)
      expect(metrics.requests, device).toBe(30)
      expect(busyNs, device).toBeGreaterThan(0)
      expect(tree.total_ns, device).toBe(busyNs)
      expect(
        nodes.reduce((sum, node) => sum + node.self_ns, 0),
        device,
      ).toBe(busyNs)
      for (const { name, self_ns, total_ns, children } of nodes)
        expect(
          children.reduce((sum, child) => sum + child.total_ns, self_ns),
          `${device}: ${name}`,
        ).toBe(total_ns)
    }
  })
})

/** With programmed I/O the processor's own copying outweighs everything. */
const DMA_DEVICES = DEVICES.filter((device) => device !== 'ide-pio-disk')

describe.each(DMA_DEVICES)('with 8 processors and %s, the most expensive call sites', (device) => {
  const eight = (path: IoPath): Site[] =>
    topSites(treeOf(path, { cpus: 8, device }, { requests: 800, spanMiB: 64 }).tree)

  it('are those of the shootdown on the mapped path', () => {
    expect(eight('mapped').slice(0, 2)).toMatchObject([
      { name: 'ipi handler', layer: 'shootdown' },
      { name: 'smp_invltlb', layer: 'shootdown' },
    ])
  })

  it('have nothing of it on the direct path', () => {
    expect(eight('direct').filter(({ layer }) => layer === 'shootdown')).toEqual([])
  })
})
