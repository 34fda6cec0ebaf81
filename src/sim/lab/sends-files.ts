import type { IoPath, DiskWorkload } from './scenario.ts'

/** sf_bufs for pages on their way to the network: as many as DragonFly 2004 had for 32 users, and enough for many threads. */
const SF_BUFS = 1024
const SF_BUFS_PER_THREAD = 8
/** Paths of kernels in which every page that is sent gets a mapping of its own, however wide their addresses. */
const PATHS_OF_2004: readonly IoPath[] = ['mapped', 'embedded', 'adjacent']

/** Whether a workload needs a network adapter. */
export function sendsFiles(workload: DiskWorkload): boolean {
  return workload.kind === 'job' && workload.sendfilePercent > 0
}

/** Whether a kernel maps each page of a file that it sends. */
export function usesSfBufs(path: IoPath, kernelBits: 64 | 32): boolean {
  return PATHS_OF_2004.includes(path) || (kernelBits === 32 && (path === 'unmapped' || path === 'kvabio'))
}

/** sf_bufs that a run needs for sending files. */
export function fileSfBufs(path: IoPath, kernelBits: 64 | 32, workload: DiskWorkload): number {
  if (!sendsFiles(workload) || !usesSfBufs(path, kernelBits)) return 0
  return Math.max(SF_BUFS, workload.queueDepth * SF_BUFS_PER_THREAD)
}
