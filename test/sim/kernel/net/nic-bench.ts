import { BUILTIN_NICS } from '../../../../src/shared/profiles/builtin-nics.ts'
import { Simulator } from '../../../../src/sim/engine/simulator.ts'
import { CALL_SITES, Site } from '../../../../src/sim/kernel/call-sites.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { KernelCounters } from '../../../../src/sim/kernel/counters.ts'
import { MbufPool } from '../../../../src/sim/kernel/net/mbuf-pool.ts'
import type { Mbuf } from '../../../../src/sim/kernel/net/mbuf.ts'
import { buildKernel, kvaPagesFor } from '../../../../src/sim/lab/kernel.ts'
import type { Kernel } from '../../../../src/sim/lab/kernel.ts'
import type { NicProfile } from '../../../../src/sim/lab/nic-profile.ts'
import { buildNic } from '../../../../src/sim/lab/nic.ts'
import type { Nic } from '../../../../src/sim/lab/nic.ts'
import type { BusDmaDialectName } from '../../../../src/sim/kernel/busdma/dialects/names.ts'
import { Machine } from '../../../../src/sim/machine/machine.ts'
import { DMAP_BASE } from '../../../../src/sim/machine/page-table.ts'
import { builtinCosts } from '../../machine/builtin-costs.ts'

const PAGE = 4096

/** Data of one mbuf: a cluster of the pool, or external storage at an offset of a page. */
export interface Piece {
  readonly bytes: number
  /** -1: a cluster. */
  readonly page: number
  readonly offset: number
}

/** An adapter on a kernel with 8 GiB, and what came out of the wire. */
export class NicBench {
  readonly simulator = new Simulator()
  readonly machine: Machine
  readonly counters = new KernelCounters()
  readonly kernel: Kernel
  readonly mbufs: MbufPool
  readonly nic: Nic
  readonly frames: Uint8Array[] = []
  readonly times: number[] = []
  /** External storage given back, by argument. */
  readonly freed: number[] = []
  private readonly free = (arg: number): void => void this.freed.push(arg)

  constructor(
    name: string,
    changes: Partial<NicProfile> = {},
    busdma: BusDmaDialectName = 'dmalab',
    clusters = 512,
  ) {
    this.machine = new Machine(this.simulator, {
      cpus: 2,
      tlbEntries: 64,
      tlbWays: 4,
      memoryPages: (8 * 1024 * 1024 * 1024) / PAGE,
      kvaPages: kvaPagesFor(1, 1),
      holdsData: true,
      sanitizer: true,
      costs: builtinCosts('x86new'),
      callSites: CALL_SITES,
      tlbMissSite: Site['tlb miss'],
    })
    const { machine, counters } = this
    this.kernel = buildKernel(this.simulator, machine, counters, {
      path: 'direct',
      kernelBits: 64,
      busdma,
      iommu: null,
      maxBouncePages: 1024,
      numaDomains: 1,
      fragmentation: 50,
      ageing: 0,
      memorySeed: 1,
    })
    const { pages } = this.kernel
    this.mbufs = new MbufPool(machine, counters, pages, clusters)
    const profile = BUILTIN_NICS.get(name)
    if (profile === undefined) throw new Error(`no adapter ${name}`)
    this.nic = buildNic(
      { machine, busdma: this.kernel.busdma, counters, pages, mbufs: this.mbufs },
      { ...profile, ...changes },
      {
        receive: (buffer, bytes, at) => {
          this.frames.push(buffer.slice(0, bytes))
          this.times.push(at)
        },
      },
    )
  }

  get violations(): readonly string[] {
    return this.machine.sanitizer!.violations.map(({ kind, object }) => `${kind}: ${object}`)
  }

  takePages(count: number, low: number, high: number): number[] {
    const first = this.kernel.pages.contigmalloc(count, low, high, PAGE, 0)
    if (first < 0) throw new Error('no such pages')
    return Array.from({ length: count }, (_, i) => first + i)
  }

  /** A packet of these pieces with bytes that follow from `salt`. @returns the packet and its bytes */
  packet(pieces: readonly Piece[], salt: number): { packet: Mbuf; bytes: Uint8Array } {
    this.machine.switchTo(0, this.simulator.now)
    const packet = this.mbufs.m_gethdr()
    pieces.forEach(({ bytes, page, offset }, i) => {
      if (page >= 0)
        this.mbufs.m_extadd(packet, DMAP_BASE + page * PAGE + offset, bytes, this.free, salt * 1000 + i)
      else if (this.mbufs.m_getcl(packet, bytes, offset) < 0) throw new Error('no cluster')
    })
    const bytes = Uint8Array.from({ length: packet.packetLength }, (_, i) => i * 31 + (i >>> 8) + salt * 7)
    this.mbufs.m_copyback(packet, 0, bytes)
    return { packet, bytes }
  }

  /** Hands a packet to the driver, on processor 0 as of now. */
  send(packet: Mbuf): Errno {
    this.machine.switchTo(0, this.simulator.now)
    return this.nic.driver.nic_encap(packet)
  }

  settle(): void {
    for (let rounds = 0; this.simulator.run(100_000) === 100_000; rounds++)
      if (rounds > 50) throw new Error('no end')
  }
}
