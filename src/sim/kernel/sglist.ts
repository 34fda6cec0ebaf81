import { PAGE_MASK, PAGE_SIZE } from '../machine/page.ts'
import type { Errno } from './errno.ts'
import { EFAULT, EFBIG, EINVAL, OK } from './errno.ts'
import type { Pmap } from './vm/pmap.ts'

/**
 * A list of physical ranges (sglist(9) of FreeBSD and DragonFly): what a driver without BUSDMA describes data with. Ranges
 * that touch become one, however long. Every append does all of its work or none.
 */
export class Sglist {
  readonly sg_maxseg: number
  /** Physical address and bytes of each range. */
  readonly ss_paddr: Float64Array
  readonly ss_len: Float64Array
  sg_nseg = 0

  /** sglist_alloc. @param maxseg most ranges */
  constructor(maxseg: number) {
    this.sg_maxseg = maxseg
    this.ss_paddr = new Float64Array(maxseg)
    this.ss_len = new Float64Array(maxseg)
  }
}

/** Empties a list. */
export function sglist_reset(sg: Sglist): void {
  sg.sg_nseg = 0
}

/**
 * Appends a physical range.
 * @returns OK; EINVAL for a list without room for any range; EFBIG when the list is full, which leaves it as it was
 */
export function sglist_append_phys(sg: Sglist, paddr: number, bytes: number): Errno {
  if (sg.sg_maxseg === 0) return EINVAL
  return bytes === 0 ? OK : add(sg, paddr, bytes)
}

/**
 * Appends a kernel buffer, looked up page by page.
 * @returns as sglist_append_phys; EFAULT for an address that is not mapped, which leaves the list as it was
 */
export function sglist_append(
  sg: Sglist,
  pmap: Pick<Pmap, 'pmap_kextract'>,
  va: number,
  bytes: number,
): Errno {
  if (sg.sg_maxseg === 0) return EINVAL
  const nseg = sg.sg_nseg
  const len = lastLength(sg)
  for (let at = 0; at < bytes;) {
    const count = Math.min(bytes - at, PAGE_SIZE - ((va + at) & PAGE_MASK))
    const paddr = pmap.pmap_kextract(va + at)
    const error = paddr < 0 ? EFAULT : add(sg, paddr, count)
    if (error !== OK) return restore(sg, nseg, len, error)
    at += count
  }
  return OK
}

/**
 * Appends `bytes` bytes of a page list (sglist_append_vmpages), from byte `offset` of its first page on; an offset of a page
 * and more begins in a later page.
 * @returns as sglist_append_phys
 */
export function sglist_append_vmpages(sg: Sglist, pages: Int32Array, offset: number, bytes: number): Errno {
  if (sg.sg_maxseg === 0) return EINVAL
  const nseg = sg.sg_nseg
  const len = lastLength(sg)
  for (let at = offset; at < offset + bytes;) {
    const inPage = at % PAGE_SIZE
    const count = Math.min(offset + bytes - at, PAGE_SIZE - inPage)
    const error = add(sg, pages[Math.floor(at / PAGE_SIZE)]! * PAGE_SIZE + inPage, count)
    if (error !== OK) return restore(sg, nseg, len, error)
    at += count
  }
  return OK
}

function add(sg: Sglist, paddr: number, bytes: number): Errno {
  const last = sg.sg_nseg - 1
  if (last >= 0 && sg.ss_paddr[last]! + sg.ss_len[last]! === paddr) {
    sg.ss_len[last]! += bytes
    return OK
  }
  if (sg.sg_nseg === sg.sg_maxseg) return EFBIG
  sg.ss_paddr[sg.sg_nseg] = paddr
  sg.ss_len[sg.sg_nseg++] = bytes
  return OK
}

function lastLength(sg: Sglist): number {
  return sg.sg_nseg === 0 ? 0 : sg.ss_len[sg.sg_nseg - 1]!
}

function restore(sg: Sglist, nseg: number, len: number, error: Errno): Errno {
  sg.sg_nseg = nseg
  if (nseg > 0) sg.ss_len[nseg - 1] = len
  return error
}
