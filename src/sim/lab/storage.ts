import { AhciController } from '../devices/ahci-controller.ts'
import { Drive } from '../devices/drive.ts'
import { IdeController } from '../devices/ide-controller.ts'
import { Media } from '../devices/media.ts'
import { SegmentList } from '../devices/segment-list.ts'
import { DiskModel, FlashModel } from '../devices/service-model.ts'
import type { Random } from '../engine/random.ts'
import type { Simulator } from '../engine/simulator.ts'
import { AhciSim } from '../kernel/cam/sims/ahci-sim.ts'
import type { CamSim } from '../kernel/cam/xpt.ts'
import type { DmaSimParts } from '../kernel/cam/sims/dma-sim.ts'
import { IdeSim } from '../kernel/cam/sims/ide-sim.ts'
import { Site } from '../kernel/call-sites.ts'
import type { PageAllocator } from '../kernel/vm/page-allocator.ts'
import { DmaBus } from '../machine/dma-bus.ts'
import type { Machine } from '../machine/machine.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import type { DeviceProfile } from './scenario.ts'

/** A SATA SSD of about 2015: 80 us a read, eight at a time (100,000 reads/s), 550 MB/s over a 6 Gb/s link. */
const SATA_SSD = { servers: 8, readNs: 80_000, writeNs: 60_000, linkBytesPerSecond: 550e6 }

/** A 7200 rpm desktop disk of 2004 (Barracuda 7200.7) on UDMA mode 5. */
const DESKTOP_DISK = {
  trackToTrackNs: 800_000,
  averageSeekNs: 8_500_000,
  revolutionNs: 8_320_000,
  mediaBytesPerSecond: 58e6,
  busBytesPerSecond: 100e6,
}

/** A controller, its drive and the driver for it. */
export interface Storage {
  readonly drive: Drive
  readonly sim: CamSim
}

/** Interrupts go to processor 0, as a single interrupt line does. */
const INTERRUPT_CPU = 0

/** Builds the device of a profile and attaches its driver. @param sectors capacity */
export function buildStorage(
  profile: DeviceProfile,
  sectors: number,
  simulator: Simulator,
  machine: Machine,
  pages: PageAllocator,
  parts: DmaSimParts,
  random: Random,
): Storage {
  let handler = (): void => undefined
  const interruptEvent = simulator.on(() => {
    machine.switchTo(INTERRUPT_CPU, simulator.now)
    machine.accounting.enter(Site.interrupt)
    machine.charge(Site.interrupt, machine.cost.interrupt)
    handler()
    machine.accounting.leave()
  })
  const raise = (at: number): void => simulator.schedule(at, interruptEvent, 0)
  const connect = (highest: number): [DmaBus, SegmentList] => {
    const bus = new DmaBus(machine.memory, highest, (pfn) => pages.isPinned(pfn), machine.sanitizer)
    return [bus, new SegmentList(machine.memory, bus)]
  }
  const media = new Media(sectors)
  switch (profile) {
    case 'ahci-ssd': {
      const drive = new Drive(media, new FlashModel(SATA_SSD), machine.memory.holdsData)
      const controller = new AhciController(simulator, ...connect(Number.MAX_SAFE_INTEGER), drive, raise)
      const driver = new AhciSim(parts, pages, controller)
      handler = () => driver.interrupt()
      return { drive, sim: driver.sim }
    }
    case 'ide-disk': {
      const drive = new Drive(media, new DiskModel(DESKTOP_DISK, sectors, random), machine.memory.holdsData)
      const controller = new IdeController(simulator, ...connect(0xffffffff), drive, raise)
      const driver = new IdeSim(parts, pages, controller)
      handler = () => driver.interrupt()
      return { drive, sim: driver.sim }
    }
  }
}

/** Sectors of a disk of `gib` GiB. */
export function diskSectors(gib: number): number {
  return (gib * 1024 * 1024 * 1024) / SECTOR_SIZE
}
