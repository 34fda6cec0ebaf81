import { CHUNK_BYTES } from '../workload/block-requests.ts'
import { nswbufFor } from '../kernel/bufcache/sizing.ts'
import { bufferCount, cacheLimits } from './cache.ts'
import type { IoPath, MachineConfig, ResolvedScenario, WorkloadConfig } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'

const MIB = 1024 * 1024
const GIB = 1024 * MIB

/** Conditions between fields, and the path, that the schema of a single field cannot state. @throws ScenarioError */
export function checkScenario({ machine, workload }: ResolvedScenario, path: IoPath): void {
  if (path === 'direct-map' && machine.kernelBits !== 64) {
    throw new ScenarioError(
      'machine.kernelBits',
      `is ${machine.kernelBits}, but the path direct-map needs a kernel that has all of memory mapped`,
      'Set it to 64, or choose other paths.',
    )
  }
  checkBuffers(machine, workload.queueDepth)
  if (machine.cacheMiB > machine.memoryMiB / 2) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `is ${machine.cacheMiB} MiB, more than half of the machine's ${machine.memoryMiB} MiB`,
      'Lower it, or raise machine.memoryMiB.',
    )
  }
  if (path === 'copy' && machine.cacheMiB > machine.memoryMiB / 4) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `is ${machine.cacheMiB} MiB, and the path copy takes as much again: together more than half of the machine's ${machine.memoryMiB} MiB`,
      'Lower it, raise machine.memoryMiB, or choose other paths.',
    )
  }
  if (machine.cacheMiB + machine.pageCacheMiB > machine.memoryMiB / 2) {
    throw new ScenarioError(
      'machine.pageCacheMiB',
      `makes, with machine.cacheMiB, ${machine.cacheMiB + machine.pageCacheMiB} MiB, more than half of the machine's ${machine.memoryMiB} MiB`,
      'Lower it, or raise machine.memoryMiB.',
    )
  }
  checkPbufs(machine, workload, path)
  if (workload.kind !== 'job') return
  if (workload.spanMiB * MIB > machine.diskGiB * GIB) {
    throw new ScenarioError(
      'workload.spanMiB',
      `is larger than the disk of ${machine.diskGiB} GiB`,
      'Lower it, or raise machine.diskGiB.',
    )
  }
  if (workload.requestKiB * 1024 > workload.spanMiB * MIB) {
    throw new ScenarioError(
      'workload.requestKiB',
      `is larger than the span of ${workload.spanMiB} MiB`,
      'Lower it, or raise workload.spanMiB.',
    )
  }
}

/** Whether requests of a scenario may go in clusters, or around the buffer cache. */
export function usesPbufs({ machine, workload }: Pick<ResolvedScenario, 'machine' | 'workload'>): boolean {
  return machine.readAhead > 0 || (workload.kind === 'job' && workload.physioPercent > 0)
}

/** The memory of processes that read and write directly, and of the pbufs where those have any, must exist beside the cache. */
function checkPbufs(machine: MachineConfig, workload: WorkloadConfig, path: IoPath): void {
  if (!usesPbufs({ machine, workload })) return
  const processes = workload.kind === 'job' && workload.physioPercent > 0 ? workload.queueDepth : 0
  const pbufs = path === 'copy' || path === 'kvabio' ? nswbufFor(bufferCount(machine)) : 0
  const beside = Math.ceil(((processes + pbufs) * CHUNK_BYTES) / MIB)
  if (machine.cacheMiB * (path === 'copy' ? 2 : 1) + beside <= machine.memoryMiB / 2) return
  throw new ScenarioError(
    'machine.memoryMiB',
    `is ${machine.memoryMiB} MiB, but direct requests and read-ahead on the path ${path} take ${beside} MiB beside the cache: together more than half of it`,
    'Raise it, or lower machine.cacheMiB or workload.queueDepth.',
  )
}

/**
 * Requests in flight lock their blocks one after another, so all must fit at once; beside them, with delayed writes, the dirty
 * buffers that the daemon leaves alone.
 */
function checkBuffers(machine: MachineConfig, queueDepth: number): void {
  const needed = (queueDepth * CHUNK_BYTES) / 1024 / machine.blockKiB
  if (usableBuffers(machine) >= needed) return
  let { cacheMiB } = machine
  while (usableBuffers({ ...machine, cacheMiB }) < needed) cacheMiB++
  const beside = machine.writes === 'delayed' ? ' beside those that stay dirty' : ''
  throw new ScenarioError(
    'machine.cacheMiB',
    `gives ${usableBuffers(machine)} buffers of ${machine.blockKiB} KiB${beside}, but ${queueDepth} requests in flight can hold ${needed}`,
    `Set it to ${cacheMiB} or more, or lower workload.queueDepth.`,
  )
}

function usableBuffers(machine: MachineConfig): number {
  const dirty = machine.writes === 'delayed' ? cacheLimits(machine, false).lodirtybuffers : 0
  return bufferCount(machine) - dirty
}
