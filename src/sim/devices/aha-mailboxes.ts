import { AHA_MAILBOX_BYTES, AHA_MAILBOX_FREE, AHA_MAILBOX_START } from '../machine/datasheets/aha-1542.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { readBigEndian, readBytes, writeBigEndian, writeBytes } from '../machine/word-memory.ts'

/** The adapter's side of the mailboxes: two rings in memory, each with its place where the adapter goes on. */
export class AhaMailboxes {
  private readonly bus: DmaBus
  private readonly bytes = new Uint8Array(AHA_MAILBOX_BYTES)
  private base = 0
  private count = 0
  private out = 0
  private in = 0

  constructor(bus: DmaBus) {
    this.bus = bus
  }

  get isInitialized(): boolean {
    return this.count > 0
  }

  /** @param count of the outgoing ones, which begin at `base`, and of the incoming ones after them */
  initialize(count: number, base: number): void {
    this.count = count
    this.base = base
    this.out = 0
    this.in = 0
  }

  /** Takes the next CCB to start, and frees its mailbox. @returns its address, -1 when there is none */
  takeOutgoing(): number {
    for (let i = 0; i < this.count; i++) {
      const place = this.base + this.out * AHA_MAILBOX_BYTES
      readBytes(this.bus, place, this.bytes, AHA_MAILBOX_BYTES)
      this.out = (this.out + 1) % this.count
      if (this.bytes[0] !== AHA_MAILBOX_START) continue
      const ccb = readBigEndian(this.bytes, 1, 3)
      this.bytes[0] = AHA_MAILBOX_FREE
      writeBytes(this.bus, place, this.bytes, 1)
      return ccb
    }
    return -1
  }

  /** Says in the next incoming mailbox that a CCB is done. @returns false when the driver has not emptied that yet */
  postIncoming(code: number, ccb: number): boolean {
    const place = this.base + (this.count + this.in) * AHA_MAILBOX_BYTES
    readBytes(this.bus, place, this.bytes, 1)
    if (this.bytes[0] !== AHA_MAILBOX_FREE) return false
    this.bytes[0] = code
    writeBigEndian(this.bytes, 1, 3, ccb)
    writeBytes(this.bus, place, this.bytes, AHA_MAILBOX_BYTES)
    this.in = (this.in + 1) % this.count
    return true
  }
}
