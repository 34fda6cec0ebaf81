import { SECTOR_SIZE } from '../machine/page.ts'
import { FRAME_HEADER_BYTES, FrameHeader } from '../kernel/net/frame-header.ts'
import type { SendfileWatcher } from '../kernel/net/sendfile.ts'
import { MAXBSIZE } from '../kernel/bufcache/limits.ts'
import type { Ledger } from './ledger.ts'

const BLOCK_SECTORS = MAXBSIZE / SECTOR_SIZE
const WORD_BYTES = 4

/**
 * The other end of the wire: compares the data of each frame with what the file should hold. Others may write to a page while
 * it is sent, so a sector may be as it was when its page was given to the network, or newer, and nothing else.
 */
export class WireCheck implements SendfileWatcher {
  /** Frames that came, and their bytes of the file. */
  frames = 0
  bytes = 0
  private readonly ledger: Ledger
  private readonly holdsData: boolean
  private readonly frameSectors: number
  private readonly header = new FrameHeader()
  /** Of each stream: its block's first sector, and versions of the block's sectors when it was given. */
  private readonly blockFirst: Float64Array
  private readonly blockVersions: Int32Array
  /** Of each frame on its way: the oldest version that each of its sectors may have. */
  private frameVersions: Int32Array
  private readonly data: Uint8Array
  private readonly words: Int32Array

  /**
   * @param holdsData frames have bytes; without, they are counted only
   * @param payload most bytes of the file in a frame, a multiple of 4
   */
  constructor(ledger: Ledger, holdsData: boolean, streams: number, payload: number) {
    this.ledger = ledger
    this.holdsData = holdsData
    this.frameSectors = Math.ceil(payload / SECTOR_SIZE) + 1
    this.blockFirst = new Float64Array(streams)
    this.blockVersions = new Int32Array(streams * BLOCK_SECTORS)
    this.frameVersions = new Int32Array(64 * this.frameSectors)
    this.data = new Uint8Array(this.frameSectors * SECTOR_SIZE)
    this.words = new Int32Array(this.data.buffer)
  }

  /** A stream gives bytes `from` to `to` - 1 of the file to the network, which lie in one block. */
  given(stream: number, from: number, to: number): void {
    const first = Math.floor(from / SECTOR_SIZE)
    const last = Math.floor((to - 1) / SECTOR_SIZE)
    this.blockFirst[stream] = first
    for (let sector = first; sector <= last; sector++)
      this.blockVersions[stream * BLOCK_SECTORS + sector - first] = this.ledger.versionOf(sector)
  }

  appended(stream: number, frame: number, frameOffset: number, offset: number, bytes: number): void {
    while ((frame + 1) * this.frameSectors > this.frameVersions.length) this.grow()
    const first = Math.floor(frameOffset / SECTOR_SIZE)
    const last = Math.floor((offset + bytes - 1) / SECTOR_SIZE)
    for (let sector = Math.floor(offset / SECTOR_SIZE); sector <= last; sector++) {
      const known = stream * BLOCK_SECTORS + sector - this.blockFirst[stream]!
      this.frameVersions[frame * this.frameSectors + sector - first] = this.blockVersions[known]!
    }
  }

  /** A frame is there. One that is not what the sender meant counts as one sector found wrong. */
  receive(buffer: Uint8Array, bytes: number): void {
    this.frames++
    if (!this.holdsData) return
    const { header } = this
    header.bytes.set(buffer.subarray(0, FRAME_HEADER_BYTES))
    const { count, offset, frame } = header
    const isWhole = header.isOurs && count + FRAME_HEADER_BYTES === bytes
    if (!isWhole || !((frame + 1) * this.frameSectors <= this.frameVersions.length)) {
      this.ledger.errors++
      return
    }
    this.bytes += count
    const start = offset % SECTOR_SIZE
    this.data.set(buffer.subarray(FRAME_HEADER_BYTES, bytes), start)
    this.verify(frame, offset - start, start, start + count)
  }

  /** @param base byte of the file that `data` begins with @param from first byte of `data` to look at @param to byte after the last */
  private verify(frame: number, base: number, from: number, to: number): void {
    const first = base / SECTOR_SIZE
    for (let at = from; at < to;) {
      const index = Math.floor(at / SECTOR_SIZE)
      const end = Math.min(to, (index + 1) * SECTOR_SIZE)
      const inSector = at - index * SECTOR_SIZE
      this.ledger.verifySince(
        first + index,
        this.words,
        at / WORD_BYTES,
        inSector / WORD_BYTES,
        (inSector + end - at) / WORD_BYTES,
        this.frameVersions[frame * this.frameSectors + index]!,
      )
      at = end
    }
  }

  private grow(): void {
    const larger = new Int32Array(this.frameVersions.length * 2)
    larger.set(this.frameVersions)
    this.frameVersions = larger
  }
}
