import { Site } from '../kernel/call-sites.ts'
import type { Machine } from '../machine/machine.ts'

/** The file's offset and the range of bytes, each taken and given back, and the vnode. */
const READ_LOCKS = 5
/** A use of the file, taken and given back. */
const READ_COUNTS = 2

/**
 * What FreeBSD of 2013 did around each read or write of a file (vn_io_fault, vn_read): locks that nobody else wants, and a copy of
 * the uio for the case that the user's pages are not there.
 */
export function vn_io_fault(machine: Machine): void {
  const { cost } = machine
  const locks = READ_LOCKS * cost.lockUncontended + READ_COUNTS * cost.atomicAdd
  machine.charge(Site.entry, locks + cost.zoneAlloc)
}

/** The start of copies: uiomove makes one of a mapped buffer, uiomove_fromphys one of each page. */
export function startCopies(machine: Machine, site: number, copies: number): void {
  machine.charge(site, copies * machine.cost.copyCall)
}
