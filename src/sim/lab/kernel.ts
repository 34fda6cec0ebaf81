import type { Simulator } from '../engine/simulator.ts'
import { BUSDMA_DIALECTS } from '../kernel/busdma/dialects/index.ts'
import type { BusDmaDialectName } from '../kernel/busdma/dialects/names.ts'
import { iommu } from '../kernel/busdma/dialects/iommu.ts'
import { BusDma } from '../kernel/busdma/busdma.ts'
import { BusDmaGlue } from '../kernel/busdma-glue.ts'
import { MAXPHYS } from '../kernel/bufcache/limits.ts'
import { Site } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { IommuDomain } from '../kernel/iommu/domain.ts'
import { KvaSlots } from '../kernel/msf-buf/kva-slots.ts'
import { MsfBufCalls } from '../kernel/msf-buf/post.ts'
import type { IoPathHooks } from '../kernel/path/io-path.ts'
import type { PageWindow } from '../kernel/sf-buf/page-window.ts'
import { SfBufs2004 } from '../kernel/sf-buf/dragonfly-2004.ts'
import { DirectMapLwBufs } from '../kernel/sf-buf/lwbuf-direct-map.ts'
import { KernelThreads } from '../kernel/sleep-channel.ts'
import { FirstFitArena } from '../kernel/vm/first-fit-arena.ts'
import type { KvaArena } from '../kernel/vm/kva-arena.ts'
import { LockedArena } from '../kernel/vm/locked-arena.ts'
import { PageAllocator } from '../kernel/vm/page-allocator.ts'
import { PageHolds } from '../kernel/vm/page-holds.ts'
import { PerCpuArena } from '../kernel/vm/per-cpu-arena.ts'
import { Pmap2020 } from '../kernel/vm/pmap-2020.ts'
import { FreeBsdPmap } from '../kernel/vm/pmap-freebsd.ts'
import { Pmap } from '../kernel/vm/pmap.ts'
import { XIO_INTERNAL_PAGES, XioCalls } from '../kernel/xio.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import { buildPath } from './io-paths.ts'
import type { CopyBuffers } from './io-paths.ts'
import type { IoPath, KvaLock, PmapName } from './scenario.ts'
import { watchMemory } from './watch-memory.ts'

/** msf_bufs of the pool, as kern.ipc.msfbufs had it; each may have a KVA slot of 128 KiB. */
const MSF_BUFS = 256
const MSF_SLOT_PAGES = MSF_BUFS * XIO_INTERNAL_PAGES
/** sf_bufs of a 32-bit kernel: 512 + 16 x maxusers, for 32 users; a page of KVA each. */
const SF_BUFS = 1024
/** KVA for the kernel's own small buffers. */
const KERNEL_MAP_PAGES = 256
const SF_BUFS_START = KERNEL_MAP_PAGES + MSF_SLOT_PAGES
const BUFFER_MAP_START = SF_BUFS_START + SF_BUFS

/** KVA of a pbuf: room for the page list that it carries, and for memory of its own. */
const PBUF_KVA_PAGES = (2 * MAXPHYS) / PAGE_SIZE

/**
 * Pages of the KVA window: the kernel map, the msf_buf slots, the sf_bufs, a buffer map with room to align, and the pager map.
 * @param pagesEach pages of address space that a buffer reserves
 * @param pbufs headers for clusters and physical I/O
 */
export function kvaPagesFor(buffers: number, pagesEach: number, pbufs = 0): number {
  return BUFFER_MAP_START + (buffers + 1) * pagesEach + pbufs * PBUF_KVA_PAGES
}

/** The parts of the kernel that do not depend on the workload. */
export interface Kernel {
  readonly pages: PageAllocator
  readonly holds: PageHolds
  readonly pmap: Pmap
  readonly xios: XioCalls
  readonly msfs: MsfBufCalls
  /** KVA of the mappings that msf_bufs make. */
  readonly slots: KvaSlots
  readonly busdma: BusDma
  readonly path: IoPathHooks
  readonly kernelMap: KvaArena
  /** KVA of the buffer cache. */
  readonly bufferMap: KvaArena
  /** Through which a processor looks at a page that is not mapped. */
  readonly window: PageWindow
  /** First of the pages of KVA that were reserved. */
  readonly reservedStart: number
  /** KVA of its pbufs; undefined in a kernel without any. */
  readonly pagerMap?: KvaArena
}

/** What can be chosen about a kernel and the state of its memory. */
export interface KernelOptions {
  readonly path: IoPath
  readonly kernelBits: 64 | 32
  /** What the path `copy` moves data through; needed on no other. */
  readonly copyBuffers?: CopyBuffers
  readonly busdma: BusDmaDialectName
  /** Maps every transfer for the devices, in place of the BUSDMA above; null: bus addresses are physical addresses. */
  readonly iommu: IommuDomain | null
  /** Most pages of one bounce zone. */
  readonly maxBouncePages: number
  readonly numaDomains: number
  /** How scattered free memory is at first, per cent. */
  readonly fragmentation: number
  /** How fast that grows, per cent; see PageAllocatorOptions. */
  readonly ageing: number
  readonly memorySeed: number
  /** Whose page-table primitives; those of 2004 unless given. The path kvabio has its own. */
  readonly pmap?: PmapName
  /** How processors share the buffer map; left out: its bookkeeping takes no time. */
  readonly kvaLock?: KvaLock
  /** Pages of the KVA window behind the buffer map that the kernel leaves alone; none unless given. */
  readonly reservedKvaPages?: number
  /** Makes the arena of the buffer map, of `pages` pages from page `start` on; the first fit of 2004 unless given. */
  readonly makeBufferMap?: (start: number, pages: number) => KvaArena
  /** As for kvaPagesFor; none unless given. */
  readonly pbufs?: number
}

/** Puts the kernel together on a machine whose KVA window has `kvaPagesFor` pages. */
export function buildKernel(
  simulator: Simulator,
  machine: Machine,
  counters: KernelCounters,
  options: KernelOptions,
): Kernel {
  const {
    path,
    maxBouncePages,
    pbufs = 0,
    makeBufferMap = (start, pages) => new FirstFitArena(start, pages),
  } = options
  const holds = new PageHolds()
  const pages = new PageAllocator(
    {
      pages: machine.memory.pages,
      domains: options.numaDomains,
      fragmentation: options.fragmentation,
      ageing: options.ageing,
      seed: options.memorySeed,
    },
    holds,
    (pfn) => machine.memory.frames.forget(pfn),
  )
  const pmap = makePmap(path, options.pmap ?? 'dragonfly-2004', machine, counters)
  const xios = new XioCalls(machine, pmap, holds, counters)
  const kernelMap = new FirstFitArena(0, KERNEL_MAP_PAGES)
  const slots = new KvaSlots(KERNEL_MAP_PAGES, MSF_BUFS, XIO_INTERNAL_PAGES)
  watchMemory(machine, pages, holds, KERNEL_MAP_PAGES, slots)
  const msfs = new MsfBufCalls(
    { machine, pmap, xios, slots, counters, threads: null, bindings: null },
    MSF_BUFS,
  )
  const glue = new BusDmaGlue(
    machine,
    simulator,
    pmap,
    pages,
    counters,
    () => busdma.busdma_swi(),
    options.iommu,
  )
  const busdma: BusDma = new BusDma(
    glue,
    options.iommu === null ? BUSDMA_DIALECTS[options.busdma] : iommu,
    maxBouncePages,
  )
  const pagerMapStart = machine.pageTable.pages - pbufs * PBUF_KVA_PAGES
  const reservedStart = pagerMapStart - (options.reservedKvaPages ?? 0)
  const bufferPages = reservedStart - BUFFER_MAP_START
  const bufferMap = shareArena(
    machine,
    makeBufferMap(BUFFER_MAP_START, bufferPages),
    options.kvaLock ?? 'none',
    BUFFER_MAP_START,
    bufferPages,
  )
  const window = pageWindow(options.kernelBits, machine, pmap)
  return {
    pages,
    holds,
    pmap,
    xios,
    msfs,
    slots,
    busdma,
    path: buildPath(path, {
      machine,
      counters,
      pages,
      pmap,
      msfs,
      window,
      bufferMap,
      copyBuffers: options.copyBuffers ?? { count: 0, bytes: 0 },
    }),
    kernelMap,
    bufferMap,
    window,
    reservedStart,
    ...(pbufs > 0 && { pagerMap: new FirstFitArena(pagerMapStart, pbufs * PBUF_KVA_PAGES) }),
  }
}

function makePmap(path: IoPath, name: PmapName, machine: Machine, counters: KernelCounters): Pmap {
  if (path === 'kvabio') return new Pmap2020(machine, counters)
  return name === 'freebsd-2013' ? new FreeBsdPmap(machine, counters) : new Pmap(machine, counters)
}

/** Puts an arena behind the locks of `kvaLock`. */
function shareArena(
  machine: Machine,
  arena: KvaArena,
  kvaLock: KvaLock,
  start: number,
  pages: number,
): KvaArena {
  if (kvaLock === 'none') return arena
  const lock = machine.makeLock({ name: 'kva', site: Site['kva lock'], waitSite: Site['kva lock wait'] })
  const shared = new LockedArena(machine, arena, lock)
  return kvaLock === 'global' ? shared : new PerCpuArena(machine, shared, start, pages)
}

/** How a processor looks at a page that is not mapped. Looks are short and one at a time, so none ever waits for another. */
function pageWindow(kernelBits: 64 | 32, machine: Machine, pmap: Pmap): PageWindow {
  if (kernelBits === 64) return new DirectMapLwBufs(machine)
  const threads = new KernelThreads(1, () => undefined)
  return new SfBufs2004(machine, pmap, threads, { firstPage: SF_BUFS_START, count: SF_BUFS, quick: true })
}
