import type { Buf } from '../kernel/bufcache/buf.ts'
import type { DiskPeripheral } from '../kernel/cam/disk.ts'
import { PassPeripheral } from '../kernel/cam/pass.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import type { Machine } from '../machine/machine.ts'
import type { BusTranslation } from '../machine/dma-bus.ts'
import { SimulationFault } from '../machine/physical-memory.ts'
import { BlockRequests } from '../workload/block-requests.ts'
import type { Ledger } from '../workload/ledger.ts'
import { PassRequests } from '../workload/pass-requests.ts'
import { PhysioRequests } from '../workload/physio-requests.ts'
import type { RequestHandler } from '../workload/request-handler.ts'
import { KIND_BLOCK, KIND_METADATA, KIND_PASS, KIND_PHYSIO, KIND_SENDFILE } from '../workload/request-kind.ts'
import { SendfileRequests } from '../workload/sendfile-requests.ts'
import type { LabCache } from './cache.ts'
import { FIRST_FILE_VNODE } from './cache.ts'
import { usesPbufs } from './check-scenario.ts'
import type { DeviceProfile } from './device-profile.ts'
import { LabFiles, layoutOf } from './files.ts'
import type { Kernel } from './kernel.ts'
import { maxTransfer } from './max-transfer.ts'
import { buildNetwork } from './network.ts'
import type { Network } from './network.ts'
import type { NicProfile } from './nic-profile.ts'
import { mapPassBuffers } from './pass-buffers.ts'
import type { JobWorkload, DiskRunSpec } from './scenario.ts'
import { fileSfBufs, sendsFiles } from './sends-files.ts'
import { diskSectors } from './storage/build-storage.ts'
import type { Storage } from './storage/build-storage.ts'

export interface WorkloadParts {
  readonly machine: Machine
  readonly kernel: Kernel
  readonly counters: KernelCounters
  readonly threads: KernelThreads
  readonly ledger: Ledger
  readonly disk: DiskPeripheral
  readonly storage: Storage
  readonly cache: LabCache
  /** Between the devices and memory; null: nothing. */
  readonly iommu: BusTranslation | null
}

export interface WorkloadProfiles {
  readonly device: DeviceProfile
  /** Needed for a job that sends files. */
  readonly nic?: NicProfile
}

/** What the requests of a run go to: the handler of each kind, and the file system and the adapter where it has any. */
export class Workload {
  /** Of each kind of request, by its number. */
  readonly handlers: readonly RequestHandler[]
  /** Null for a workload that sends nothing. */
  readonly network: Network | null
  private readonly blocks: BlockRequests
  /** Null for a workload that needs no file system. */
  private readonly files: LabFiles | null

  constructor(parts: WorkloadParts, spec: DiskRunSpec, profiles: WorkloadProfiles) {
    const { workload } = spec.scenario
    const { pages, pmap } = parts.kernel
    this.blocks = buildBlockRequests(parts, spec)
    this.files = buildFiles(parts, spec, profiles.device)
    this.network = sendsFiles(workload) ? attachNetwork(parts, spec, profiles.nic) : null
    if (usesPbufs(spec.scenario)) parts.cache.cache.pbufs?.giveMemory(pages, pmap)
    this.handlers =
      workload.kind === 'job' ? this.jobHandlers(parts, spec, workload, profiles) : [this.blocks]
  }

  /** Blocks given up that were written. */
  get lost(): number {
    return this.blocks.lost + (this.files?.lost ?? 0)
  }

  /** Sectors of metadata found damaged or out of date. */
  get metadataErrors(): number {
    return this.files?.errors ?? 0
  }

  /** A delayed write was given up. */
  blockLost(buf: Buf): void {
    if (buf.b_vp!.id < FIRST_FILE_VNODE) this.blocks.blockLost(buf)
    else this.files!.blockLost(buf)
  }

  private jobHandlers(
    parts: WorkloadParts,
    spec: DiskRunSpec,
    job: JobWorkload,
    profiles: WorkloadProfiles,
  ): readonly RequestHandler[] {
    const { machine, kernel, counters, ledger, threads, disk } = parts
    const { cache, vnode } = parts.cache
    const { machine: config } = spec.scenario
    const sectors = diskSectors(config.diskGiB)
    const handlers: RequestHandler[] = []
    handlers[KIND_BLOCK] = this.files !== null && job.target === 'files' ? this.files.requests : this.blocks
    if (this.files !== null) handlers[KIND_METADATA] = this.files.metadata
    if (job.passPercent > 0) {
      const pass = new PassPeripheral({ machine, xpt: disk.xpt, threads }, mapPassBuffers(kernel))
      handlers[KIND_PASS] = new PassRequests({ pass, counters, ledger, sectors }, job.queueDepth)
    }
    if (job.physioPercent > 0) {
      const device = { iosizeMax: maxTransfer(profiles.device), sectors }
      const { pages } = kernel
      const physio = { machine, pages, ledger, cache, vnode, device }
      handlers[KIND_PHYSIO] = new PhysioRequests(physio, job.queueDepth)
    }
    if (this.network !== null) {
      const { sendfile, wire } = this.network
      const send = { cache, vnode, sendfile, wire }
      handlers[KIND_SENDFILE] = new SendfileRequests(send, job.queueDepth, config.blockKiB * 1024)
    }
    return handlers
  }
}

function buildBlockRequests(parts: WorkloadParts, { scenario }: DiskRunSpec): BlockRequests {
  const { machine, counters, ledger, kernel } = parts
  const { cache, slices } = parts.cache
  return new BlockRequests(
    { machine, counters, ledger, path: kernel.path, cache, slices },
    {
      threads: scenario.workload.queueDepth,
      delayedWrites: scenario.machine.writes === 'delayed',
      readAhead: scenario.machine.readAhead,
    },
  )
}

function buildFiles(parts: WorkloadParts, { scenario }: DiskRunSpec, device: DeviceProfile): LabFiles | null {
  const { machine: config, workload } = scenario
  const layout = layoutOf(config, workload)
  if (layout === null || workload.kind !== 'job') return null
  const { machine, counters, kernel, threads, ledger, storage } = parts
  const { cache, vm } = parts.cache
  return new LabFiles(
    {
      machine,
      counters,
      path: kernel.path,
      cache,
      threads,
      newObject: () => vm.newObject(),
      iosizeMax: maxTransfer(device),
      ledger,
      media: storage.media,
    },
    config,
    workload,
    layout,
  )
}

function attachNetwork(
  parts: WorkloadParts,
  { scenario, path }: DiskRunSpec,
  profile: NicProfile | undefined,
): Network {
  if (profile === undefined) throw new SimulationFault('a job that sends files needs a network adapter')
  const { workload, machine } = scenario
  const { kernelBits } = machine
  const sfBufs = fileSfBufs(path, kernelBits, workload)
  return buildNetwork(parts, { path, kernelBits, profile, streams: workload.queueDepth, sfBufs })
}
