import type { DiskFigures, FlashFigures } from '../devices/service-model.ts'
import type { VirtioBlkFigures } from '../devices/virtio-blk.ts'

/** How a driver talks to a device; each has an engine in src/sim/devices and a driver in src/sim/kernel. */
export const DEVICE_INTERFACES = [
  'isa-dma',
  'aha-1542',
  'pio-ide',
  'bus-master-ide',
  '53c8xx',
  'ahci',
  'nvme',
  'mps',
  'virtio-blk',
] as const
export type DeviceInterface = (typeof DEVICE_INTERFACES)[number]

export const TAG_FLAGS = [
  'ALLOCNOW',
  'ALIGNED',
  'ONEBPAGE',
  'PRIVBZONE',
  'ALLOCALL',
  'KEEP_PG_OFFSET',
] as const
export type TagFlag = (typeof TAG_FLAGS)[number]

/** Arguments of one bus_dma_tag_create call of a driver. Sizes and addresses in bytes; null is the highest address of all. */
export interface TagLimits {
  readonly alignment: number
  readonly boundary: number
  readonly lowaddr: number | null
  readonly highaddr: number | null
  readonly maxsize: number
  readonly nsegments: number
  readonly maxsegsz: number
  readonly flags: readonly TagFlag[]
}

/** A PCI Express link: what it carries for data depends on the size of its packets. */
export interface PcieLink {
  readonly generation: 1 | 2 | 3 | 4 | 5
  readonly lanes: 1 | 2 | 4 | 8 | 16
  /** Most data bytes of one packet. */
  readonly maxPayload: number
}

export type ServiceTimes =
  | ({ readonly kind: 'flash'; readonly link?: PcieLink | undefined } & FlashFigures)
  | ({ readonly kind: 'disk' } & DiskFigures)

/** A storage device and its driver, as one data file describes them. */
export interface DeviceProfile {
  readonly name: string
  readonly title: string
  readonly interface: DeviceInterface
  /** Address lines of the hardware, whatever the driver believes. */
  readonly addressBits: number
  /** Commands that the driver keeps at the device at one time. */
  readonly slots: number
  /** Tags that the driver makes, each under the one before it; data is loaded with the last. Empty for drivers without BUSDMA. */
  readonly tags: readonly TagLimits[]
  readonly service: ServiceTimes
  readonly interrupts: {
    /** Completions that are worth an interrupt ... */
    readonly commands: number
    /** ... or the ns after which fewer are. */
    readonly ns: number
  }
  /** The driver looks after a command that did not end in this time, ns. */
  readonly timeoutNs: number
  /** Pairs of submission and completion queues, for interfaces that have them; 1 for the others. */
  readonly queues: number
  /** Programmed transfers: bytes per second that the processor itself moves, and sectors per interrupt. */
  readonly pio?: { readonly bytesPerSecond: number; readonly sectorsPerInterrupt: number } | undefined
  /** The channel of the ISA DMA controllers: 0 to 3 move bytes, 5 to 7 words. */
  readonly channel?: number | undefined
  /** What a virtio disk tells its driver about itself. */
  readonly virtio?: VirtioBlkFigures | undefined
  /** Where each figure comes from, by the name of its field. */
  readonly sources: Readonly<Record<string, string>>
}
