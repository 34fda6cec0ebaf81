/**
 * What each primitive costs one processor, in nanoseconds. A figure carries where it comes from: `published` with the
 * source, `derived` with the arithmetic, or `assumed`, which no validation may rest on.
 */

export interface CostFigure {
  readonly ns: number
  readonly basis: 'published' | 'derived' | 'assumed'
  readonly source: string
}

export const COST_NAMES = [
  'syscall',
  'wakeup',
  'interrupt',
  'copyPerByte',
  'bounceCopyPerByte',
  'pteWrite',
  'invlpg',
  'tlbMiss',
  'shootdownBase',
  'shootdownPerTarget',
  'shootdownPerRemoteTarget',
  'ipiHandler',
  'pageAlloc',
  'bufLookup',
  'bufRecycle',
  'bufRelease',
  'kextract',
  'xioPerPage',
  'msfCall',
  'camStep',
  'busdmaLoad',
  'busdmaPerPage',
  'busdmaPerSegment',
  'iovaAlloc',
  'iovaSearchStep',
  'iovaFree',
  'iommuMap',
  'iommuMapPerPage',
  'iommuUnmap',
  'iommuUnmapPerPage',
  'iommuQueue',
  'iotlbInvalidate',
  'driverCommand',
  'driverPerSegment',
  'lockUncontended',
  'lockHandOff',
  'lockHandOffRemote',
  'ipiIdleWake',
  'kvaAlloc',
  'kvaSearchStep',
] as const
export type CostName = (typeof COST_NAMES)[number]
export type CostProfile = Readonly<Record<CostName, CostFigure>>

const published = (ns: number, source: string): CostFigure => ({ ns, basis: 'published', source })
const derived = (ns: number, source: string): CostFigure => ({ ns, basis: 'derived', source })
const assumed = (ns: number, source: string): CostFigure => ({ ns, basis: 'assumed', source })

/** Cycles of a Xeon E3-1220 of 3.1 GHz, in ns; recalled, not read again, so no better than assumed. */
const asplos15 = (cycles: number, what: string): CostFigure =>
  assumed(cycles / 3.1, `Malka and others, ASPLOS 2015, table 1: ${what}, ${cycles} cycles at 3.1 GHz`)

/** The same cycles at 1 GHz: no such machine had an IOMMU, a study of one may want it. */
const asplos15At1GHz = (cycles: number, what: string): CostFigure =>
  assumed(cycles, `Malka and others, ASPLOS 2015, table 1: ${what}, ${cycles} cycles, here at 1 GHz`)

const scaled = 'of the order of a few cache-hot list operations'

/** Servers of 2013 and later, 3 GHz, several processors on one socket. */
const x86new: CostProfile = {
  syscall: assumed(100, 'null system call without page-table isolation'),
  wakeup: assumed(1200, 'direct thread switch, 1 to 2 us'),
  interrupt: assumed(700, 'interrupt entry to exit, 0.5 to 1 us'),
  copyPerByte: assumed(0.1, 'single-core memcpy, cold, about 10 GB/s'),
  bounceCopyPerByte: assumed(0.1, 'single-core memcpy, cold, about 10 GB/s'),
  pteWrite: assumed(10, 'PTE store, cache hot, 5 to 20 ns'),
  invlpg: derived(87, 'Hansen, linux-mm, 18 Feb 2014: ranged flush 994 + 262 n cycles; 262 cycles at 3 GHz'),
  tlbMiss: assumed(10, 'page walk with the PTE in the L2 cache, 20 to 40 cycles'),
  shootdownBase: derived(
    710,
    'fit of Amit (Haswell, 2019: 661, 1436, 1571 ns for 1, 2, 4 threads) and LATR (ASPLOS 2018: 6 us at 16 cores)',
  ),
  shootdownPerTarget: derived(70, 'the same fit, target on the same socket'),
  shootdownPerRemoteTarget: derived(600, 'the same fit, target on another socket'),
  ipiHandler: derived(1461, 'Hansen: full flush 2283 cycles at 3 GHz = 761 ns; plus an interrupt of 700 ns'),
  pageAlloc: assumed(25, scaled),
  bufLookup: assumed(60, scaled),
  bufRecycle: assumed(120, scaled),
  bufRelease: assumed(50, scaled),
  kextract: assumed(15, 'one page-table lookup, mostly cached'),
  xioPerPage: assumed(5, 'one store and one count'),
  msfCall: assumed(15, scaled),
  camStep: assumed(80, scaled),
  busdmaLoad: assumed(30, scaled),
  busdmaPerPage: assumed(5, 'compiled C walks a page in about 5 ns'),
  busdmaPerSegment: assumed(4, scaled),
  iovaAlloc: asplos15(92, 'IOVA allocation from a cache, strict+'),
  iovaSearchStep: assumed(10, 'one step in a tree, mostly cached'),
  iovaFree: asplos15(62, 'IOVA free to a cache, strict+'),
  iommuMap: derived(
    73.4,
    'Linux 2025, lazy, 1 page: 1/1.93M - 1/5.01M s = 318.5 ns; less the other figures of a lazy request, 577/1081 of the rest',
  ),
  iommuMapPerPage: derived(57, 'ARM64 SMMU, dma_map_sg of 8 pages 1.4 us, of 1 page 1.0 us: 0.4 us / 7'),
  iommuUnmap: derived(64.1, 'the same rest as iommuMap: 504/1081 of it (ASPLOS 2015, defer+, page table)'),
  iommuUnmapPerPage: assumed(10, 'one store; unmapping 8 pages measured as fast as 1 on the ARM64 SMMU'),
  iommuQueue: asplos15(191, 'other work of unmap, defer+ less strict+ (216 - 25)'),
  iotlbInvalidate: asplos15(2135, 'IOTLB invalidation, strict+'),
  driverCommand: assumed(250, 'one command table and one uncached register write'),
  driverPerSegment: assumed(5, 'one descriptor store'),
  lockUncontended: assumed(30, 'uncontended spinlock, 20 to 50 ns'),
  lockHandOff: assumed(200, 'contended hand-off within a socket, 100 to 300 ns'),
  lockHandOffRemote: assumed(500, 'two to three times as much between sockets'),
  ipiIdleWake: assumed(0, 'nobody measured what an idle target adds'),
  kvaAlloc: assumed(150, 'a few list operations, partly not in the cache'),
  kvaSearchStep: assumed(10, 'one step of a search, mostly cached'),
}

/** Two Pentium III of about 1 GHz, 2001 to 2004: the class of machine on which DragonFly measured its own shootdowns. */
const p3smp: CostProfile = {
  syscall: published(460, 'lmbench, 790 MHz i686, Linux 2.5.59, LKML Jan 2003: null system call'),
  wakeup: published(1700, 'the same: context switch 2p/0K'),
  interrupt: assumed(2000, 'interrupt entry to exit in 2004, 1 to 3 us'),
  copyPerByte: derived(2.124, 'file_read_actor on 2-CPU x86, Linux 2.4.18, 2002: 8.7 us for 4 KiB'),
  bounceCopyPerByte: derived(4.248, 'bounce_end_io_read on the same machine: 17.4 us for 4 KiB'),
  pteWrite: assumed(20, 'PTE store, cache hot'),
  invlpg: assumed(100, 'about 100 cycles at 1 GHz'),
  tlbMiss: assumed(60, 'page walk with one cache miss in part of the cases'),
  shootdownBase: derived(
    3700,
    'DELL-2550, DragonFly, Apr 2004: 4.2 us with one target, less the share of the target',
  ),
  shootdownPerTarget: assumed(500, 'each further target'),
  shootdownPerRemoteTarget: assumed(500, 'all processors shared one bus'),
  ipiHandler: assumed(2100, 'an interrupt and a full flush'),
  pageAlloc: assumed(150, scaled),
  bufLookup: assumed(300, scaled),
  bufRecycle: assumed(600, scaled),
  bufRelease: assumed(250, scaled),
  kextract: assumed(60, 'one page-table lookup'),
  xioPerPage: assumed(20, 'one store and one count'),
  msfCall: assumed(70, scaled),
  camStep: assumed(400, scaled),
  busdmaLoad: assumed(150, scaled),
  busdmaPerPage: assumed(25, scaled),
  busdmaPerSegment: assumed(20, scaled),
  iovaAlloc: asplos15At1GHz(92, 'IOVA allocation from a cache, strict+'),
  iovaSearchStep: assumed(30, 'one step in a tree, mostly cached'),
  iovaFree: asplos15At1GHz(62, 'IOVA free to a cache, strict+'),
  iommuMap: assumed(220, 'three times the figure of x86new'),
  iommuMapPerPage: assumed(171, 'three times the figure of x86new'),
  iommuUnmap: assumed(192, 'three times the figure of x86new'),
  iommuUnmapPerPage: assumed(30, 'three times the figure of x86new'),
  iommuQueue: asplos15At1GHz(191, 'other work of unmap, defer+ less strict+'),
  iotlbInvalidate: asplos15At1GHz(2135, 'IOTLB invalidation, strict+'),
  driverCommand: assumed(1500, 'port writes of about 0.5 us each'),
  driverPerSegment: assumed(20, 'one descriptor store'),
  lockUncontended: assumed(100, 'one locked bus cycle'),
  lockHandOff: assumed(400, 'a cache line from the other processor over the shared bus, twice'),
  lockHandOffRemote: assumed(400, 'all processors shared one bus'),
  ipiIdleWake: assumed(0, 'nobody measured what an idle target adds'),
  kvaAlloc: assumed(800, 'a few list operations, partly not in the cache'),
  kvaSearchStep: assumed(30, 'one step of a search, mostly cached'),
}

export const COST_TABLE: Readonly<Record<'x86new' | 'p3smp', CostProfile>> = { x86new, p3smp }
