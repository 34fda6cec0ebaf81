/** A PCI Express link, as far as it decides how fast data crosses it. */
export interface PcieLinkFigures {
  readonly generation: 1 | 2 | 3 | 4 | 5
  readonly lanes: number
  /** Most data bytes of one packet. */
  readonly maxPayload: number
}

/** Gigatransfers per second and lane, and the part of them that the line code leaves, by generation. */
const GENERATIONS = [
  [2.5e9, 8 / 10],
  [5e9, 8 / 10],
  [8e9, 128 / 130],
  [16e9, 128 / 130],
  [32e9, 128 / 130],
] as const

/** Part of the link that acknowledgements and flow control take: 57.88 of 62.96 Gb/s stay on generation 3 x8. */
const PACKET_SHARE = 57.88 / 62.96
/** Framing, sequence number, header of four words and check of a memory write or of a read request. */
const REQUEST_OVERHEAD = 24
/** The same around the data that answers a read; its header has three words. */
const COMPLETION_OVERHEAD = 20
/** Most bytes that one read request asks for. */
const READ_REQUEST_BYTES = 512

/** Bits per second on the wires, after the line code. */
export function physicalRate({ generation, lanes }: PcieLinkFigures): number {
  const [transfers, code] = GENERATIONS[generation - 1]!
  return transfers * lanes * code
}

/**
 * Bits of data per second that a device moves in one direction, in transfers of `bytes` bytes, when it reads as much as it
 * writes (the model of Neugebauer et al., Understanding PCIe performance, SIGCOMM 2018).
 * The direction to the host carries its writes and its read requests; the other one the answers.
 */
export function effectiveRate(link: PcieLinkFigures, bytes: number): number {
  const packets = Math.ceil(bytes / link.maxPayload)
  const requests = Math.ceil(bytes / READ_REQUEST_BYTES)
  const up = bytes + packets * REQUEST_OVERHEAD + requests * REQUEST_OVERHEAD
  const down = bytes + packets * COMPLETION_OVERHEAD
  return (physicalRate(link) * PACKET_SHARE * bytes) / Math.max(up, down)
}

/** Bytes of data per second in one direction, in packets of the largest size: what a drive's link carries. */
export function dataBytesPerSecond(link: PcieLinkFigures): number {
  const { maxPayload } = link
  return (physicalRate(link) * PACKET_SHARE * maxPayload) / (maxPayload + REQUEST_OVERHEAD) / 8
}
