import { NVME_PRP_BYTES } from '../../../machine/datasheets/nvme.ts'
import { PAGE_MASK, PAGE_SHIFT, PAGE_SIZE } from '../../../machine/page.ts'
import type { PhysicalMemory } from '../../../machine/physical-memory.ts'
import type { BusDmamap } from '../../busdma/map.ts'
import type { BusDmaTagArgs } from '../../busdma/tag.ts'
import type { BusDma } from '../../busdma/busdma.ts'
import { allocateControl } from './control-memory.ts'
import type { ControlMemory } from './control-memory.ts'

/** PRPs of a list page that has a next one; its last place holds the pointer. */
const CHAINED_PRPS = PAGE_SIZE / NVME_PRP_BYTES - 1
const LAST_PRP_OF_PAGE = PAGE_SIZE - NVME_PRP_BYTES

/** The two PRPs of a command, and the PRP lists that the second may point to: one for each slot. */
export class NvmePrpLists {
  prp1 = 0
  prp2 = 0
  private readonly memory: PhysicalMemory
  private readonly lists: ControlMemory
  /** Bytes from one list to the next: lists that fit in a page do not cross one. */
  private readonly stride: number
  /** Pages of data that a slot's list can name. */
  private readonly capacity: number

  /** @param limit highest address of the lists */
  constructor(memory: PhysicalMemory, busdma: BusDma, tag: BusDmaTagArgs, slots: number, limit: number) {
    this.memory = memory
    this.capacity = Math.max(tag.nsegments, Math.ceil(tag.maxsize / PAGE_SIZE) + 1)
    this.stride = strideOf(this.capacity)
    this.lists = allocateControl(busdma, slots * this.stride, limit)
  }

  /**
   * Sets the PRPs of a slot's data and writes its list: one PRP for each page of each segment.
   * @returns false when PRPs cannot say it: a page before the last ends early, or there are too many
   */
  write(slot: number, map: BusDmamap, segments: number, bytes: number): boolean {
    const first = map.segAddr[0]!
    const last = ((first & PAGE_MASK) + bytes - 1) >> PAGE_SHIFT
    if (last >= this.capacity) return false
    this.prp1 = first
    this.prp2 = 0
    return (last === 0 && segments === 1) || this.writeList(slot, map, segments, last)
  }

  /** @param last number of the last page, from 0 on */
  private writeList(slot: number, map: BusDmamap, segments: number, last: number): boolean {
    let at = slot * this.stride
    let page = 0
    for (let i = 0; i < segments; i++) {
      const end = map.segAddr[i]! + map.segLen[i]!
      for (let address = map.segAddr[i]!; address < end; page++) {
        if (page > last) return false
        if (page > 0) at = this.add(at, address, page < last)
        if (page === 1) this.prp2 = address
        address += PAGE_SIZE - (address & PAGE_MASK)
        if (page < last && address > end) return false
      }
    }
    if (last > 1) this.prp2 = this.lists.bus + slot * this.stride
    return true
  }

  /** Puts a PRP into the list at `at`, and before it the pointer to the next page where one is due. @returns the place after it */
  private add(at: number, prp: number, more: boolean): number {
    if ((at & PAGE_MASK) === LAST_PRP_OF_PAGE && more) {
      this.put(at, this.lists.bus + at + NVME_PRP_BYTES)
      at += NVME_PRP_BYTES
    }
    this.put(at, prp)
    return at + NVME_PRP_BYTES
  }

  private put(at: number, address: number): void {
    this.memory.write32(this.lists.physical + at, address)
    this.memory.write32(this.lists.physical + at + 4, Math.floor(address / 0x100000000))
  }
}

function strideOf(capacity: number): number {
  if (capacity * NVME_PRP_BYTES > PAGE_SIZE) return Math.ceil(capacity / CHAINED_PRPS) * PAGE_SIZE
  let stride = NVME_PRP_BYTES
  while (stride < capacity * NVME_PRP_BYTES) stride *= 2
  return stride
}
