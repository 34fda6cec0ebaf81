import type { Drive } from '../devices/drive.ts'
import type { CallTree } from '../engine/cpu-accounting.ts'
import type { BusDma } from '../kernel/busdma/busdma.ts'
import type { Layer } from '../kernel/call-sites.ts'
import { LAYERS } from '../kernel/call-sites.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { NicCounters } from '../kernel/net/nic-driver.ts'
import type { KvaArena } from '../kernel/vm/kva-arena.ts'
import { fragmentationOf } from '../kernel/vm/kva-arena.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import type { Iommu } from '../machine/iommu.ts'
import type { Machine } from '../machine/machine.ts'
import type { Violation } from '../machine/sanitizer.ts'
import { MSF_EVENTS, MSF_LAYERS, MsfOwner } from '../kernel/msf-buf/msf-counts.ts'
import type { MsfCounts } from '../kernel/msf-buf/msf-counts.ts'
import type { CpuTreeNode, Metrics, MsfByLayer, RunViolation } from './metrics.ts'
import type { Recorder } from './recorder.ts'

/** What only the driver of a run knows. */
export interface HostFigures {
  readonly wallMs: number
  readonly peakRssBytes: number
}

export interface MetricSources {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly recorder: Recorder
  /** Null, as the next three: the run has none. */
  readonly busdma: BusDma | null
  readonly bufferMap: KvaArena | null
  readonly drive: Drive | null
  readonly bus: DmaBus | null
  readonly iommu: Iommu | null
  /** Of the network adapter; null without one. */
  readonly nic: NicCounters | null
  /** Requests that ended with an error. */
  readonly failedRequests: number
  readonly skippedLines: number
  readonly verifyErrors: number
}

/** Reads all counters of a run that is over into the lab's metric names. */
export function collectMetrics(sources: MetricSources, host: HostFigures): Metrics {
  const { machine, counters, recorder } = sources
  const hardware = machine.counters
  const endNs = machine.cpus.reduce((latest, cpu) => Math.max(latest, cpu.clock), recorder.endNs)
  const simulatedNs = endNs - recorder.startNs
  const busyNs = machine.cpus.reduce((sum, cpu) => sum + cpu.busyNs, 0)
  const tree = toTreeNode(machine.accounting.tree())
  const { requests, bytes } = recorder
  const locks = machine.lockStats()
  return {
    requests,
    bytes,
    simulated_ns: simulatedNs,
    iops: ratio(requests * 1e9, simulatedNs),
    throughput_Bps: ratio(bytes * 1e9, simulatedNs),
    latency_ns: recorder.latencySummary(),
    cpu_ns_per_request: ratio(busyNs, requests),
    cpu_ns_per_request_by_layer: layerShares(tree, requests),
    cpu_busy_fraction: ratio(busyNs, simulatedNs * machine.cpus.length),
    cpu_tree: tree,
    kva_maps: counters.kvaMaps,
    kva_unmaps: counters.kvaUnmaps,
    kva_bytes_max: counters.kvaBytesMax,
    kva_searches: sources.bufferMap?.stats.searches ?? 0,
    kva_search_failures: sources.bufferMap?.stats.failures ?? 0,
    kva_fragmentation: sources.bufferMap === null ? 0 : fragmentationOf(sources.bufferMap),
    pte_writes: counters.pteWrites,
    tlb_invalidations_local: hardware.localInvalidations,
    tlb_shootdowns: hardware.shootdowns,
    ipis: hardware.ipis,
    tlb_misses: hardware.tlbMisses,
    tlb_stale_accesses: hardware.staleAccesses,
    page_lists_built: counters.pageListsBuilt,
    kva_translations: counters.kvaTranslations,
    bytes_bounced: counters.bytesBounced,
    bounce_pages_max: sources.busdma?.bouncePagesActiveMax ?? 0,
    bounce_waits: counters.bounceWaits,
    bytes_copied_cpu: counters.bytesCopied,
    msf_created: counters.msfCreated,
    msf_recreated: counters.msfRecreated,
    msf_passed: counters.msfPassed,
    msf_by_layer: msfByLayer(counters.msf),
    cache_hits: counters.cacheHits,
    cache_misses: counters.cacheMisses,
    vm_cache_hits: counters.vmCacheHits,
    buf_defrags: counters.bufdefragcnt,
    delayed_writes: counters.delayedWrites,
    daemon_writes: counters.daemonWrites,
    pass_requests: counters.passRequests,
    metadata_views: counters.metadataViews,
    clusters_read: counters.clustersRead,
    clusters_written: counters.clustersWritten,
    read_aheads: counters.readAheads,
    pbuf_waits: counters.pbufWaits,
    device_busy_fraction: ratio(sources.drive?.busyUntil(endNs) ?? 0, simulatedNs),
    device_ns_per_command: sources.drive?.meanCommandNs ?? 0,
    trace_lines_skipped: sources.skippedLines,
    device_interrupts: counters.deviceInterrupts,
    device_errors: counters.deviceErrors,
    command_retries: counters.commandRetries,
    command_timeouts: counters.commandTimeouts,
    request_splits: counters.requestSplits,
    iotlb_misses: sources.iommu?.counters.iotlbMisses ?? 0,
    iotlb_invalidations: sources.iommu?.counters.invalidations ?? 0,
    dma_faults: sources.bus?.faults ?? 0,
    frames_sent: sources.nic?.opackets ?? 0,
    frame_errors: sources.nic?.oerrors ?? 0,
    io_errors: sources.failedRequests,
    verify_errors: sources.verifyErrors,
    sanitizer_violations: machine.sanitizer?.total ?? 0,
    lock_acquisitions: locks.acquisitions,
    lock_contentions: locks.contentions,
    lock_wait_ns: locks.waitNs,
    idle_handler_ns: machine.idleHandlerNs,
    wall_ms: host.wallMs,
    requests_per_wall_s: ratio(requests * 1000, host.wallMs),
    peak_rss_bytes: host.peakRssBytes,
  }
}

/** A violation in the lab's result names. */
export function toRunViolation({ kind, object, atNs, callPath }: Violation): RunViolation {
  return { kind, object, at_ns: atNs, call_path: callPath }
}

function msfByLayer(counts: MsfCounts): MsfByLayer {
  const entries = MSF_LAYERS.flatMap((layer) =>
    MSF_EVENTS.map((name, event) => [`${layer}_${name}`, counts.of(event, MsfOwner[layer])]),
  )
  return Object.fromEntries(entries) as MsfByLayer
}

/** 0 instead of a division by zero: a run without requests has no rate. */
function ratio(amount: number, per: number): number {
  return per > 0 ? amount / per : 0
}

function toTreeNode(tree: CallTree): CpuTreeNode {
  return {
    name: tree.name,
    layer: tree.layer as Layer,
    self_ns: tree.selfNs,
    total_ns: tree.totalNs,
    children: tree.children.map(toTreeNode),
  }
}

function layerShares(tree: CpuTreeNode, requests: number): Record<Layer, number> {
  const sums = Object.fromEntries(LAYERS.map((layer) => [layer, 0])) as Record<Layer, number>
  const add = (node: CpuTreeNode): void => {
    sums[node.layer] += node.self_ns
    node.children.forEach(add)
  }
  add(tree)
  for (const layer of LAYERS) sums[layer] = ratio(sums[layer], requests)
  return sums
}
