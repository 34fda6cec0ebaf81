import {
  VIRTQ_AVAIL_RING,
  VIRTQ_DESC_BYTES,
  VIRTQ_DESC_FLAGS,
  VIRTQ_DESC_F_NEXT,
  VIRTQ_DESC_F_WRITE,
  VIRTQ_DESC_LEN,
  VIRTQ_DESC_NEXT_SHIFT,
  VIRTQ_INDEX_SHIFT,
  VIRTQ_USED_BYTES,
  VIRTQ_USED_RING,
} from '../../../machine/datasheets/virtio.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import { BUS_SPACE_MAXADDR_32BIT } from '../../busdma/constants.ts'
import type { Errno } from '../../errno.ts'
import { ENOSPC, OK } from '../../errno.ts'
import type { Sglist } from '../../sglist.ts'
import type { PageAllocator } from '../../vm/page-allocator.ts'
import { allocateWired } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'

/** Nothing of the used ring is left, or a free descriptor. */
const NONE = -1

/** The driver's side of a split virtqueue (DragonFly, virtqueue.c): its three parts in memory, and the free descriptors. */
export class Virtqueue {
  readonly size: number
  freeCount: number
  /** Where the device finds the three parts. */
  readonly descriptorsBus: number
  readonly availableBus: number
  readonly usedBus: number
  private readonly memory: PhysicalMemory
  private readonly descriptors: number
  private readonly available: number
  private readonly used: number
  private freeHead = 0
  /** The descriptor after each, in its chain or among the free ones. */
  private readonly next: Int32Array
  /** Number of descriptors and the caller's cookie of each chain, by its head. */
  private readonly chained: Int32Array
  private readonly cookies: Int32Array
  private availableIndex = 0
  private usedIndex = 0

  /** @param size power of two */
  constructor(memory: PhysicalMemory, pages: PageAllocator, size: number) {
    const availableAt = size * VIRTQ_DESC_BYTES
    const usedAt = availableAt + Math.ceil((VIRTQ_AVAIL_RING + size * 2) / 4) * 4
    const bytes = usedAt + VIRTQ_USED_RING + size * VIRTQ_USED_BYTES
    const place: ControlMemory = allocateWired(pages, bytes, BUS_SPACE_MAXADDR_32BIT)
    for (let at = 0; at < bytes; at += 4) memory.write32(place.physical + at, 0)
    this.memory = memory
    this.size = size
    this.freeCount = size
    this.descriptors = place.physical
    this.available = place.physical + availableAt
    this.used = place.physical + usedAt
    this.descriptorsBus = place.bus
    this.availableBus = place.bus + availableAt
    this.usedBus = place.bus + usedAt
    this.next = Int32Array.from({ length: size }, (_, i) => (i + 1) % size)
    this.chained = new Int32Array(size)
    this.cookies = new Int32Array(size).fill(NONE)
  }

  /**
   * virtqueue_enqueue: makes the ranges of a list available as one chain.
   * @param readable ranges at the front that the device reads; it writes the others
   * @param cookie 0 or more, which virtqueue_dequeue gives back
   * @returns OK, or ENOSPC without enough free descriptors
   */
  virtqueue_enqueue(cookie: number, sg: Sglist, readable: number): Errno {
    const count = sg.sg_nseg
    if (count > this.freeCount) return ENOSPC
    const head = this.freeHead
    let index = head
    for (let i = 0; i < count; i++) {
      this.writeDescriptor(index, sg.ss_paddr[i]!, sg.ss_len[i]!, i >= readable, i < count - 1)
      index = this.next[index]!
    }
    this.freeHead = index
    this.freeCount -= count
    this.chained[head] = count
    this.cookies[head] = cookie
    this.makeAvailable(head)
    return OK
  }

  /**
   * virtqueue_dequeue: takes the next chain that the device has used. An entry that names no chain of the driver's is passed
   * over.
   * @returns the chain's cookie, -1 when there is none
   */
  virtqueue_dequeue(): number {
    while (this.memory.read32(this.used) >>> VIRTQ_INDEX_SHIFT !== this.usedIndex) {
      const entry = this.used + VIRTQ_USED_RING + (this.usedIndex % this.size) * VIRTQ_USED_BYTES
      const head = this.memory.read32(entry)
      this.usedIndex = (this.usedIndex + 1) & 0xffff
      const cookie = head < this.size ? this.cookies[head]! : NONE
      if (cookie === NONE) continue
      this.free(head)
      return cookie
    }
    return NONE
  }

  private writeDescriptor(
    index: number,
    address: number,
    bytes: number,
    write: boolean,
    more: boolean,
  ): void {
    const { memory } = this
    const at = this.descriptors + index * VIRTQ_DESC_BYTES
    memory.write32(at, address)
    memory.write32(at + 4, Math.floor(address / 0x100000000))
    memory.write32(at + VIRTQ_DESC_LEN, bytes)
    memory.write32(
      at + VIRTQ_DESC_FLAGS,
      (write ? VIRTQ_DESC_F_WRITE : 0) |
        (more ? VIRTQ_DESC_F_NEXT | (this.next[index]! << VIRTQ_DESC_NEXT_SHIFT) : 0),
    )
  }

  private makeAvailable(head: number): void {
    const place = VIRTQ_AVAIL_RING + (this.availableIndex % this.size) * 2
    const shift = (place % 4) * 8
    const word = this.available + place - (place % 4)
    this.memory.write32(word, (this.memory.read32(word) & ~(0xffff << shift)) | (head << shift))
    this.availableIndex = (this.availableIndex + 1) & 0xffff
    this.memory.write32(this.available, this.availableIndex << VIRTQ_INDEX_SHIFT)
  }

  private free(head: number): void {
    const count = this.chained[head]!
    let last = head
    for (let i = 1; i < count; i++) last = this.next[last]!
    this.next[last] = this.freeHead
    this.freeHead = head
    this.freeCount += count
    this.cookies[head] = NONE
  }
}
