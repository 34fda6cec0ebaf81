import {
  NVME_INVALID_FIELD,
  NVME_PRP1_ALIGNMENT,
  NVME_PRP_BYTES,
  NVME_PRP_OFFSET_INVALID,
  NVME_SUCCESS,
} from '../machine/datasheets/nvme.ts'
import type { DmaBus } from '../machine/dma-bus.ts'
import { PAGE_MASK, PAGE_SIZE } from '../machine/page.ts'
import type { SegmentList } from './segment-list.ts'

const LAST_PRP_OF_PAGE = PAGE_SIZE - NVME_PRP_BYTES

/** Reads the physical region pages of a command, which have no lengths: the command's own length says how many there are. */
export class NvmePrps {
  private readonly bus: DmaBus
  private readonly segments: SegmentList

  constructor(bus: DmaBus, segments: SegmentList) {
    this.bus = bus
    this.segments = segments
  }

  /**
   * Adds the memory of a command of `bytes` bytes to the segment list. A PRP that breaks the rules is reported, and the
   * list refused. Address 0 counts as no PRP at all, as in QEMU's controller.
   * @returns the status that the command ends with when a rule is broken, otherwise success
   */
  read(prp1: number, prp2: number, bytes: number): number {
    if (prp1 === 0) return this.refuse(NVME_INVALID_FIELD, 'PRP1 is missing')
    if ((prp1 & (NVME_PRP1_ALIGNMENT - 1)) !== 0) return this.refuseOffset('PRP1', prp1)
    const first = Math.min(bytes, PAGE_SIZE - (prp1 & PAGE_MASK))
    this.segments.add(prp1, first)
    if (first === bytes) return NVME_SUCCESS
    if (prp2 === 0) return this.refuse(NVME_INVALID_FIELD, 'PRP2 is missing')
    return bytes - first <= PAGE_SIZE ? this.addPage(prp2, bytes - first) : this.readList(prp2, bytes - first)
  }

  private readList(list: number, bytes: number): number {
    if (list % NVME_PRP_BYTES !== 0) return this.refuseOffset('the pointer to the PRP list', list)
    let at = list
    let left = bytes
    while (left > 0 && !this.segments.isRefused) {
      const entry = this.bus.readAddress(at)
      if ((at & PAGE_MASK) === LAST_PRP_OF_PAGE && left > PAGE_SIZE) {
        if (entry === 0 || (entry & PAGE_MASK) !== 0)
          return this.refuseOffset('the next PRP list page', entry)
        at = entry
        continue
      }
      const status = this.addPage(entry, Math.min(left, PAGE_SIZE))
      if (status !== NVME_SUCCESS) return status
      left -= PAGE_SIZE
      at += NVME_PRP_BYTES
    }
    return NVME_SUCCESS
  }

  private addPage(prp: number, bytes: number): number {
    if (prp === 0 || (prp & PAGE_MASK) !== 0) return this.refuseOffset('a PRP after the first', prp)
    this.segments.add(prp, bytes)
    return NVME_SUCCESS
  }

  private refuseOffset(what: string, address: number): number {
    return this.refuse(NVME_PRP_OFFSET_INVALID, `${what} is 0x${address.toString(16)}`)
  }

  private refuse(status: number, message: string): number {
    this.bus.reject(`NVMe: ${message}`)
    this.segments.refuse()
    return status
  }
}
