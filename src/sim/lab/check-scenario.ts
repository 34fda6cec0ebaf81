import { CHUNK_BYTES } from '../workload/io-threads.ts'
import type { IoPath, ResolvedScenario } from './scenario.ts'
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
  const buffers = (machine.cacheMiB * 1024) / machine.blockKiB
  const perThread = CHUNK_BYTES / 1024 / machine.blockKiB
  const needed = workload.queueDepth * perThread
  if (buffers < needed) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `gives ${buffers} buffers of ${machine.blockKiB} KiB, but ${workload.queueDepth} requests in flight can hold ${needed}`,
      `Set it to ${Math.ceil((needed * machine.blockKiB) / 1024)} or more, or lower workload.queueDepth.`,
    )
  }
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
