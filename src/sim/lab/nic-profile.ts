import type { TagLimits } from './device-profile.ts'

/** A network adapter and its driver, as one data file describes them. */
export interface NicProfile {
  readonly name: string
  readonly title: string
  /** Address lines of the hardware, whatever the driver believes. */
  readonly addressBits: number
  readonly linkBitsPerSecond: number
  /** Most bytes of a frame after its header. */
  readonly mtu: number
  /** Descriptors of the transmit ring. */
  readonly ring: number
  /** Tags that the driver makes, each under the one before it; frames are loaded with the last. */
  readonly tags: readonly TagLimits[]
  readonly interrupts: {
    /** Frames that are worth an interrupt ... */
    readonly commands: number
    /** ... or the ns after which fewer are. */
    readonly ns: number
  }
  /** The driver looks after a frame that was not sent in this time, ns. */
  readonly timeoutNs: number
  /** Where each figure comes from, by the name of its field. */
  readonly sources: Readonly<Record<string, string>>
}
