import { InterruptLine } from '../devices/interrupt-line.ts'
import { NicController } from '../devices/nic-controller.ts'
import type { FrameSink } from '../devices/nic-controller.ts'
import { SegmentList } from '../devices/segment-list.ts'
import { Site } from '../kernel/call-sites.ts'
import { NicDriver } from '../kernel/net/nic-driver.ts'
import type { NicDriverParts } from '../kernel/net/nic-driver.ts'
import type { BusTranslation } from '../machine/dma-bus.ts'
import { DmaBus } from '../machine/dma-bus.ts'
import type { NicProfile } from './nic-profile.ts'
import { IOTLB_WALK_NS } from './storage/build-storage.ts'
import { tagArgsOf } from './storage/tag-args.ts'

/** An adapter and the driver for it. */
export interface Nic {
  readonly driver: NicDriver
  readonly controller: NicController
  readonly bus: DmaBus
  readonly interrupt: InterruptLine
}

/**
 * Builds the adapter of a profile and attaches its driver. Its interrupt runs on processor 0.
 * @param sink gets what is sent
 * @param translation between the adapter and memory; null: bus addresses are physical addresses
 */
export function buildNic(
  parts: NicDriverParts,
  profile: NicProfile,
  sink: FrameSink,
  translation: BusTranslation | null = null,
): Nic {
  const { machine, pages } = parts
  const { simulator } = machine
  const bus = new DmaBus(machine.memory, {
    addressBits: profile.addressBits,
    isHeld: (pfn) => pages.isPinned(pfn),
    sanitizer: machine.sanitizer,
    translation,
    walkNs: IOTLB_WALK_NS,
  })
  const interruptEvent = simulator.on(() => {
    machine.switchTo(0, simulator.now)
    machine.accounting.enter(Site.interrupt)
    machine.charge(Site.interrupt, machine.cost.interrupt)
    driver.interrupt()
    machine.accounting.leave()
  })
  const interrupt = new InterruptLine(simulator, profile.interrupts, (at) =>
    simulator.schedule(at, interruptEvent, 0),
  )
  const segments = new SegmentList(bus)
  const { linkBitsPerSecond } = profile
  const controller = new NicController({ simulator, bus, segments, interrupt, sink, linkBitsPerSecond })
  const limits = {
    tags: profile.tags.map(tagArgsOf),
    ring: profile.ring,
    ringLimit: bus.highest,
    mtu: profile.mtu,
    timeoutNs: profile.timeoutNs,
  }
  const driver = new NicDriver(parts, limits, controller)
  return { driver, controller, bus, interrupt }
}
