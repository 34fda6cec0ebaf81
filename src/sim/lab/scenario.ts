/**
 * What the lab runs: one machine under one workload, every default filled in. Plain data; the project file's
 * schema (src/shared/project) produces it and the engine reads it.
 */

import type { BusDmaDialectName } from '../kernel/busdma/dialects/names.ts'
import type { IommuPolicy } from '../kernel/iommu/policy-names.ts'
import type { LoopWorkload } from './loops/workload.ts'

export * from './loops/workload.ts'
export { BUSDMA_DIALECT_NAMES } from '../kernel/busdma/dialects/names.ts'
export { IOMMU_POLICIES } from '../kernel/iommu/policy-names.ts'

/** How the buffer cache hands data to the device; see docs/model.md. */
export const IO_PATHS = [
  'mapped',
  'embedded',
  'adjacent',
  'direct',
  'unmapped',
  'kvabio',
  'direct-map',
  'copy',
] as const
export type IoPath = (typeof IO_PATHS)[number]

/** In the place of an I/O path: a kernel loop has none, and runs once. */
export const LOOP_PATH = 'loop'
export const RUN_PATHS = [...IO_PATHS, LOOP_PATH] as const
export type RunPath = (typeof RUN_PATHS)[number]

/** What is compared unless somebody asks for more: where the post began, and where it wanted to go. */
export const USUAL_PATHS: readonly IoPath[] = ['mapped', 'direct']

/** `bytes`: every block is stamped, moved and verified. `metadata`: the same code, counters and times without the bytes. */
export const FIDELITIES = ['bytes', 'metadata'] as const
export type Fidelity = (typeof FIDELITIES)[number]

/** `through`: a request that writes ends when the disk has the data. `delayed`: it leaves that to the buf daemon. */
export const WRITE_POLICIES = ['through', 'delayed'] as const
export type WritePolicy = (typeof WRITE_POLICIES)[number]

/** Around the address space of buffers. `none`: its bookkeeping takes no time. `per-cpu`: one lock, and ranges kept by each processor. */
export const KVA_LOCKS = ['none', 'global', 'per-cpu'] as const
export type KvaLock = (typeof KVA_LOCKS)[number]

/** `none`: every processor works as if it were alone. `global`: one at a time. */
export const LOCKINGS = ['none', 'global'] as const
export type Locking = (typeof LOCKINGS)[number]

/** Threads between a process and the disk driver: none, or those of GEOM and CAM, through which each request goes both ways. */
export const DISK_THREADS = ['none', 'freebsd-2013'] as const
export type DiskThreads = (typeof DISK_THREADS)[number]

/** What pages, buffers and reads of files cost beside their lists: nothing, or FreeBSD's locks and steps, with nobody waiting. */
export const FILE_WORKS = ['none', 'freebsd-2013'] as const
export type FileWork = (typeof FILE_WORKS)[number]

/** Whose page-table primitives the kernel has. */
export const PMAPS = ['dragonfly-2004', 'freebsd-2013'] as const
export type PmapName = (typeof PMAPS)[number]

/** Who takes interrupts of a device with one queue. */
export const INTERRUPT_TARGETS = ['first', 'round-robin'] as const
export type InterruptTarget = (typeof INTERRUPT_TARGETS)[number]

export interface MachineConfig {
  readonly name: string
  /** Number of processors. */
  readonly cpus: number
  /** Sockets that they sit in; not more than processors. */
  readonly sockets: number
  /** 64: the kernel has a direct map of all memory. 32: it maps what it touches. */
  readonly kernelBits: 64 | 32
  /** TLB entries of each processor for 4 KiB pages. */
  readonly tlbEntries: number
  /** TLB associativity; divides tlbEntries. */
  readonly tlbWays: number
  /** A cost profile that ships with the lab, by name, or a cost file: a path relative to the project file, ending in .json. */
  readonly costs: string
  readonly pmap: PmapName
  readonly kvaLock: KvaLock
  /** Around the hash and the queues of buffers. */
  readonly bufLock: Locking
  /** Around a shootdown, from the first IPI to the last answer. */
  readonly ipiLock: Locking
  readonly interrupts: InterruptTarget
  readonly diskThreads: DiskThreads
  readonly fileWork: FileWork
  /** Physical memory in MiB. */
  readonly memoryMiB: number
  /** NUMA domains: equal, contiguous shares of memory and of the processors. */
  readonly numaDomains: number
  /** How scattered free memory is when the run begins, per cent: 0 contiguous, 100 single pages far apart. */
  readonly fragmentation: number
  /** Probability, per cent, that a freed page goes to the rest of the system and another page comes free instead. */
  readonly ageing: number
  /** Buffer cache size in MiB. */
  readonly cacheMiB: number
  /** Size of one buffer (a file system block) in KiB: 4, 8, 16, 32 or 64. */
  readonly blockKiB: number
  /** Requests go to thirds of their span with blocks of 8, 16 and 64 KiB, whatever blockKiB says. */
  readonly blockMix: boolean
  readonly writes: WritePolicy
  /** Memory for blocks that no buffer holds any more, in MiB; 0: their pages are freed at once. */
  readonly pageCacheMiB: number
  /** Most blocks read ahead of those who read in order; neighbours then share transfers, also when written late. 0: neither. */
  readonly readAhead: number
  /** Most pages of one bounce zone. */
  readonly bouncePages: number
  /** Whose BUSDMA the kernel has; docs/busdma.md compares them. */
  readonly busdma: BusDmaDialectName
  /** Between the devices and memory; see docs/adr/0008-iommu.md. */
  readonly iommu: IommuPolicy
  /** A device that ships with the lab, by name, or a device file: a path relative to the project file, ending in .json. */
  readonly device: string
  /** Device capacity in GiB. */
  readonly diskGiB: number
  /** Of each million commands, those that end at a bad sector, ... */
  readonly mediaErrors: number
  /** ... whose interrupt gets lost, ... */
  readonly lostInterrupts: number
  /** ... that move less than they should, ... */
  readonly shortTransfers: number
  /** ... and whose data goes to an address that the device was never given. */
  readonly strayTransfers: number
  /** Network adapter for jobs that send files: one that ships with the lab, by name, or an adapter file as for `device`. */
  readonly nic: string
  readonly fidelity: Fidelity
  /** The machine checks itself while it runs. */
  readonly sanitizer: boolean
}

export const JOB_PATTERNS = ['sequential', 'random', 'mixed'] as const
export type JobPattern = (typeof JOB_PATTERNS)[number]

/** Where requests for data go: to the disk itself, or to files on it. */
export const REQUEST_TARGETS = ['disk', 'files'] as const
export type RequestTarget = (typeof REQUEST_TARGETS)[number]

export interface JobWorkload {
  readonly kind: 'job'
  readonly name: string
  readonly pattern: JobPattern
  /** With pattern `mixed`: percentage of requests at a random place; the others continue sequentially. */
  readonly randomPercent: number
  /** Percentage of requests that read. */
  readonly readPercent: number
  /** Request size in KiB. */
  readonly requestKiB: number
  /** Requests in flight. */
  readonly queueDepth: number
  /** Number of requests. */
  readonly requests: number
  /** Size of the region of the device that is used, in MiB. */
  readonly spanMiB: number
  /** Percentage of requests that are small commands for the disk, such as INQUIRY. */
  readonly passPercent: number
  readonly target: RequestTarget
  /** Of each hundred requests, those for a file's metadata. */
  readonly metadataPercent: number
  /** Files of the file system, for a job that needs one. */
  readonly files: number
  /** Size of each in MiB. */
  readonly fileMiB: number
  /** Of each hundred blocks of a file, those that do not exist at first. */
  readonly holePercent: number
  /** Percentage of requests that send what they read to the network (sendfile). */
  readonly sendfilePercent: number
  /** Percentage of requests that go around the buffer cache, between the device and the process's memory. */
  readonly physioPercent: number
}

export const TRACE_FORMATS = ['auto', 'fio-iolog', 'msr-csv'] as const
export type TraceFormat = (typeof TRACE_FORMATS)[number]

export interface TraceWorkload {
  readonly kind: 'trace'
  readonly name: string
  /** `builtin:NAME` for a trace that ships with the lab, or a path relative to the project file. May end in `.gz`. */
  readonly file: string
  readonly format: TraceFormat
  /** `asap`: as fast as the queue depth lets; `recorded`: not before the trace's own time. */
  readonly pace: 'asap' | 'recorded'
  readonly queueDepth: number
  /** Stop after this many requests; 0 replays the whole trace. */
  readonly limit: number
  /** How many files or disks the trace names; each gets an equal share of the device. */
  readonly units: number
}

/** Requests to a disk, which take an I/O path. */
export type DiskWorkload = JobWorkload | TraceWorkload
export type WorkloadConfig = DiskWorkload | LoopWorkload

export interface ResolvedScenario<W extends WorkloadConfig = WorkloadConfig> {
  readonly name: string
  readonly machine: MachineConfig
  readonly workload: W
}

/** One run: a scenario on one I/O path with one seed. */
export interface RunSpec<W extends WorkloadConfig = WorkloadConfig, P extends RunPath = RunPath> {
  readonly scenario: ResolvedScenario<W>
  readonly path: P
  readonly seed: number
}

export type DiskRunSpec = RunSpec<DiskWorkload, IoPath>
export type LoopRunSpec = RunSpec<LoopWorkload, typeof LOOP_PATH>

/** The paths that a workload runs on when these are chosen: a loop has none of them, and runs once. */
export function runPathsOf(
  { kind }: Pick<WorkloadConfig, 'kind'>,
  chosen: readonly IoPath[],
): readonly RunPath[] {
  return kind === 'loop' ? [LOOP_PATH] : chosen
}
