import { PAGE_MASK, PAGE_SHIFT } from '../../machine/page.ts'
import type { Errno } from '../errno.ts'
import type { Xio } from '../xio.ts'
import type { BusDma } from './busdma.ts'
import type { BusDmamap, BusDmamapCallback } from './map.ts'
import type { BusDmaTag } from './tag.ts'

/**
 * Loads the page list of an XIO, from byte `from` of its data on; nothing needs a mapping. Results and errors are those of
 * bus_dmamap_load_pages. The XIO must stay as it is until the callback ran. DragonFly never had this call, though its buffers
 * carried an XIO since July 2004: the loader that the post of December 2004 would have needed.
 */
export function bus_dmamap_load_xio(
  busdma: BusDma,
  _tag: BusDmaTag,
  map: BusDmamap,
  xio: Xio,
  from: number,
  callback: BusDmamapCallback,
  arg: number,
  flags: number,
): Errno {
  const start = xio.offset + from
  return busdma.bus_dmamap_load_list(
    map,
    xio,
    start >> PAGE_SHIFT,
    start & PAGE_MASK,
    xio.bytes - from,
    callback,
    arg,
    flags,
  )
}
