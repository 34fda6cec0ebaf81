import type { Layer } from '../kernel/call-sites.ts'
import type { MsfEvent, MsfLayer } from '../kernel/msf-buf/msf-counts.ts'
import type { ViolationKind } from '../machine/sanitizer.ts'

export { LAYERS } from '../kernel/call-sites.ts'
export type { Layer } from '../kernel/call-sites.ts'
export { MSF_EVENTS, MSF_LAYERS } from '../kernel/msf-buf/msf-counts.ts'

/**
 * The lab's result names. Each keeps its meaning for ever; later versions add names and never reuse one.
 * docs/metrics.md is generated from METRICS below.
 */

export interface LatencySummary {
  readonly mean: number
  readonly p50: number
  readonly p90: number
  readonly p95: number
  readonly p99: number
  readonly p999: number
  readonly max: number
}

/** CPU time by call site. `total_ns` is `self_ns` plus the children's `total_ns`, exactly. */
export interface CpuTreeNode {
  readonly name: string
  /** The layer that the call site belongs to; see LAYERS. */
  readonly layer: Layer
  readonly self_ns: number
  readonly total_ns: number
  readonly children: readonly CpuTreeNode[]
}

/** What became of the msf_bufs of each layer, `<layer>_<event>`. */
export type MsfByLayer = Readonly<Record<`${MsfLayer}_${MsfEvent}`, number>>

/** What a run measures. All fields but the last three are equal for equal project, seed and version, on any platform. */
export interface Metrics {
  readonly requests: number
  readonly bytes: number
  readonly simulated_ns: number
  readonly iops: number
  readonly throughput_Bps: number
  readonly latency_ns: LatencySummary
  readonly cpu_ns_per_request: number
  readonly cpu_ns_per_request_by_layer: Readonly<Record<Layer, number>>
  readonly cpu_busy_fraction: number
  readonly cpu_tree: CpuTreeNode
  readonly kva_maps: number
  readonly kva_unmaps: number
  readonly kva_bytes_max: number
  readonly kva_searches: number
  readonly kva_search_failures: number
  readonly kva_fragmentation: number
  readonly pte_writes: number
  readonly tlb_invalidations_local: number
  readonly tlb_shootdowns: number
  readonly ipis: number
  readonly tlb_misses: number
  readonly tlb_stale_accesses: number
  readonly page_lists_built: number
  readonly kva_translations: number
  readonly bytes_bounced: number
  readonly bounce_pages_max: number
  readonly bounce_waits: number
  readonly bytes_copied_cpu: number
  readonly msf_created: number
  readonly msf_recreated: number
  readonly msf_passed: number
  readonly msf_by_layer: MsfByLayer
  readonly cache_hits: number
  readonly cache_misses: number
  readonly vm_cache_hits: number
  readonly buf_defrags: number
  readonly delayed_writes: number
  readonly daemon_writes: number
  readonly pass_requests: number
  readonly metadata_views: number
  readonly clusters_read: number
  readonly clusters_written: number
  readonly read_aheads: number
  readonly pbuf_waits: number
  readonly device_busy_fraction: number
  readonly device_ns_per_command: number
  readonly trace_lines_skipped: number
  readonly device_interrupts: number
  readonly device_errors: number
  readonly command_retries: number
  readonly command_timeouts: number
  readonly request_splits: number
  readonly iotlb_misses: number
  readonly iotlb_invalidations: number
  readonly dma_faults: number
  readonly frames_sent: number
  readonly frame_errors: number
  readonly io_errors: number
  readonly verify_errors: number
  readonly sanitizer_violations: number
  readonly lock_acquisitions: number
  readonly lock_contentions: number
  readonly lock_wait_ns: number
  readonly idle_handler_ns: number
  readonly wall_ms: number
  readonly requests_per_wall_s: number
  readonly peak_rss_bytes: number
}

/** Names that depend on the host and are left out when two results are compared. */
export const HOST_METRICS = ['wall_ms', 'requests_per_wall_s', 'peak_rss_bytes'] as const

/** Curves over simulated time; every array has one value per bin. */
export interface RunSeries {
  /** Width of a bin in simulated nanoseconds. */
  readonly binNs: number
  /** Requests completed in each bin. */
  readonly requests: Float64Array
  /** Bytes completed in each bin. */
  readonly bytes: Float64Array
  /** Inter-processor interrupts sent in each bin. */
  readonly ipis: Float64Array
  /** Sum of the latencies of the requests completed in each bin, ns. */
  readonly latencySumNs: Float64Array
}

/** One finding of the sanitizer. */
export interface RunViolation {
  readonly kind: ViolationKind
  /** What it happened to. */
  readonly object: string
  /** Simulated ns, from the start of the machine. */
  readonly at_ns: number
  /** Call sites from the outermost in, joined by ` > `. */
  readonly call_path: string
}

export interface RunResult {
  readonly scenario: string
  readonly path: string
  readonly seed: number
  readonly metrics: Metrics
  /** What the sanitizer found, the first 100; left out when there is nothing. */
  readonly violations?: readonly RunViolation[]
}

export interface ResultFile {
  readonly format: 'dmalab.result'
  readonly version: 1
  readonly runs: readonly RunResult[]
}

export interface MetricInfo {
  readonly label: string
  readonly unit: string
  readonly definition: string
  /** Which direction is an improvement; null where neither is. */
  readonly better: 'lower' | 'higher' | null
}

const info = (label: string, unit: string, better: MetricInfo['better'], definition: string): MetricInfo => ({
  label,
  unit,
  definition,
  better,
})

/** Label, unit and definition of every scalar and structured metric. */
export const METRICS: Readonly<Record<keyof Metrics, MetricInfo>> = {
  requests: info('Requests', 'requests', null, 'Requests completed; of a kernel loop, its iterations.'),
  bytes: info('Bytes', 'bytes', null, 'Bytes asked for by completed requests.'),
  simulated_ns: info(
    'Simulated time',
    'ns',
    'lower',
    'Simulated time from the start of the workload until the last request is complete and the processors have finished; with delayed writes, until everything is on the disk.',
  ),
  iops: info('Requests per second', '1/s', 'higher', 'requests over simulated_ns.'),
  throughput_Bps: info('Throughput', 'bytes/s', 'higher', 'bytes over simulated_ns.'),
  latency_ns: info(
    'Latency',
    'ns',
    'lower',
    'From issue (with a recorded pace: from the recorded time) to completion of a request: mean (exact), percentiles (upper edge of a bucket under 0.8% wide, never above max) and max (exact).',
  ),
  cpu_ns_per_request: info(
    'CPU time per request',
    'ns',
    'lower',
    'Busy time of all processors over requests.',
  ),
  cpu_ns_per_request_by_layer: info(
    'CPU time per request by layer',
    'ns',
    'lower',
    'The same, divided by the layer of the call site that was charged; adds up to cpu_ns_per_request.',
  ),
  cpu_busy_fraction: info(
    'CPU busy',
    'fraction',
    'lower',
    'Busy time of all processors over processors times simulated_ns.',
  ),
  cpu_tree: info(
    'CPU tree',
    'ns',
    null,
    'Busy time by call site, as a tree that adds up to the total exactly.',
  ),
  kva_maps: info(
    'Data mappings',
    'mappings',
    'lower',
    'Times that data pages were entered into kernel virtual memory.',
  ),
  kva_unmaps: info(
    'Data unmappings',
    'unmappings',
    'lower',
    'Times that data pages were removed from kernel virtual memory.',
  ),
  kva_bytes_max: info(
    'KVA in use, most',
    'bytes',
    'lower',
    'Most bytes of data mapped in kernel virtual memory at one time.',
  ),
  kva_searches: info(
    'KVA searches',
    'searches',
    'lower',
    'Searches for free address space in the buffer map, since boot.',
  ),
  kva_search_failures: info(
    'KVA searches failed',
    'searches',
    'lower',
    'Searches of the buffer map that found no hole large enough, since boot.',
  ),
  kva_fragmentation: info(
    'KVA fragmentation',
    'fraction',
    'lower',
    'At the end, the part of the free buffer map that is not in its largest hole.',
  ),
  pte_writes: info('PTE writes', 'writes', 'lower', 'Kernel page-table entries written.'),
  tlb_invalidations_local: info(
    'Local TLB invalidations',
    'pages',
    'lower',
    'Single-page invalidations (invlpg) on the processor that changed the mapping.',
  ),
  tlb_shootdowns: info(
    'TLB shootdowns',
    'shootdowns',
    'lower',
    'Invalidations broadcast to other processors.',
  ),
  ipis: info(
    'IPIs',
    'interrupts',
    'lower',
    'Inter-processor interrupts sent: one for each target of a shootdown.',
  ),
  tlb_misses: info(
    'TLB misses',
    'misses',
    'lower',
    'Kernel data accesses whose translation was not in the TLB.',
  ),
  tlb_stale_accesses: info(
    'Stale TLB accesses',
    'accesses',
    'lower',
    'Accesses through a TLB entry that no longer agrees with the page table. Anything but 0 is a kernel bug.',
  ),
  page_lists_built: info('Page lists built', 'lists', 'lower', 'Page lists (XIO) filled for a transfer.'),
  kva_translations: info(
    'KVA translations',
    'pages',
    'lower',
    'Pages whose physical address was looked up from a kernel virtual address.',
  ),
  bytes_bounced: info('Bytes bounced', 'bytes', 'lower', 'Bytes copied between data pages and bounce pages.'),
  bounce_pages_max: info('Bounce pages, most', 'pages', 'lower', 'Most bounce pages active at one time.'),
  bounce_waits: info('Bounce waits', 'waits', 'lower', 'Loads deferred because bounce pages were short.'),
  bytes_copied_cpu: info(
    'Bytes copied by the CPU',
    'bytes',
    'lower',
    'Bytes moved by processors: user copies and bounce copies.',
  ),
  msf_created: info(
    'msf_bufs created',
    'msf_bufs',
    null,
    'Descriptors created from a buffer or a page list.',
  ),
  msf_recreated: info(
    'msf_bufs re-created',
    'msf_bufs',
    'lower',
    'Descriptors created at a layer border for data that had one above it.',
  ),
  msf_passed: info(
    'msf_bufs passed on',
    'passes',
    null,
    'Layer borders that a descriptor crossed as it was.',
  ),
  msf_by_layer: info(
    'msf_bufs by layer',
    'msf_bufs',
    null,
    'What became of the msf_bufs of each layer: created (re-created ones included), recreated, passed on to the next layer, mapped by msf_require_buf, translated by msf_require_xio, loads that bounced. Tables leave out rows of zeros.',
  ),
  cache_hits: info('Cache hits', 'buffers', 'higher', 'Buffers found valid in the buffer cache.'),
  cache_misses: info('Cache misses', 'buffers', 'lower', 'Buffers not found, or found not valid.'),
  vm_cache_hits: info(
    'Page cache hits',
    'buffers',
    'higher',
    'Of cache_misses, those whose pages were all in memory and valid, so that nothing was read.',
  ),
  buf_defrags: info(
    'Buffer map shortages',
    'searches',
    'lower',
    'Searches of the buffer map for a new buffer that found no hole, so that other buffers gave up their address space.',
  ),
  delayed_writes: info(
    'Delayed writes',
    'buffers',
    null,
    'Times that a written buffer was left to be brought to the disk later (bdwrite).',
  ),
  daemon_writes: info(
    'Writes by the daemon',
    'buffers',
    'lower',
    'Writes that the buf daemon started, those of the sync at the end and those tried again included.',
  ),
  pass_requests: info(
    'Pass-through commands',
    'requests',
    null,
    'Requests that were small commands for the disk, such as INQUIRY, beside its reads and writes.',
  ),
  metadata_views: info(
    'Metadata views',
    'views',
    null,
    'Mapped looks into a buffer that the file system asked for, to parse or change metadata.',
  ),
  clusters_read: info(
    'Clusters read',
    'transfers',
    null,
    'Transfers that read a row of neighbouring blocks at once (cluster_rbuild).',
  ),
  clusters_written: info(
    'Clusters written',
    'transfers',
    null,
    'Transfers that wrote a row of neighbouring dirty blocks at once (cluster_wbuild).',
  ),
  read_aheads: info(
    'Reads ahead',
    'transfers',
    null,
    'Reads of blocks that nobody had asked for yet, started because somebody reads in order.',
  ),
  pbuf_waits: info(
    'Waits for pbufs',
    'waits',
    'lower',
    'Times that a request around the buffer cache slept until a header for physical I/O (pbuf) was free.',
  ),
  device_busy_fraction: info(
    'Device busy',
    'fraction',
    null,
    'Part of simulated_ns in which the device had a command.',
  ),
  device_ns_per_command: info(
    'Device time per command',
    'ns',
    'lower',
    'Mean time from the arrival of a command at the device to its end, waiting in the device included.',
  ),
  trace_lines_skipped: info(
    'Trace lines skipped',
    'lines',
    null,
    'Lines of the trace that hold no read or write (comments, opens, syncs, trims).',
  ),
  device_interrupts: info(
    'Device interrupts',
    'interrupts',
    'lower',
    'Interrupts of the device that reached a processor; a device may save them up.',
  ),
  device_errors: info(
    'Device errors',
    'commands',
    'lower',
    'Commands that the device ended with an error, those tried again included.',
  ),
  command_retries: info('Commands retried', 'commands', 'lower', 'Commands sent once more after an error.'),
  command_timeouts: info(
    'Command time-outs',
    'time-outs',
    'lower',
    "Times that a driver's timer looked after a command that took too long, as after a lost interrupt.",
  ),
  request_splits: info(
    'Request splits',
    'commands',
    'lower',
    'Commands beyond the first of a request, in a kernel that splits what the device cannot take at once.',
  ),
  iotlb_misses: info(
    'IOTLB misses',
    'misses',
    'lower',
    'Pages of a transfer whose translation was not in the IOTLB.',
  ),
  iotlb_invalidations: info(
    'IOTLB invalidations',
    'commands',
    'lower',
    'Commands that took translations out of the IOTLB.',
  ),
  dma_faults: info(
    'DMA faults',
    'accesses',
    'lower',
    'Accesses that the bus or the IOMMU refused a device, and descriptors that its hardware could not carry out.',
  ),
  frames_sent: info(
    'Frames sent',
    'frames',
    null,
    'Frames that the network adapter sent, for requests that send files.',
  ),
  frame_errors: info('Frames dropped', 'frames', 'lower', 'Frames that the driver or the adapter gave up.'),
  io_errors: info(
    'I/O errors',
    'requests',
    'lower',
    'Requests that ended with an error, and blocks of delayed writes that were given up after three failed writes.',
  ),
  verify_errors: info(
    'Verification errors',
    'sectors',
    'lower',
    'Sectors read whose bytes were not what was last written. Anything but 0 is a failed run.',
  ),
  sanitizer_violations: info(
    'Sanitizer violations',
    'violations',
    'lower',
    'Things the sanitizer found that a sound kernel never does; 0 with the sanitizer off. Anything but 0 is a failed run.',
  ),
  lock_acquisitions: info(
    'Lock acquisitions',
    'times',
    null,
    'Times that the locks of machine.kvaLock, machine.bufLock and machine.ipiLock, or that of the kernel loop vmap, were taken; 0 without them.',
  ),
  lock_contentions: info(
    'Lock contentions',
    'times',
    'lower',
    'Those of lock_acquisitions that had to wait for another processor.',
  ),
  lock_wait_ns: info(
    'Lock wait',
    'ns',
    'lower',
    'Time from asking to having, over all of lock_contentions; processors spin meanwhile.',
  ),
  idle_handler_ns: info(
    'Handlers on idle processors',
    'ns',
    null,
    'The part of the time of shootdown handlers that ran on processors with nothing else to do. It is in cpu_ns_per_request and cpu_tree; what a real kernel reports as system time leaves it out.',
  ),
  wall_ms: info('Wall time', 'ms', null, 'Host time of the run.'),
  requests_per_wall_s: info('Simulation speed', 'requests/s', null, 'requests over wall_ms.'),
  peak_rss_bytes: info('Peak memory', 'bytes', null, 'Highest resident set of the host process.'),
}
