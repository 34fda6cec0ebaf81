import { CHUNK_BYTES } from '../workload/block-requests.ts'
import { nswbufFor } from '../kernel/bufcache/sizing.ts'
import { bufferCount, cacheLimits, copyBufferBytes } from './cache.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import { layoutOf } from './files.ts'
import { checkLoop } from './loops/check-loop.ts'
import { LOOP_PATH } from './scenario.ts'
import type {
  DiskWorkload,
  IoPath,
  JobWorkload,
  MachineConfig,
  ResolvedScenario,
  RunPath,
} from './scenario.ts'
import { sendsFiles, usesSfBufs } from './sends-files.ts'
import { ScenarioError } from './scenario-error.ts'

const MIB = 1024 * 1024
/** Most blocks of a file system: each costs the lab some bytes. */
const MOST_BLOCKS = 1 << 24
const GIB = 1024 * MIB

/** Conditions between fields, and the path, that the schema of a single field cannot state. @throws ScenarioError */
export function checkScenario({ machine, workload }: ResolvedScenario, path: RunPath): void {
  if (workload.kind === 'loop') checkLoop(machine, workload, path)
  else if (path !== LOOP_PATH) checkDisk(machine, workload, path)
  else {
    throw new ScenarioError(
      'path',
      `is ${path}, but a workload of the kind ${workload.kind} takes an I/O path`,
      'Choose an I/O path, such as direct.',
    )
  }
}

function checkDisk(machine: MachineConfig, workload: DiskWorkload, path: IoPath): void {
  if (path === 'direct-map' && machine.kernelBits !== 64) {
    throw new ScenarioError(
      'machine.kernelBits',
      `is ${machine.kernelBits}, but the path direct-map needs a kernel that has all of memory mapped`,
      'Set it to 64, or choose other paths.',
    )
  }
  if (sendsFiles(workload) && usesSfBufs(path, machine.kernelBits) && machine.cpus > 32) {
    throw new ScenarioError(
      'machine.cpus',
      `is ${machine.cpus}, but the path ${path} sends files through sf_bufs, which know at most 32 processors`,
      'Set it to 32 or less, set workload.sendfilePercent to 0, or choose other paths.',
    )
  }
  if (machine.blockMix) checkMixedBlocks(machine, workload)
  else checkBuffers(machine, workload.queueDepth, path)
  if (machine.cacheMiB > machine.memoryMiB / 2) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `is ${machine.cacheMiB} MiB, more than half of the machine's ${machine.memoryMiB} MiB`,
      'Lower it, or raise machine.memoryMiB.',
    )
  }
  const copies = path === 'copy' ? (bufferCount(machine) * copyBufferBytes(machine)) / MIB : 0
  if (machine.cacheMiB + copies > machine.memoryMiB / 2) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `is ${machine.cacheMiB} MiB, and the path copy takes ${copies} MiB more for its own buffers: together more than half of the machine's ${machine.memoryMiB} MiB`,
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
  checkMix(workload)
  checkFiles(machine, workload)
  if (workload.target === 'files') return
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
export function usesPbufs({
  machine,
  workload,
}: Pick<ResolvedScenario<DiskWorkload>, 'machine' | 'workload'>): boolean {
  return machine.readAhead > 0 || (workload.kind === 'job' && workload.physioPercent > 0)
}

/** The memory of processes that read and write directly, and of the pbufs where those have any, must exist beside the cache. */
function checkPbufs(machine: MachineConfig, workload: DiskWorkload, path: IoPath): void {
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

/** Shares of the kinds of requests beside plain reads and writes. */
const SHARES = ['passPercent', 'physioPercent', 'metadataPercent', 'sendfilePercent'] as const

/** All kinds together have at most all requests. */
function checkMix(workload: JobWorkload): void {
  const sum = SHARES.reduce((all, share) => all + workload[share], 0)
  if (sum <= 100) return
  const largest = SHARES.reduce((a, b) => (workload[b] > workload[a] ? b : a))
  throw new ScenarioError(
    `workload.${largest}`,
    `makes ${sum} of 100 requests together with the other shares (${SHARES.join(', ')})`,
    'Lower some of them, to 100 in all.',
  )
}

/**
 * Requests in flight lock their blocks one after another, so all must fit at once; beside them, with delayed writes, the dirty
 * buffers that the daemon leaves alone.
 */
function checkBuffers(machine: MachineConfig, queueDepth: number, path: IoPath): void {
  const needed = (queueDepth * CHUNK_BYTES) / 1024 / machine.blockKiB
  if (usableBuffers(machine, path) >= needed) return
  let { cacheMiB } = machine
  while (usableBuffers({ ...machine, cacheMiB }, path) < needed) cacheMiB++
  const beside = machine.writes === 'delayed' ? ' beside those that stay dirty' : ''
  throw new ScenarioError(
    'machine.cacheMiB',
    `gives ${usableBuffers(machine, path)} buffers of ${machine.blockKiB} KiB${beside}, but ${queueDepth} requests in flight can hold ${needed}`,
    `Set it to ${cacheMiB} or more, or lower workload.queueDepth.`,
  )
}

function usableBuffers(machine: MachineConfig, path: IoPath): number {
  const dirty = machine.writes === 'delayed' ? cacheLimits(machine, path, false).lodirtybuffers : 0
  return bufferCount(machine) - dirty
}

/** Blocks of 8 KiB take 16 KiB of address space each, and holes of 64 KiB must come free while requests hold theirs. */
function checkMixedBlocks(machine: MachineConfig, workload: DiskWorkload): void {
  const least = Math.ceil((workload.queueDepth * 2 * CHUNK_BYTES * 4) / MIB)
  if (machine.cacheMiB < least) {
    throw new ScenarioError(
      'machine.cacheMiB',
      `is ${machine.cacheMiB} MiB, too little for ${workload.queueDepth} requests in flight on blocks of mixed sizes`,
      `Set it to ${least} or more, or lower workload.queueDepth.`,
    )
  }
  if (workload.kind !== 'job') return
  const around = (['physioPercent', 'sendfilePercent'] as const).find((share) => workload[share] > 0)
  if (around === undefined) return
  throw new ScenarioError(
    `workload.${around}`,
    `is ${workload[around]}, but these requests know the disk in blocks of one size only`,
    'Set it to 0, or machine.blockMix to false.',
  )
}

/** The file system has to fit on the disk, its files under its pointers, and what says where they lie in the lab's memory. */
function checkFiles(machine: MachineConfig, workload: JobWorkload): void {
  const layout = layoutOf(machine, workload)
  if (layout === null) return
  if (layout.blocksPerFile > layout.mostBlocks || layout.blocks > MOST_BLOCKS) {
    throw new ScenarioError(
      'workload.fileMiB',
      `makes ${workload.files} files of ${layout.blocksPerFile} blocks, but a file can have ${layout.mostBlocks}, and a file system ${MOST_BLOCKS}`,
      'Lower it or workload.files, or raise machine.blockKiB.',
    )
  }
  if (layout.diskSector(layout.blocks) * SECTOR_SIZE > machine.diskGiB * GIB) {
    throw new ScenarioError(
      'workload.fileMiB',
      `makes ${workload.files} files of ${workload.fileMiB} MiB, more than the disk of ${machine.diskGiB} GiB has room for`,
      'Lower it or workload.files, or raise machine.diskGiB.',
    )
  }
  if (workload.target === 'files' && workload.physioPercent > 0) {
    throw new ScenarioError(
      'workload.physioPercent',
      `is ${workload.physioPercent}, but requests around the buffer cache go to the disk itself, and would write over files`,
      "Set it to 0, or workload.target to 'disk'.",
    )
  }
  if (workload.target === 'files' && workload.sendfilePercent > 0) {
    throw new ScenarioError(
      'workload.sendfilePercent',
      `is ${workload.sendfilePercent}, but what is sent comes from the disk itself, and files lie elsewhere on it`,
      "Set it to 0, or workload.target to 'disk'.",
    )
  }
  if (workload.target === 'files' && workload.requestKiB > workload.files * workload.fileMiB * 1024) {
    throw new ScenarioError(
      'workload.requestKiB',
      `is larger than all ${workload.files} files of ${workload.fileMiB} MiB`,
      'Lower it, or raise workload.files or workload.fileMiB.',
    )
  }
}
