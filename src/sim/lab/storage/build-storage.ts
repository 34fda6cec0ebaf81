import { Drive } from '../../devices/drive.ts'
import { FaultInjector } from '../../devices/faults.ts'
import type { FaultRates } from '../../devices/faults.ts'
import { InterruptLine } from '../../devices/interrupt-line.ts'
import { Media } from '../../devices/media.ts'
import { dataBytesPerSecond } from '../../devices/pcie-link.ts'
import { SegmentList } from '../../devices/segment-list.ts'
import { DiskModel, FlashModel } from '../../devices/service-model.ts'
import type { ServiceModel } from '../../devices/service-model.ts'
import type { Random } from '../../engine/random.ts'
import { Site } from '../../kernel/call-sites.ts'
import type { DmaSimParts } from '../../kernel/cam/sims/dma-sim.ts'
import type { CamSim } from '../../kernel/cam/xpt.ts'
import { DmaBus } from '../../machine/dma-bus.ts'
import type { BusTranslation } from '../../machine/dma-bus.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import type { DeviceInterface, DeviceProfile, ServiceTimes } from '../device-profile.ts'
import type { DiskThreads, InterruptTarget } from '../scenario.ts'
import { buildAha1542 } from './aha-1542.ts'
import { buildAhci } from './ahci.ts'
import type { StorageBuilder } from './builder.ts'
import { buildBusMasterIde } from './bus-master-ide.ts'
import { buildNvme } from './nvme.ts'
import { buildIsaDma } from './isa-dma.ts'
import { buildPioIde } from './pio-ide.ts'
import { buildMps } from './mps.ts'
import { buildSym } from './sym.ts'
import { tagArgsOf } from './tag-args.ts'
import { buildVirtioBlk } from './virtio-blk.ts'

const BUILDERS: Readonly<Record<DeviceInterface, StorageBuilder>> = {
  ahci: buildAhci,
  'bus-master-ide': buildBusMasterIde,
  nvme: buildNvme,
  'virtio-blk': buildVirtioBlk,
  'isa-dma': buildIsaDma,
  'pio-ide': buildPioIde,
  'aha-1542': buildAha1542,
  '53c8xx': buildSym,
  mps: buildMps,
}

/** What a device waits for a translation that the IOTLB does not hold: recalled from pcie-bench (SIGCOMM 2018), not checked. */
export const IOTLB_WALK_NS = 330

/** A controller, its drive and the driver for it. */
export interface Storage {
  readonly drive: Drive
  /** The drive's surface, for what stands there before the run. */
  readonly media: Media
  readonly bus: DmaBus
  readonly sim: CamSim
  /** From now on things go wrong, if any shall. */
  startFaults(): void
}

export interface StorageOptions {
  readonly profile: DeviceProfile
  /** Capacity. */
  readonly sectors: number
  readonly faults: FaultRates
  /** Between the device and memory; null: none. */
  readonly iommu: BusTranslation | null
  /** Who takes interrupts; `first` unless given. */
  readonly interrupts?: InterruptTarget
  /** Who does the work that an interrupt asks for; the interrupt itself unless given. */
  readonly diskThreads?: DiskThreads
  /** For the drive's own times. */
  readonly random: Random
  readonly faultRandom: Random
}

/** Builds the device of a profile and attaches its driver. */
export function buildStorage(parts: DmaSimParts, options: StorageOptions): Storage {
  const { machine, pages } = parts
  const { simulator } = machine
  const { profile } = options
  const bus = new DmaBus(machine.memory, {
    addressBits: profile.addressBits,
    isHeld: (pfn) => pages.isPinned(pfn),
    sanitizer: machine.sanitizer,
    // Drivers without BUSDMA hand out physical addresses, and their devices are kept out of the IOMMU's way.
    translation: profile.tags.length === 0 ? null : options.iommu,
    walkNs: IOTLB_WALK_NS,
  })
  const faults = FaultInjector.wanted(options.faults)
    ? new FaultInjector(options.faults, options.faultRandom)
    : null
  const media = new Media(options.sectors)
  const drive = new Drive(media, serviceModel(profile.service, options.sectors, options.random), {
    holdsData: machine.memory.holdsData,
    faults,
    memoryBytes: machine.memory.pages * PAGE_SIZE,
  })
  const queues = Math.min(profile.queues, machine.cpus.length)
  let taken = 0
  const interruptEvent = simulator.on((queue) => {
    const turn = options.interrupts === 'round-robin' ? taken++ : queue
    machine.switchTo(turn % machine.cpus.length, simulator.now)
    machine.accounting.enter(Site.interrupt)
    machine.charge(Site.interrupt, machine.cost.interrupt)
    if (options.diskThreads === 'freebsd-2013') {
      machine.charge(Site.ithread, machine.cost.wakeup)
      machine.charge(Site.camisr, machine.cost.wakeup)
    }
    parts.counters.deviceInterrupts++
    driver.interrupt(queue)
    machine.accounting.leave()
  })
  const interrupts = Array.from(
    { length: queues },
    (_, queue) =>
      new InterruptLine(simulator, profile.interrupts, (at) => simulator.schedule(at, interruptEvent, queue)),
  )
  const driver = BUILDERS[profile.interface]({
    profile,
    device: { simulator, bus, segments: new SegmentList(bus), drive, interrupts },
    driver: parts,
    limits: { tags: profile.tags.map(tagArgsOf), slots: profile.slots, timeoutNs: profile.timeoutNs },
  })
  return { drive, media, bus, sim: driver.sim, startFaults: () => faults?.start() }
}

/** Sectors of a disk of `gib` GiB. */
export function diskSectors(gib: number): number {
  return (gib * 1024 * 1024 * 1024) / SECTOR_SIZE
}

function serviceModel(service: ServiceTimes, sectors: number, random: Random): ServiceModel {
  if (service.kind === 'disk') return new DiskModel(service, sectors, random)
  const { link, linkBytesPerSecond } = service
  return new FlashModel(
    link === undefined
      ? service
      : { ...service, linkBytesPerSecond: Math.min(linkBytesPerSecond, dataBytesPerSecond(link)) },
  )
}
