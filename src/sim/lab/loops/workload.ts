/**
 * Kernel loops: workloads that call modules of the kernel over and over, without a disk and its I/O path below them.
 * Plain data, every default filled in; docs/adr/0012-kernel-loops.md says why they are workloads.
 */

export const LOOP_NAMES = [
  'memory-disk',
  'pipe-pages',
  'compute-pages',
  'vmap',
  'read-pipeline',
  'iommu-map',
] as const
export type LoopName = (typeof LOOP_NAMES)[number]

/** What a page of a memory disk needs before it is copied: nothing, an address and a mapping of its own, or an sf_buf. */
export const PAGE_ACCESSES = ['malloc', 'qenter', 'sf_buf'] as const
export type PageAccessName = (typeof PAGE_ACCESSES)[number]

/** Which processors an sf_buf of 2004 is mapped for: all of them, or the one that uses it. */
export const MAPPING_REACHES = ['everywhere', 'local'] as const
export type MappingReach = (typeof MAPPING_REACHES)[number]

/** vmap of Linux until 2.6.27, and vm_map_ram of 2.6.28. */
export const VMAP_DESIGNS = ['one-lock', 'per-cpu'] as const
export type VmapDesign = (typeof VMAP_DESIGNS)[number]

interface LoopBase<L extends LoopName> {
  readonly kind: 'loop'
  readonly name: string
  readonly loop: L
}

/** Reads of 64 KiB from one end of a disk in memory to the other. */
export interface MemoryDiskWorkload extends LoopBase<'memory-disk'> {
  readonly access: PageAccessName
  /** Of the disk. */
  readonly pages: number
  /** With access by sf_buf: how many there are. */
  readonly sfBufs: number
  /** Passes over the disk before the one that is measured. */
  readonly warmPasses: number
}

/** One processor hands page lists of 128 KiB to another, which maps each page, copies it and lets it go. */
export interface PipePagesWorkload extends LoopBase<'pipe-pages'> {
  readonly mappings: MappingReach
  readonly sfBufs: number
  /** Pages of the writer's buffer, used in turn. */
  readonly bufferPages: number
  /** Page lists moved. */
  readonly lists: number
}

/** A processor that computes, and maps and copies a page in between. */
export interface ComputePagesWorkload extends LoopBase<'compute-pages'> {
  readonly mappings: MappingReach
  readonly sfBufs: number
  readonly bufferPages: number
  /** Computing before each map, ns. */
  readonly computeNs: number
  readonly maps: number
}

/** Threads on processors of their own that map a few pages, touch them and unmap them. */
export interface VmapWorkload extends LoopBase<'vmap'> {
  readonly design: VmapDesign
  readonly threads: number
  /** Pages of one mapping. */
  readonly pages: number
  /** Of each thread. */
  readonly loops: number
}

/** A process that reads from end to end; another processor takes the interrupts of disks that read ahead of it. */
export interface ReadPipelineWorkload extends LoopBase<'read-pipeline'> {
  readonly reads: number
  readonly readBytes: number
  readonly disks: number
  /** What one of them delivers, 10^6 bytes per second. */
  readonly diskMBps: number
  /** Reads that are under way ahead of the process. */
  readonly ahead: number
  /** Work of the process on each read, the copy left out, ns. */
  readonly processNs: number
  /** Work of the interrupts of each read, a bounce left out, ns. */
  readonly interruptNs: number
  /** The data is copied to the user. */
  readonly copies: boolean
  /** The data lands in bounce pages and is copied from there by the interrupt handler. */
  readonly bounces: boolean
}

/** A processor that keeps a fast device busy with requests of a page, and maps each as `machine.iommu` says. */
export interface IommuMapWorkload extends LoopBase<'iommu-map'> {
  /** Processor time of a request without any mapping, ns. */
  readonly requestNs: number
  readonly requests: number
  /** Buffers in use, one after another. */
  readonly queueDepth: number
  /** They are mapped once, before the first request. */
  readonly premapped: boolean
}

export type LoopWorkload =
  | MemoryDiskWorkload
  | PipePagesWorkload
  | ComputePagesWorkload
  | VmapWorkload
  | ReadPipelineWorkload
  | IommuMapWorkload
