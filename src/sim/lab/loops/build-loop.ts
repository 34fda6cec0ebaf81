import type { CostProfile } from '../../machine/costs.ts'
import type { MachineConfig } from '../scenario.ts'
import { IommuMapLoop } from './iommu-loop.ts'
import type { KernelLoop } from './kernel-loop.ts'
import { MemoryDiskLoop } from './memory-disk-loop.ts'
import { REQUEST_PAGES } from './memory-disk.ts'
import { ComputePagesLoop, PipePagesLoop } from './pipe-loops.ts'
import { ReadPipelineLoop } from './read-pipeline.ts'
import { VmapLoop } from './vmap-loop.ts'
import type { LoopWorkload } from './workload.ts'

/** The loop of a workload, on a machine of its own. */
export function buildLoop(config: MachineConfig, workload: LoopWorkload, costs: CostProfile): KernelLoop {
  const machine = { config, costs }
  switch (workload.loop) {
    case 'memory-disk':
      return new MemoryDiskLoop(machine, workload)
    case 'pipe-pages':
      return new PipePagesLoop(machine, workload)
    case 'compute-pages':
      return new ComputePagesLoop(machine, workload)
    case 'vmap':
      return new VmapLoop(machine, workload)
    case 'read-pipeline':
      return new ReadPipelineLoop(machine, workload)
    case 'iommu-map':
      return new IommuMapLoop(machine, config.iommu, workload)
  }
}

/** Iterations of a loop that are measured: the requests of its result. */
export function iterationsOf(workload: LoopWorkload): number {
  switch (workload.loop) {
    case 'memory-disk':
      return Math.ceil(workload.pages / REQUEST_PAGES)
    case 'pipe-pages':
      return workload.lists
    case 'compute-pages':
      return workload.maps
    case 'vmap':
      return workload.threads * workload.loops
    case 'read-pipeline':
      return workload.reads
    case 'iommu-map':
      return workload.requests
  }
}
