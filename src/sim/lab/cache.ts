import type { Simulator } from '../engine/simulator.ts'
import { BufDaemon } from '../kernel/bufcache/buf-daemon.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import type { BufferCacheLimits } from '../kernel/bufcache/limits.ts'
import { BKVASIZE } from '../kernel/bufcache/limits.ts'
import { limitsForBuffers } from '../kernel/bufcache/sizing.ts'
import { Vnode } from '../kernel/bufcache/vnode.ts'
import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import { VmPages } from '../kernel/vm/vm-pages.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import type { Kernel } from './kernel.ts'
import type { MachineConfig } from './scenario.ts'

const MIB = 1024 * 1024

/** Number of the vnode that is the disk as a whole; others come after it. */
export const DISK_VNODE = 0

/** Bytes of address space that a buffer reserves on a path that reserves any. */
export function reservedBytes({ blockKiB }: MachineConfig): number {
  return Math.ceil((blockKiB * 1024) / BKVASIZE) * BKVASIZE
}

/** Buffers of the cache. */
export function bufferCount({ cacheMiB, blockKiB }: MachineConfig): number {
  return Math.floor((cacheMiB * 1024) / blockKiB)
}

/** @param reservesKva the path reserves address space for buffers */
export function cacheLimits(config: MachineConfig, reservesKva: boolean): BufferCacheLimits {
  return limitsForBuffers(bufferCount(config), reservesKva ? reservedBytes(config) : config.blockKiB * 1024)
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
  readonly vm: VmPages
}

/** The buffer cache of a scenario, its pages and its daemon, which runs on processor 0. */
export function buildCache(parts: CacheParts, config: MachineConfig): LabCache {
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
    { machine, counters, threads, vm, bufLock, ...kernel },
    cacheLimits(config, kernel.path.reservesKva),
    parts.strategy,
    parts.lost,
  )
  const daemon = new BufDaemon({ simulator, machine, threads, cache }, parts.daemonThread, 0)
  const vnode = new Vnode(DISK_VNODE, config.blockKiB * 1024, vm.newObject(), 0, parts.iosizeMax)
  return { cache, daemon, vnode, vm }
}
