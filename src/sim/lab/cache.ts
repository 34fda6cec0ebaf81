import type { Simulator } from '../engine/simulator.ts'
import { BufDaemon } from '../kernel/bufcache/buf-daemon.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import type { BufferCacheLimits } from '../kernel/bufcache/limits.ts'
import { BKVASIZE, MAXBSIZE } from '../kernel/bufcache/limits.ts'
import { limitsForBuffers, limitsForSpace } from '../kernel/bufcache/sizing.ts'
import { Vnode } from '../kernel/bufcache/vnode.ts'
import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import { VmPages } from '../kernel/vm/vm-pages.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../machine/page.ts'
import { CHUNK_BYTES } from '../workload/block-requests.ts'
import type { DiskSlice } from '../workload/disk-slice.ts'
import type { Kernel } from './kernel.ts'
import type { IoPath, MachineConfig, DiskRunSpec } from './scenario.ts'

const MIB = 1024 * 1024

/** Number of the vnode that is the disk as a whole, of the first of its slices, and of the first file. */
const DISK_VNODE = 0
const FIRST_SLICE_VNODE = 1
export const FIRST_FILE_VNODE = 16

/** Block sizes of the slices of a disk with mixed ones, bytes. */
const SLICE_BLOCKS = [8 * 1024, 16 * 1024, MAXBSIZE]

/** What a buffer of the cache counts for, bytes. */
function blockShare({ blockKiB, blockMix }: MachineConfig): number {
  return blockMix ? BKVASIZE : blockKiB * 1024
}

/** Bytes of address space for each buffer. Of mixed sizes, buffers reserve what they need, but for paths that reserve the most of all. */
export function reservedBytes(config: MachineConfig, path: IoPath): number {
  if (config.blockMix && (path === 'kvabio' || path === 'copy')) return MAXBSIZE
  return Math.ceil(blockShare(config) / BKVASIZE) * BKVASIZE
}

/** Most data that one buffer holds on the path `copy`, bytes. */
export function copyBufferBytes({ blockKiB, blockMix }: MachineConfig): number {
  return blockMix ? MAXBSIZE : blockKiB * 1024
}

/** Buffers of the cache. */
export function bufferCount(config: MachineConfig): number {
  return Math.floor((config.cacheMiB * MIB) / blockShare(config))
}

/**
 * Limits of the cache. A cache of blocks of one size holds exactly as many as it has buffers; one of mixed sizes is limited by
 * space, as the kernel's own is. DragonFly of 2017 reserved for every buffer what the largest needs.
 * @param reservesKva the path reserves address space for buffers
 */
export function cacheLimits(config: MachineConfig, path: IoPath, reservesKva: boolean): BufferCacheLimits {
  const count = bufferCount(config)
  if (config.blockMix) return limitsForSpace(count, path === 'kvabio' ? MAXBSIZE : BKVASIZE)
  return limitsForBuffers(count, reservesKva ? reservedBytes(config, path) : config.blockKiB * 1024)
}

/** Pages of buffers, and of blocks whose buffers are in use for others. Buffers alone never lack any. */
export function fileMemoryPages({ cacheMiB, pageCacheMiB }: MachineConfig): number {
  return ((cacheMiB + pageCacheMiB) * MIB) / PAGE_SIZE
}

export interface CacheParts {
  readonly simulator: Simulator
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly kernel: Kernel
  /** The last one is the buf daemon's; `daemon.wake` is to be called for it. */
  readonly threads: KernelThreads
  readonly daemonThread: number
  /** Most bytes of one transfer. */
  readonly iosizeMax: number
  /** Starts a buffer's transfer. */
  readonly strategy: (buf: Buf) => void
  /** Hears of a buffer whose delayed write was given up. */
  readonly lost: (buf: Buf) => void
}

export interface LabCache {
  readonly cache: BufferCache
  readonly daemon: BufDaemon
  /** The disk as a whole, in blocks of the size of a buffer. */
  readonly vnode: Vnode
  /** What block requests go to. */
  readonly slices: readonly DiskSlice[]
  readonly vm: VmPages
}

/** The buffer cache of a scenario, its pages and its daemon, which runs on processor 0. */
export function buildCache(parts: CacheParts, { scenario, path }: DiskRunSpec): LabCache {
  const { machine: config, workload } = scenario
  const { simulator, machine, counters, kernel, threads } = parts
  const vm = new VmPages(kernel.pages, {
    keep: config.pageCacheMiB > 0,
    maxPages: fileMemoryPages(config),
    severePages: 0,
  })
  const bufLock =
    config.bufLock === 'global'
      ? machine.makeLock({ name: 'buf', site: Site['buf lock'], waitSite: Site['buf lock wait'] })
      : null
  const cache = new BufferCache(
    { machine, counters, threads, vm, bufLock, freeBsdWork: config.fileWork === 'freebsd-2013', ...kernel },
    cacheLimits(config, path, kernel.path.reservesKva),
    parts.strategy,
    parts.lost,
  )
  const daemon = new BufDaemon({ simulator, machine, threads, cache }, parts.daemonThread, 0)
  const vnode = new Vnode(DISK_VNODE, config.blockKiB * 1024, vm.newObject(), 0, parts.iosizeMax)
  const diskBytes = config.diskGiB * 1024 * MIB
  const used = workload.kind === 'job' ? workload.spanMiB * MIB : diskBytes
  const slices = config.blockMix
    ? mixedSlices(vm, used, diskBytes, parts.iosizeMax)
    : [{ vnode, start: 0, end: diskBytes }]
  return { cache, daemon, vnode, slices, vm }
}

/** Equal parts of what is used of the disk; the last one goes on to the end of it. */
function mixedSlices(vm: VmPages, used: number, diskBytes: number, iosizeMax: number): DiskSlice[] {
  const share = Math.max(1, Math.floor(used / SLICE_BLOCKS.length / CHUNK_BYTES)) * CHUNK_BYTES
  return SLICE_BLOCKS.map((blockBytes, index) => {
    const start = index * share
    const end = index === SLICE_BLOCKS.length - 1 ? diskBytes : start + share
    const id = FIRST_SLICE_VNODE + index
    return {
      vnode: new Vnode(id, blockBytes, vm.newObject(), start / SECTOR_SIZE, iosizeMax),
      start,
      end,
    }
  })
}
