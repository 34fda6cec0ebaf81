import type { HistoryLimits } from '../engine/history/history-recorder.ts'
import { HistoryRecorder } from '../engine/history/history-recorder.ts'
import { Random } from '../engine/random.ts'
import { Simulator } from '../engine/simulator.ts'
import type { BufDaemon } from '../kernel/bufcache/buf-daemon.ts'
import type { BufferCache } from '../kernel/bufcache/buffer-cache.ts'
import { nswbufFor } from '../kernel/bufcache/sizing.ts'
import { CALL_SITES, Site } from '../kernel/call-sites.ts'
import { DiskPeripheral } from '../kernel/cam/disk.ts'
import { errnoName, OK } from '../kernel/errno.ts'
import type { Errno } from '../kernel/errno.ts'
import { attachIommu } from '../kernel/iommu/policy.ts'
import type { IommuParts } from '../kernel/iommu/policy.ts'
import { KernelCounters } from '../kernel/counters.ts'
import { Happening } from '../kernel/history-events.ts'
import { KernelThreads } from '../kernel/sleep-channel.ts'
import type { CostProfile } from '../machine/costs.ts'
import { Machine } from '../machine/machine.ts'
import { KVA_BASE } from '../machine/page-table.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { IoThreads } from '../workload/io-threads.ts'
import { Ledger } from '../workload/ledger.ts'
import type { RequestSource } from '../workload/request-source.ts'
import { bufferCount, buildCache, copyBufferBytes, reservedBytes } from './cache.ts'
import { checkScenario } from './check-scenario.ts'
import { watchEnd } from './end-checks.ts'
import { buildKernel, kvaPagesFor } from './kernel.ts'
import type { Kernel } from './kernel.ts'
import { maxTransfer } from './max-transfer.ts'
import { collectMetrics, toRunViolation } from './collect-metrics.ts'
import type { HostFigures } from './collect-metrics.ts'
import type { RunResult, RunSeries } from './metrics.ts'
import { Recorder } from './recorder.ts'
import { History } from './history/history.ts'
import { inspectObjects } from './history/inspect-objects.ts'
import type { RunObjects } from './history/inspect-objects.ts'
import type { DeviceProfile } from './device-profile.ts'
import type { DiskRunSpec, DiskWorkload, MachineConfig } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { fileSfBufs } from './sends-files.ts'
import { jobRequests } from './job-requests.ts'
import { Workload } from './workload.ts'
import type { WorkloadProfiles } from './workload.ts'
import { buildStorage, diskSectors } from './storage/build-storage.ts'
import type { Storage } from './storage/build-storage.ts'

/** Streams of random numbers, one for each consumer. */
const JOB_STREAM = 1
const DEVICE_STREAM = 2
const MEMORY_STREAM = 3
const FAULT_STREAM = 4

/** Highest address of devices on the ISA bus. */
const ISA_REACH = 0xffffff

export interface RunProgressSnapshot {
  readonly requestsDone: number
  /** Null while the length of the trace is not known. */
  readonly requestsTotal: number | null
  readonly simulatedNs: number
}

/** One simulation, from a resolved scenario to its result. Synchronous and deterministic; whoever drives it owns the wall clock. */
export interface SimulationRun {
  /** What happened to each request; null when nobody writes it down. */
  readonly history: History | null
  /**
   * Goes on, by at most `maxEvents` simulated events, each of which takes at most one request from the source.
   * @returns true when the run is over
   */
  advance(maxEvents: number): boolean
  progress(): RunProgressSnapshot
  /** The result of a run that is over. @param host figures that only the driver of the run can know */
  finish(host: HostFigures): { readonly result: RunResult; readonly series: RunSeries }
}

/** Requests to a disk, through the whole stack. */
export class LabRun implements SimulationRun {
  private readonly spec: DiskRunSpec
  private readonly simulator = new Simulator()
  private readonly counters = new KernelCounters()
  private readonly recorder = new Recorder()
  private readonly ledger = new Ledger()
  /** What happened to each request; null when nobody writes it down. */
  readonly history: History | null
  private readonly machine: Machine
  private readonly iommu: IommuParts
  private readonly kernel: Kernel
  private readonly storage: Storage
  private readonly source: RequestSource
  private readonly threads: IoThreads
  private readonly cache: BufferCache
  private readonly daemon: BufDaemon
  private readonly workload: Workload

  constructor(
    spec: DiskRunSpec,
    source: RequestSource | null,
    profiles: RunProfiles,
    limits: HistoryLimits | null,
  ) {
    checkScenario(spec.scenario, spec.path)
    this.spec = spec
    const { machine: config, workload } = spec.scenario
    const sfBufs = fileSfBufs(spec.path, config.kernelBits, workload)
    const pbufs = nswbufFor(bufferCount(config))
    const kvaPages = kvaPagesFor(bufferCount(config), reservedBytes(config, spec.path) / PAGE_SIZE, pbufs)
    const history = limits === null ? null : new HistoryRecorder(limits)
    this.history = history === null ? null : new History(history, config.cpus)
    this.machine = buildMachine(this.simulator, config, profiles.costs, kvaPages + sfBufs, history)
    this.iommu = attachIommu(config.iommu, this.machine, this.simulator)
    this.kernel = buildKernel(this.simulator, this.machine, this.counters, {
      path: spec.path,
      kernelBits: config.kernelBits,
      copyBuffers: { count: bufferCount(config), bytes: copyBufferBytes(config) },
      busdma: config.busdma,
      iommu: this.iommu.domain,
      maxBouncePages: config.bouncePages,
      numaDomains: config.numaDomains,
      fragmentation: config.fragmentation,
      ageing: config.ageing,
      pmap: config.pmap,
      kvaLock: config.kvaLock,
      memorySeed: new Random(spec.seed, MEMORY_STREAM).uint32(),
      reservedKvaPages: sfBufs,
      pbufs,
    })
    this.source = source ?? jobRequests(workload, spec.seed, JOB_STREAM)
    const disk = this.buildDisk()
    this.storage = this.buildStorage(config, profiles.device, disk)
    this.kernel.path.boot?.()
    // The buf daemon comes after the threads of the workload.
    const daemonThread = workload.queueDepth
    const kernelThreads = new KernelThreads(daemonThread + 1, (thread) => {
      if (thread === daemonThread) this.daemon.wake()
      else this.threads.wake(thread)
    })
    this.threads = this.buildThreads(workload, kernelThreads)
    const { simulator, machine, counters, kernel } = this
    const labCache = buildCache(
      {
        simulator,
        machine,
        counters,
        kernel,
        threads: kernelThreads,
        daemonThread,
        iosizeMax: maxTransfer(profiles.device),
        strategy: (buf) => disk.strategy(buf),
        lost: (buf) => this.workload.blockLost(buf),
      },
      spec,
    )
    this.cache = labCache.cache
    this.daemon = labCache.daemon
    this.workload = new Workload(
      {
        machine,
        kernel,
        counters,
        threads: kernelThreads,
        ledger: this.ledger,
        disk,
        storage: this.storage,
        cache: labCache,
        iommu: this.iommu.iommu,
      },
      spec,
      profiles,
    )
    const probeBuffer = this.mapProbeBuffer()
    if (this.machine.sanitizer !== null) watchEnd(this.machine, this.kernel, this.cache)
    disk.probe(probeBuffer, (sectors, error) => this.start(sectors, error))
  }

  /**
   * Handles at most `maxEvents` simulated events. Each takes at most one request from the source, so a source that has
   * `maxEvents` requests at hand cannot run dry in between.
   * @returns true when the run is over
   */
  advance(maxEvents: number): boolean {
    if (this.simulator.run(maxEvents) === maxEvents) return false
    if (this.threads.running > 0)
      throw new SimulationFault(`${this.threads.running} threads sleep and nothing will wake them`)
    if (this.daemon.isSyncing)
      throw new SimulationFault('the sync at the end waits for a write that never ends')
    return true
  }

  /** The state of the run's objects now, for somebody who steps through it. */
  objects(): RunObjects {
    return inspectObjects(this.simulator, this.machine, this.kernel, this.cache, this.threads)
  }

  progress(): RunProgressSnapshot {
    const { workload } = this.spec.scenario
    const limit = workload.kind === 'job' ? workload.requests : workload.limit
    return {
      requestsDone: this.recorder.requests,
      requestsTotal: limit === 0 ? null : limit,
      simulatedNs: Math.max(0, this.simulator.now - this.recorder.startNs),
    }
  }

  /** The result of a run that is over. @param host figures that only the driver of the run can know */
  finish(host: HostFigures): { readonly result: RunResult; readonly series: RunSeries } {
    const { sanitizer } = this.machine
    sanitizer?.end()
    const metrics = collectMetrics(
      {
        machine: this.machine,
        counters: this.counters,
        recorder: this.recorder,
        busdma: this.kernel.busdma,
        bufferMap: this.kernel.bufferMap,
        drive: this.storage.drive,
        bus: this.storage.bus,
        iommu: this.iommu.iommu,
        nic: this.workload.network?.nic.driver.stats ?? null,
        failedRequests: this.threads.failed + this.workload.lost,
        skippedLines: this.source.skipped,
        verifyErrors: this.ledger.errors + this.workload.metadataErrors,
      },
      host,
    )
    const { scenario, path, seed } = this.spec
    const result = { scenario: scenario.name, path, seed, metrics }
    const violations = sanitizer?.violations.map(toRunViolation) ?? []
    return {
      result: violations.length === 0 ? result : { ...result, violations },
      series: this.recorder.curves(),
    }
  }

  private start(sectors: number, error: Errno): void {
    if (error !== OK) {
      throw new ScenarioError(
        'machine.device',
        `the disk does not tell its capacity: ${errnoName(error)}`,
        "Check the tags and addressBits of the device file: its driver's tables and data must lie where it reaches.",
      )
    }
    const expected = diskSectors(this.spec.scenario.machine.diskGiB)
    if (sectors !== expected)
      throw new SimulationFault(`the disk reported ${sectors} sectors instead of ${expected}`)
    const { now } = this.simulator
    this.machine.resetMeasurement()
    this.counters.reset()
    this.iommu.iommu?.resetMeasurement()
    this.recorder.startNs = now
    this.recorder.endNs = now
    this.storage.drive.resetMeasurement()
    this.storage.startFaults()
    this.threads.start(this.workload.handlers, now)
  }

  /** The last request is complete. What is dirty goes to the disk before the run is over. */
  private requestsDone(): void {
    const unmap = (): void => this.iommu.domain?.flush()
    const { network } = this.workload
    const flush = (): void => (network === null ? unmap() : network.sendfile.whenIdle(unmap))
    if (this.spec.scenario.machine.writes === 'delayed') this.daemon.sync(flush)
    else flush()
  }

  private buildDisk(): DiskPeripheral {
    return new DiskPeripheral(
      this.machine,
      this.counters,
      this.kernel.path,
      (buf, error) => this.cache.biodone(buf, error),
      this.spec.scenario.machine.diskThreads === 'freebsd-2013',
    )
  }

  private buildStorage(config: MachineConfig, profile: DeviceProfile, disk: DiskPeripheral): Storage {
    const parts = {
      machine: this.machine,
      busdma: this.kernel.busdma,
      msfs: this.kernel.msfs,
      xpt: disk.xpt,
      counters: this.counters,
      pages: this.kernel.pages,
      pmap: this.kernel.pmap,
    }
    const { seed } = this.spec
    const storage = buildStorage(parts, {
      profile,
      sectors: diskSectors(config.diskGiB),
      faults: config,
      interrupts: config.interrupts,
      diskThreads: config.diskThreads,
      iommu: this.iommu.iommu,
      random: new Random(seed, DEVICE_STREAM),
      faultRandom: new Random(seed, FAULT_STREAM),
    })
    disk.xpt.attach(storage.sim)
    return storage
  }

  private buildThreads(workload: DiskWorkload, kernelThreads: KernelThreads): IoThreads {
    const { simulator, machine, source, recorder } = this
    return new IoThreads(
      { simulator, machine, kernelThreads, source },
      {
        threads: workload.queueDepth,
        onEnd: () => this.requestsDone(),
        paced: workload.kind === 'trace' && workload.pace === 'recorded',
        onComplete: (startedAt, endedAt, bytes) =>
          recorder.complete(startedAt, endedAt, bytes, machine.counters.ipis),
      },
    )
  }

  /**
   * A wired page, mapped for good, for the probe's small request: where every device reaches it, so that a wrong tag shows in
   * the run and not in a disk without a size.
   */
  private mapProbeBuffer(): number {
    const { pages, kernelMap, pmap } = this.kernel
    const pfn = pages.contigmalloc(1, 0, ISA_REACH, PAGE_SIZE, 0)
    if (pfn < 0) throw new SimulationFault('no low memory for the probe buffer')
    const va = KVA_BASE + kernelMap.alloc(1) * PAGE_SIZE
    pmap.pmap_qenter(va, Int32Array.of(pfn), 1)
    return va
  }
}

/** What a scenario names and files describe. */
export interface RunProfiles extends WorkloadProfiles {
  /** Of `machine.costs`. */
  readonly costs: CostProfile
}

/**
 * Builds a run. Nothing has happened yet.
 * @param source requests of a trace; null for a job, which makes its own
 * @param history how much of what happens is written down; null: nothing
 * @throws ScenarioError when the scenario's fields do not fit together; RangeError for a history too small to hold anything
 */
export function createRun(
  spec: DiskRunSpec,
  source: RequestSource | null,
  profiles: RunProfiles,
  history: HistoryLimits | null = null,
): LabRun {
  return new LabRun(spec, source, profiles, history)
}

function buildMachine(
  simulator: Simulator,
  config: MachineConfig,
  costs: CostProfile,
  kvaPages: number,
  history: HistoryRecorder | null,
): Machine {
  return new Machine(simulator, {
    cpus: config.cpus,
    sockets: config.sockets,
    tlbEntries: config.tlbEntries,
    tlbWays: config.tlbWays,
    memoryPages: (config.memoryMiB * 1024 * 1024) / PAGE_SIZE,
    kvaPages,
    holdsData: config.fidelity === 'bytes',
    sanitizer: config.sanitizer,
    ipiLock:
      config.ipiLock === 'global'
        ? { name: 'ipi', site: Site['ipi lock'], waitSite: Site['ipi lock wait'] }
        : undefined,
    costs,
    callSites: CALL_SITES,
    tlbMissSite: Site['tlb miss'],
    history,
    shootdownEvent: Happening['processors interrupted'],
  })
}
