import { PAGE_SIZE } from '../../machine/page.ts'
import type { Errno } from '../errno.ts'
import { E2BIG, EACCES, OK } from '../errno.ts'
import type { PageHolds } from '../vm/page-holds.ts'
import type { Pmap } from '../vm/pmap.ts'
import type { UserSpace } from '../vm/user-space.ts'
import type { Ccb } from './ccb.ts'

/** Most bytes of a user's transfer, those before it in its first page included. */
export const DFLTPHYS = 64 * 1024

export interface UserMapParts {
  readonly pmap: Pmap
  readonly holds: PageHolds
}

/** The address space of one transfer by a user (a pbuf): DFLTPHYS of KVA, into which the user's pages are mapped. */
export class UserMap {
  private readonly parts: UserMapParts
  private readonly kva: number
  private readonly frames = new Int32Array(DFLTPHYS / PAGE_SIZE)
  private count = 0

  /** @param kva page-aligned kernel address of DFLTPHYS bytes that nobody else uses */
  constructor(parts: UserMapParts, kva: number) {
    this.parts = parts
    this.kva = kva
  }

  /**
   * cam_periph_mapmem: maps a user's buffer into the kernel, holds its pages, and makes it the CCB's data as a plain pointer.
   * @param ccb says by `isOut` whether the buffer is read or written
   * @returns OK; E2BIG for more than DFLTPHYS, the offset in the page counted; EACCES where the user has no such right. After an
   * error nothing is mapped and the CCB is as it was
   */
  cam_periph_mapmem(ccb: Ccb, space: UserSpace, uaddr: number, bytes: number): Errno {
    const offset = uaddr % PAGE_SIZE
    if (offset + bytes > DFLTPHYS) return E2BIG
    const count = Math.ceil((offset + bytes) / PAGE_SIZE)
    for (let i = 0; i < count; i++) {
      const frame = space.vm_fault_quick(uaddr - offset + i * PAGE_SIZE, !ccb.isOut)
      if (frame < 0) return EACCES
      this.frames[i] = frame
    }
    for (let i = 0; i < count; i++) this.parts.holds.hold(this.frames[i]!)
    this.parts.pmap.pmap_qenter(this.kva, this.frames, count)
    this.count = count
    ccb.useBuffer(this.kva + offset, bytes)
    return OK
  }

  /** cam_periph_unmapmem: undoes it. */
  cam_periph_unmapmem(): void {
    if (this.count === 0) return
    this.parts.pmap.pmap_qremove(this.kva, this.count)
    for (let i = 0; i < this.count; i++) this.parts.holds.unhold(this.frames[i]!)
    this.count = 0
  }
}
