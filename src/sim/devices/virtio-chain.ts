import {
  VIRTQ_DESC_BYTES,
  VIRTQ_DESC_FLAGS,
  VIRTQ_DESC_F_NEXT,
  VIRTQ_DESC_F_WRITE,
  VIRTQ_DESC_LEN,
  VIRTQ_DESC_NEXT_SHIFT,
} from '../machine/datasheets/virtio.ts'
import type { DmaBus } from '../machine/dma-bus.ts'

/** One chain of descriptors, as the device read it last: addresses and lengths, those to read before those to write. */
export class VirtioChain {
  readonly addresses: Float64Array
  readonly lengths: Float64Array
  count = 0
  /** Descriptors at the front that the device may only read. */
  readable = 0
  private readonly bus: DmaBus
  private readonly queueSize: number

  constructor(bus: DmaBus, queueSize: number) {
    this.bus = bus
    this.queueSize = queueSize
    this.addresses = new Float64Array(queueSize)
    this.lengths = new Float64Array(queueSize)
  }

  /**
   * Reads the chain that begins at descriptor `head` of a table.
   * @returns false when it breaks a rule of virtqueues, which is reported on the bus
   */
  read(table: number, head: number): boolean {
    this.count = 0
    this.readable = 0
    let index = head
    for (;;) {
      if (index >= this.queueSize) return this.reject(`descriptor ${index} of ${this.queueSize}`)
      if (this.count === this.queueSize) return this.reject(`the chain at ${head} has no end`)
      const descriptor = table + index * VIRTQ_DESC_BYTES
      const word = this.bus.read32(descriptor + VIRTQ_DESC_FLAGS)
      this.addresses[this.count] = this.bus.readAddress(descriptor)
      this.lengths[this.count] = this.bus.read32(descriptor + VIRTQ_DESC_LEN)
      if ((word & VIRTQ_DESC_F_WRITE) === 0) {
        if (this.readable < this.count) return this.reject('a descriptor to read after one to write')
        this.readable++
      }
      this.count++
      if ((word & VIRTQ_DESC_F_NEXT) === 0) return true
      index = word >>> VIRTQ_DESC_NEXT_SHIFT
    }
  }

  private reject(message: string): false {
    this.bus.reject(`virtqueue: ${message}`)
    this.count = 0
    return false
  }
}
