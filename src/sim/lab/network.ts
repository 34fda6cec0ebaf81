import { CopiedPages } from '../kernel/net/copied-pages.ts'
import { ExternalStorage } from '../kernel/net/file-storage.ts'
import type { ExternalPages, FileStorage } from '../kernel/net/file-storage.ts'
import { MCLBYTES } from '../kernel/net/mbuf.ts'
import { MbufPool } from '../kernel/net/mbuf-pool.ts'
import { MsfBufPages } from '../kernel/net/msf-buf-pages.ts'
import { framePayload, Sendfile } from '../kernel/net/sendfile.ts'
import { SfBufPages } from '../kernel/net/sf-buf-pages.ts'
import { FRAME_HEADER_BYTES } from '../kernel/net/frame-header.ts'
import type { KernelCounters } from '../kernel/counters.ts'
import { MsfSourceCalls } from '../kernel/msf-buf/sources.ts'
import { DirectMapSfBufs } from '../kernel/sf-buf/direct-map.ts'
import { SFBA_PCATCH, SfBufs2004 } from '../kernel/sf-buf/dragonfly-2004.ts'
import { FreeBsdSfBufs, SFB_CATCH } from '../kernel/sf-buf/freebsd.ts'
import type { KernelThreads } from '../kernel/sleep-channel.ts'
import { CopyCalls } from '../kernel/vm/copy-calls.ts'
import type { BusTranslation } from '../machine/dma-bus.ts'
import type { Machine } from '../machine/machine.ts'
import { PAGE_SIZE } from '../machine/page.ts'
import type { Ledger } from '../workload/ledger.ts'
import { WireCheck } from '../workload/wire-check.ts'
import type { Kernel } from './kernel.ts'
import { buildNic } from './nic.ts'
import type { Nic } from './nic.ts'
import type { NicProfile } from './nic-profile.ts'
import type { IoPath } from './scenario.ts'
import { ScenarioError } from './scenario-error.ts'
import { usesSfBufs } from './sends-files.ts'

export interface NetworkParts {
  readonly machine: Machine
  readonly kernel: Kernel
  readonly counters: KernelCounters
  readonly threads: KernelThreads
  readonly ledger: Ledger
  /** Between the adapter and memory; null: nothing. */
  readonly iommu: BusTranslation | null
}

export interface NetworkOptions {
  readonly path: IoPath
  readonly kernelBits: 64 | 32
  readonly profile: NicProfile
  /** Threads that send. */
  readonly streams: number
  /** As many as `fileSfBufs` says. */
  readonly sfBufs: number
}

/** An adapter, and what sends files through it. */
export interface Network {
  readonly nic: Nic
  readonly sendfile: Sendfile
  readonly wire: WireCheck
}

/** Attaches an adapter to a machine, with the sendfile of the kernel that an I/O path stands for. @throws ScenarioError */
export function buildNetwork(parts: NetworkParts, options: NetworkOptions): Network {
  const { machine, kernel, counters, threads, ledger } = parts
  const { profile, streams } = options
  const mbufs = new MbufPool(machine, counters, kernel.pages, clustersFor(machine, options), kernel.window)
  const wire = new WireCheck(ledger, machine.memory.holdsData, streams, framePayload(profile.mtu))
  const { busdma, pages, holds } = kernel
  const nic = buildNic({ machine, busdma, counters, pages, mbufs }, profile, wire, parts.iommu)
  const storage = buildStorage(parts, options, mbufs)
  const { driver } = nic
  const sendfile = new Sendfile(
    { machine, threads, holds, mbufs, storage, driver, watcher: wire },
    streams,
    profile.mtu,
  )
  return { nic, sendfile, wire }
}

/** Clusters for all frames in the ring and one that each thread makes, with all of their data; and one frame to copy together. */
function clustersFor(machine: Machine, { profile, streams }: NetworkOptions): number {
  const frame = Math.ceil((profile.mtu + FRAME_HEADER_BYTES) / MCLBYTES) + 1
  const clusters = (profile.ring + streams + 1) * frame
  const pages = Math.ceil((clusters * MCLBYTES) / PAGE_SIZE)
  if (pages <= machine.memory.pages / 4) return clusters
  throw new ScenarioError(
    'machine.nic',
    `has a ring of ${profile.ring} frames, whose mbufs take ${Math.ceil((pages * PAGE_SIZE) / 1048576)} MiB: more than a quarter of memory`,
    'Choose an adapter with a shorter ring, or raise machine.memoryMiB.',
  )
}

function buildStorage(parts: NetworkParts, options: NetworkOptions, mbufs: MbufPool): FileStorage {
  const { machine, kernel, counters } = parts
  if (options.path === 'copy')
    return new CopiedPages(mbufs, new CopyCalls(machine, counters), kernel.window, kernel.holds)
  return new ExternalStorage(mbufs, externalPages(parts, options))
}

function externalPages(parts: NetworkParts, options: NetworkOptions): ExternalPages {
  const { machine, kernel, counters, threads } = parts
  const { holds, pmap, msfs, xios, reservedStart } = kernel
  if (options.path === 'direct') return new MsfBufPages(msfs, new MsfSourceCalls(msfs, xios, holds))
  if (!usesSfBufs(options.path, options.kernelBits))
    return new SfBufPages(new DirectMapSfBufs(), 0, holds, counters)
  if (options.path === 'unmapped') {
    const sfBufs = new FreeBsdSfBufs(machine, pmap, threads, reservedStart, options.sfBufs)
    return new SfBufPages(sfBufs, SFB_CATCH, holds, counters)
  }
  const pool = { firstPage: reservedStart, count: options.sfBufs, quick: true }
  return new SfBufPages(new SfBufs2004(machine, pmap, threads, pool), SFBA_PCATCH, holds, counters)
}
