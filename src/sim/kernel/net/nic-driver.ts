import {
  ETHER_HEADER_BYTES,
  TXD_CMD_EOP,
  TXD_CMD_IFCS,
  TXD_CMD_RS,
  TXD_STAT_DD,
  TXD_STAT_TU,
  TX_COMMAND_SHIFT,
  TX_DESCRIPTOR_BYTES,
  TX_STATUS,
} from '../../machine/datasheets/em.ts'
import type { NicTransmit } from '../../machine/datasheets/em.ts'
import type { Machine } from '../../machine/machine.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { BusDma } from '../busdma/busdma.ts'
import {
  BUS_DMASYNC_POSTWRITE,
  BUS_DMASYNC_PREWRITE,
  BUS_DMA_NOWAIT,
  BUS_DMA_WAITOK,
} from '../busdma/constants.ts'
import type { BusDmamap } from '../busdma/map.ts'
import type { BusDmaTag, BusDmaTagArgs } from '../busdma/tag.ts'
import { Site } from '../call-sites.ts'
import { allocateControl } from '../cam/sims/control-memory.ts'
import type { ControlMemory } from '../cam/sims/control-memory.ts'
import { makeTag } from '../cam/sims/dma-sim.ts'
import { Watchdog } from '../cam/sims/watchdog.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EFBIG, EMSGSIZE, ENOBUFS, ENOMEM, OK } from '../errno.ts'
import type { PageAllocator } from '../vm/page-allocator.ts'
import type { MbufPool } from './mbuf-pool.ts'
import type { Mbuf } from './mbuf.ts'

export interface NicDriverParts {
  readonly machine: Machine
  readonly busdma: BusDma
  readonly counters: KernelCounters
  readonly pages: PageAllocator
  readonly mbufs: MbufPool
}

export interface NicLimits {
  /** Tags, each made under the one before it; frames are loaded with the last. */
  readonly tags: readonly BusDmaTagArgs[]
  /** Descriptors. */
  readonly ring: number
  /** Highest address of the ring. */
  readonly ringLimit: number
  /** Most bytes of a frame after its header. */
  readonly mtu: number
  readonly timeoutNs: number
}

/** What an interface counts (struct if_data, and the driver's own). */
export interface NicCounters {
  /** Frames and bytes sent. */
  opackets: number
  obytes: number
  /** Frames dropped. */
  oerrors: number
  /** Frames copied together because they were in too many pieces. */
  defrags: number
  /** Frames turned away because the ring, or the bounce pages, were full. */
  full: number
  /** Times that the adapter was reset because nothing moved. */
  resets: number
}

/** The transmit side of an Ethernet driver, after em(4): em_encap, em_txeof and em_watchdog with legacy descriptors. */
export class NicDriver {
  readonly stats: NicCounters = { opackets: 0, obytes: 0, oerrors: 0, defrags: 0, full: 0, resets: 0 }
  /** Called when a caller was turned away and there is room again. */
  room: () => void = () => undefined
  private readonly parts: NicDriverParts
  private readonly limits: NicLimits
  private readonly nic: NicTransmit
  private readonly ring: ControlMemory
  private readonly tag: BusDmaTag
  private readonly watchdog: Watchdog
  /** Frames in the ring, oldest first, in a ring of their own: the packet, its map, its last descriptor, when it was started. */
  private readonly packets: (Mbuf | null)[]
  private readonly maps: BusDmamap[]
  private readonly lasts: Int32Array
  private readonly startedAt: Float64Array
  private oldest = 0
  private count = 0
  private tail = 0
  /** Descriptors not in use; one always stays free, so that a full ring does not look empty. */
  private free: number
  private turnedAway = false
  private segments = 0
  private loadError: Errno = OK

  constructor(parts: NicDriverParts, limits: NicLimits, nic: NicTransmit) {
    this.parts = parts
    this.limits = limits
    this.nic = nic
    this.ring = allocateControl(parts.busdma, limits.ring * TX_DESCRIPTOR_BYTES, limits.ringLimit)
    this.tag = makeTag(parts.busdma, limits.tags)
    this.maps = Array.from({ length: limits.ring }, () => {
      const { map } = parts.busdma.bus_dmamap_create(this.tag, BUS_DMA_WAITOK)
      if (map === null) throw new SimulationFault('bus_dmamap_create failed: no memory for bounce pages')
      return map
    })
    this.packets = this.maps.map(() => null)
    this.lasts = new Int32Array(limits.ring)
    this.startedAt = new Float64Array(limits.ring)
    this.free = limits.ring - 1
    this.watchdog = new Watchdog(parts.machine, parts.counters, limits.timeoutNs, {
      oldestStart: () => (this.count === 0 ? Infinity : this.startedAt[this.oldest]!),
      poll: () => this.look(),
    })
    nic.setRing(this.ring.bus, limits.ring * TX_DESCRIPTOR_BYTES)
  }

  /** Frames in the ring. */
  get inRing(): number {
    return this.count
  }

  /**
   * Puts a frame into the ring; the driver frees it when it is sent.
   * @returns OK; ENOBUFS: no room now, the frame is still the caller's, and `room` will be called. With any other error the
   * frame was dropped and freed: EMSGSIZE (longer than the link takes), EFBIG (in too many pieces even after m_defrag, or no
   * cluster for it), and whatever else its load ended with.
   */
  nic_encap(packet: Mbuf): Errno {
    const { machine } = this.parts
    machine.accounting.enter(Site.nic_encap)
    const error = this.encap(packet)
    machine.accounting.leave()
    if (error === ENOBUFS) {
      this.stats.full++
      this.turnedAway = true
    } else if (error !== OK) {
      this.stats.oerrors++
      this.parts.mbufs.m_freem(packet)
    }
    return error
  }

  /** The interrupt handler. */
  interrupt(): void {
    if (this.nic.takeInterrupt()) this.nic_txeof()
  }

  private encap(packet: Mbuf): Errno {
    const { machine, busdma } = this.parts
    const { packetLength } = packet
    if (packetLength === 0 || packetLength > this.limits.mtu + ETHER_HEADER_BYTES) return EMSGSIZE
    if (this.free === 0 || this.count === this.limits.ring) return ENOBUFS
    const entry = (this.oldest + this.count) % this.limits.ring
    const map = this.maps[entry]!
    const error = this.loadPacket(map, packet)
    // Frames under way have the bounce pages; without any, waiting would not help.
    if (error === ENOMEM && this.count > 0) return ENOBUFS
    if (error !== OK) return error
    if (this.segments > this.free) {
      busdma.bus_dmamap_unload(this.tag, map)
      return this.count > 0 ? ENOBUFS : EFBIG
    }
    busdma.bus_dmamap_sync(this.tag, map, BUS_DMASYNC_PREWRITE)
    this.lasts[entry] = this.writeDescriptors(map, this.segments)
    machine.charge(Site['tx descriptor'], this.segments * machine.cost.driverPerSegment)
    machine.charge(Site.nic_encap, machine.cost.driverCommand)
    this.packets[entry] = packet
    this.startedAt[entry] = machine.cpu.clock
    this.count++
    this.nic.writeTail(this.tail, machine.cpu.clock)
    this.watchdog.started()
    return OK
  }

  /** Loads a frame; one in too many pieces is copied together and loaded again, once. */
  private loadPacket(map: BusDmamap, packet: Mbuf): Errno {
    const error = this.tryLoad(map, packet)
    if (error !== EFBIG) return error
    if (!this.parts.mbufs.m_defrag(packet)) return EFBIG
    this.stats.defrags++
    return this.tryLoad(map, packet)
  }

  private tryLoad(map: BusDmamap, packet: Mbuf): Errno {
    this.loadError = OK
    const error = this.parts.busdma.bus_dmamap_load_mbuf(
      this.tag,
      map,
      packet,
      this.loaded,
      0,
      BUS_DMA_NOWAIT,
    )
    return this.loadError === OK ? error : this.loadError
  }

  private readonly loaded = (
    _arg: number,
    _map: BusDmamap,
    segments: number,
    _bytes: number,
    error: Errno,
  ): void => {
    this.segments = segments
    this.loadError = error
  }

  /** @returns the index of the last descriptor */
  private writeDescriptors(map: BusDmamap, segments: number): number {
    const { memory } = this.parts.machine
    let last = 0
    for (let i = 0; i < segments; i++) {
      last = this.tail
      const descriptor = this.ring.physical + last * TX_DESCRIPTOR_BYTES
      const command = i === segments - 1 ? TXD_CMD_EOP | TXD_CMD_RS | TXD_CMD_IFCS : TXD_CMD_IFCS
      memory.write32(descriptor, map.segAddr[i]!)
      memory.write32(descriptor + 4, Math.floor(map.segAddr[i]! / 0x100000000))
      memory.write32(descriptor + 8, (command << TX_COMMAND_SHIFT) | map.segLen[i]!)
      memory.write32(descriptor + TX_STATUS, 0)
      this.tail = last + 1 === this.limits.ring ? 0 : last + 1
    }
    this.free -= segments
    return last
  }

  /** Takes back the frames that the adapter is done with, and lets a caller who was turned away know. */
  private nic_txeof(): void {
    const { machine } = this.parts
    machine.accounting.enter(Site.nic_txeof)
    while (this.count > 0) {
      const last = this.ring.physical + this.lasts[this.oldest]! * TX_DESCRIPTOR_BYTES
      const status = machine.memory.read32(last + TX_STATUS)
      if ((status & TXD_STAT_DD) === 0) break
      machine.charge(Site.nic_txeof, machine.cost.driverPerSegment)
      this.finish((status & TXD_STAT_TU) === 0)
    }
    machine.accounting.leave()
    this.tellRoom()
  }

  private finish(isSent: boolean): void {
    const { busdma, mbufs } = this.parts
    const entry = this.oldest
    const packet = this.packets[entry]!
    const map = this.maps[entry]!
    busdma.bus_dmamap_sync(this.tag, map, BUS_DMASYNC_POSTWRITE)
    busdma.bus_dmamap_unload(this.tag, map)
    if (isSent) {
      this.stats.opackets++
      this.stats.obytes += packet.packetLength
    } else this.stats.oerrors++
    mbufs.m_freem(packet)
    this.packets[entry] = null
    this.oldest = entry + 1 === this.limits.ring ? 0 : entry + 1
    this.count--
    const next = this.lasts[entry]! + 1
    const { ring } = this.limits
    this.free = (next - this.tail - 1 + 2 * ring) % ring
  }

  private tellRoom(): void {
    if (!this.turnedAway || this.free === 0) return
    this.turnedAway = false
    this.room()
  }

  /** The timer: an interrupt may have got lost; when nothing has moved at all, the adapter is reset and its frames are dropped. */
  private look(): void {
    const before = this.count
    this.nic.takeInterrupt()
    this.nic_txeof()
    if (this.count < before) return
    this.stats.resets++
    this.nic.reset()
    while (this.count > 0) this.finish(false)
    this.tail = 0
    this.nic.setRing(this.ring.bus, this.limits.ring * TX_DESCRIPTOR_BYTES)
    this.tellRoom()
  }
}
