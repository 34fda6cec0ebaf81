import { ETHER_HEADER_BYTES } from '../../machine/datasheets/em.ts'

/** Bytes before the data of a frame: Ethernet's, and as many as IPv4 and TCP have without options. */
export const FRAME_HEADER_BYTES = ETHER_HEADER_BYTES + 40

/** An EtherType for experiments (IEEE 802). */
const ETHERTYPE_LOCAL = 0x88b5
const TYPE_AT = 12
const FRAME_AT = 14
const BYTES_AT = 18
const OFFSET_AT = 24

/** What stands in front of data of a file: which frame it is, and which bytes of the file follow. */
export class FrameHeader {
  readonly bytes = new Uint8Array(FRAME_HEADER_BYTES)
  private readonly view = new DataView(this.bytes.buffer)

  get isOurs(): boolean {
    return this.view.getUint16(TYPE_AT) === ETHERTYPE_LOCAL
  }

  get frame(): number {
    return this.view.getUint32(FRAME_AT)
  }

  /** Bytes of data. */
  get count(): number {
    return this.view.getUint32(BYTES_AT)
  }

  /** Byte of the file where the data begins. */
  get offset(): number {
    return this.view.getFloat64(OFFSET_AT)
  }

  set(frame: number, offset: number, count: number): void {
    this.view.setUint16(TYPE_AT, ETHERTYPE_LOCAL)
    this.view.setUint32(FRAME_AT, frame)
    this.view.setUint32(BYTES_AT, count)
    this.view.setFloat64(OFFSET_AT, offset)
  }
}
