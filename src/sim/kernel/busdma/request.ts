import { OK, type Errno } from '../errno.ts'
import type { BusDmamap, BusDmamapCallback2 } from './map.ts'
import { bytesOfChain, type MbufChain } from './mbuf.ts'
import { bytesOfUio, type UioVector } from './uio-vector.ts'

/** Records an mbuf chain or a uio as the request of a map. */
export function record_chain(
  map: BusDmamap,
  chain: MbufChain | null,
  uio: UioVector | null,
  callback: BusDmamapCallback2,
  arg: number,
): void {
  map.mbufs = chain
  map.uio = uio
  map.callback2 = callback
  map.callbackArg = arg
}

/** Bytes of the request that is recorded in the map. */
export function requestBytes(map: BusDmamap): number {
  const { mbufs, uio } = map
  if (mbufs !== null) return bytesOfChain(mbufs)
  return uio === null ? map.buflen : bytesOfUio(uio)
}

/** Where piece `index` of the request lies: a virtual address, or an offset into the page list. */
export function pieceAt(map: BusDmamap, index: number): number {
  const { mbufs, uio } = map
  if (mbufs !== null) return mbufs.data[index] as number
  return uio === null ? map.buf : (uio.base[uio.iov + index] as number)
}

/** Bytes of piece `index`; the last ones may lie beyond `requestBytes`. */
export function pieceBytes(map: BusDmamap, index: number): number {
  const { mbufs, uio } = map
  if (mbufs !== null) return mbufs.len[index] as number
  return uio === null ? map.buflen : (uio.length[uio.iov + index] as number)
}

/** Calls the callback of a load that is over, once. @returns what the load returns: the error of a chain, OK of a buffer */
export function tell_outcome(map: BusDmamap, bytes: number, error: Errno): Errno {
  if (map.mbufs === null && map.uio === null) {
    map.callback?.(map.callbackArg, map, map.nsegs, error)
    return OK
  }
  map.callback2?.(map.callbackArg, map, map.nsegs, error === OK ? bytes : 0, error)
  return error
}
