import { DMAP_BASE } from '../../machine/page-table.ts'
import type { BusDma } from '../busdma/busdma.ts'
import type { BusDmamap, BusDmamapCallback } from '../busdma/map.ts'
import type { BusDmaTag } from '../busdma/tag.ts'
import type { KernelCounters } from '../counters.ts'
import type { Errno } from '../errno.ts'
import { EFBIG, EINPROGRESS, OK } from '../errno.ts'
import { MSF_BOUNCED, MsfOwner } from '../msf-buf/msf-counts.ts'
import type { MsfBufCalls } from '../msf-buf/post.ts'
import {
  CAM_DATA_BIO,
  CAM_DATA_MSF,
  CAM_DATA_NONE,
  CAM_DATA_PADDR,
  CAM_DATA_SG_PADDR,
  CAM_DATA_VADDR,
} from './ccb.ts'
import type { Ccb } from './ccb.ts'

/** What loading a CCB needs of the kernel. */
export interface CcbLoader {
  readonly busdma: BusDma
  readonly msfs: MsfBufCalls
  readonly counters: KernelCounters
}

/**
 * Loads the data of a CCB from byte `from` on, whatever form it has: a mapped buffer, an msf_buf, a page list, a physical
 * address or a list of them; no data gives no segment. Results and errors are those of bus_dmamap_load.
 * Physical forms: DragonFly takes them as they are, without asking whether the device reaches them; FreeBSD loads them like
 * any other memory (bus_dmamap_load_ccb), and so does the lab's own dialect.
 */
export function bus_dmamap_load_ccb(
  kernel: CcbLoader,
  tag: BusDmaTag,
  map: BusDmamap,
  ccb: Ccb,
  from: number,
  callback: BusDmamapCallback,
  arg: number,
  flags: number,
): Errno {
  const { busdma } = kernel
  switch (ccb.dataForm) {
    case CAM_DATA_NONE:
      map.loadedBytes = 0
      callback(arg, map, 0, OK)
      return OK
    case CAM_DATA_VADDR:
      return busdma.bus_dmamap_load(tag, map, ccb.dataPtr + from, ccb.dxferLen - from, callback, arg, flags)
    case CAM_DATA_MSF:
      return loadMsf(kernel, tag, map, ccb, from, callback, arg, flags)
    case CAM_DATA_BIO:
      return busdma.bus_dmamap_load_xio(tag, map, ccb.xio!, from, callback, arg, flags)
    case CAM_DATA_PADDR:
    case CAM_DATA_SG_PADDR:
      return busdma.dialect.trustsPhysicalLists
        ? takePhysical(map, ccb, callback, arg)
        : loadPhysical(busdma, tag, map, ccb, callback, arg, flags)
  }
}

function loadMsf(
  kernel: CcbLoader,
  tag: BusDmaTag,
  map: BusDmamap,
  ccb: Ccb,
  from: number,
  callback: BusDmamapCallback,
  arg: number,
  flags: number,
): Errno {
  const msf = ccb.msf!
  const error = kernel.msfs.msf_require_xio(msf)
  if (error !== OK) return error
  kernel.msfs.passed(msf, MsfOwner.driver)
  const loaded = kernel.busdma.bus_dmamap_load_xio(tag, map, msf.xio!, from, callback, arg, flags)
  if (loaded === EINPROGRESS || map.bpagesCount > 0) kernel.counters.msf.count(MSF_BOUNCED, msf.owner)
  return loaded
}

function takePhysical(map: BusDmamap, ccb: Ccb, callback: BusDmamapCallback, arg: number): Errno {
  const { sgAddr, sgLen, sgCount } = ccb
  if (sgCount > map.tag.nsegments) {
    callback(arg, map, 0, EFBIG)
    return OK
  }
  map.loadedBytes = ccb.dxferLen
  for (let i = 0; i < sgCount; i++) {
    map.segAddr[i] = sgAddr[i]!
    map.segLen[i] = sgLen[i]!
  }
  callback(arg, map, sgCount, OK)
  return OK
}

/** Every byte of memory has an address in the direct map, through which the ordinary loader reaches it. */
function loadPhysical(
  busdma: BusDma,
  tag: BusDmaTag,
  map: BusDmamap,
  ccb: Ccb,
  callback: BusDmamapCallback,
  arg: number,
  flags: number,
): Errno {
  if (ccb.sgCount === 1)
    return busdma.bus_dmamap_load(tag, map, DMAP_BASE + ccb.sgAddr[0]!, ccb.sgLen[0]!, callback, arg, flags)
  const chain = {
    packetLength: ccb.dxferLen,
    count: ccb.sgCount,
    data: ccb.sgAddr.map((address) => DMAP_BASE + address),
    len: Int32Array.from(ccb.sgLen),
  }
  return busdma.bus_dmamap_load_mbuf(
    tag,
    map,
    chain,
    (_arg, loaded, segments, _size, error) => callback(arg, loaded, segments, error),
    arg,
    flags,
  )
}
