import { KVA_BASE } from '../../machine/page-table.ts'
import { PAGE_SIZE } from '../../machine/page.ts'
import { B_PHYS, NONE } from '../bufcache/buf.ts'
import type { Buf } from '../bufcache/buf.ts'
import type { Ccb } from '../cam/ccb.ts'

/** Physical I/O through memory that its pbuf has for good: the data lies there, and the pbuf carries no page list. */
export function usesOwnMemory(buf: Buf): boolean {
  return (buf.b_flags & B_PHYS) !== 0 && buf.memory !== NONE
}

/** Gives a CCB the memory of such a pbuf, which every processor sees as it is. */
export function toOwnMemory(pbuf: Buf, ccb: Ccb): void {
  ccb.useBuffer(KVA_BASE + pbuf.memory * PAGE_SIZE, pbuf.b_bcount)
}
