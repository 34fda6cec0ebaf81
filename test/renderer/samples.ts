import { LAYERS, MSF_EVENTS, MSF_LAYERS } from '../../src/shared/lab.ts'
import type { Layer, MsfByLayer, Metrics, RunResult } from '../../src/shared/lab.ts'
import type { FinishedRun } from '../../src/renderer/results/finished-run.ts'

/** Counts of msf_bufs, 0 but for those given. */
const msfByLayer = (own: Partial<MsfByLayer>): MsfByLayer => ({
  ...(Object.fromEntries(
    MSF_LAYERS.flatMap((layer) => MSF_EVENTS.map((event) => [`${layer}_${event}`, 0])),
  ) as MsfByLayer),
  ...own,
})

const byLayer = (own: Partial<Record<Layer, number>>): Record<Layer, number> => ({
  ...(Object.fromEntries(LAYERS.map((layer) => [layer, 0])) as Record<Layer, number>),
  ...own,
})

const base: Metrics = {
  requests: 100,
  bytes: 400_000,
  simulated_ns: 1_000_000,
  iops: 100_000,
  throughput_Bps: 400e6,
  latency_ns: { mean: 5000, p50: 4000, p90: 6000, p95: 7000, p99: 10_000, p999: 20_000, max: 30_000 },
  cpu_ns_per_request: 10_000,
  cpu_ns_per_request_by_layer: byLayer({ copy: 4000, shootdown: 6000 }),
  cpu_busy_fraction: 0.5,
  cpu_tree: { name: 'cpu', layer: 'syscall', self_ns: 0, total_ns: 0, children: [] },
  kva_maps: 100,
  kva_unmaps: 90,
  kva_bytes_max: 65_536,
  kva_searches: 12,
  kva_search_failures: 0,
  kva_fragmentation: 0.25,
  pte_writes: 400,
  tlb_invalidations_local: 300,
  tlb_shootdowns: 100,
  ipis: 812_000,
  tlb_misses: 50,
  tlb_stale_accesses: 0,
  page_lists_built: 0,
  kva_translations: 100,
  bytes_bounced: 0,
  bounce_pages_max: 0,
  bounce_waits: 0,
  bytes_copied_cpu: 400_000,
  msf_created: 100,
  msf_recreated: 100,
  msf_passed: 0,
  msf_by_layer: msfByLayer({ bufcache_created: 5 }),
  cache_hits: 10,
  cache_misses: 90,
  vm_cache_hits: 4,
  buf_defrags: 0,
  delayed_writes: 0,
  daemon_writes: 0,
  pass_requests: 0,
  metadata_views: 0,
  clusters_read: 0,
  clusters_written: 0,
  read_aheads: 0,
  pbuf_waits: 0,
  device_busy_fraction: 0.9,
  device_ns_per_command: 80_000,
  trace_lines_skipped: 0,
  device_interrupts: 90,
  device_errors: 0,
  command_retries: 0,
  command_timeouts: 0,
  request_splits: 0,
  iotlb_misses: 0,
  iotlb_invalidations: 0,
  dma_faults: 0,
  frames_sent: 0,
  frame_errors: 0,
  io_errors: 0,
  verify_errors: 0,
  sanitizer_violations: 0,
  lock_acquisitions: 0,
  lock_contentions: 0,
  lock_wait_ns: 0,
  idle_handler_ns: 0,
  wall_ms: 12,
  requests_per_wall_s: 8333,
  peak_rss_bytes: 1e8,
}

/** A believable result of the mapped path; `own` replaces single metrics. */
export function mapped(own: Partial<Metrics> = {}): RunResult {
  return { scenario: 'scenario', path: 'mapped', seed: 1, metrics: { ...base, ...own } }
}

/** The direct path of the same scenario: no interrupts, less CPU time. */
export function direct(own: Partial<Metrics> = {}): RunResult {
  const metrics: Metrics = {
    ...base,
    throughput_Bps: 440e6,
    latency_ns: { ...base.latency_ns, p99: 8000 },
    cpu_ns_per_request: 4000,
    cpu_ns_per_request_by_layer: byLayer({ copy: 4000 }),
    tlb_shootdowns: 0,
    ipis: 0,
    ...own,
  }
  return { scenario: 'scenario', path: 'direct', seed: 1, metrics }
}

/** A result with curves of 5 bins of 250 µs, of which the run filled 4. */
export function finished(result: RunResult, bytes: readonly number[] = [100, 300, 200, 400, 0]): FinishedRun {
  const curve = Float64Array.from(bytes)
  return {
    result,
    series: { binNs: 250_000, bytes: curve, requests: curve, ipis: curve, latencySumNs: curve },
  }
}
