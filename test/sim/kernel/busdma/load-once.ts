import type { BusDma } from '../../../../src/sim/kernel/busdma/busdma.ts'
import { BUS_DMA_NOWAIT } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmamap } from '../../../../src/sim/kernel/busdma/map.ts'
import type { BusDmaTag } from '../../../../src/sim/kernel/busdma/tag.ts'
import { OK, type Errno } from '../../../../src/sim/kernel/errno.ts'
import type { RandomLoad } from './random-load.ts'

/** Loads a request by its entry, without waiting. Kernel addresses are those of the machine's table. @throws unless the callback is called once */
export function loadOnce(
  busdma: BusDma,
  tag: BusDmaTag,
  map: BusDmamap,
  load: Pick<RandomLoad, 'entry' | 'pages' | 'pieces'>,
): { readonly error: Errno; readonly nsegs: number } {
  let calls = 0
  let result = { error: OK, nsegs: 0 }
  const done = (_arg: number, _map: BusDmamap, nsegs: number, error: Errno): void => {
    calls++
    result = { error, nsegs }
  }
  const done2 = (arg: number, loaded: BusDmamap, nsegs: number, size: number, error: Errno): void => {
    const bytes = load.pieces.reduce((sum, [, length]) => sum + length, 0)
    if (size !== (error === OK ? bytes : 0)) throw new Error(`the callback was told of ${size} bytes`)
    done(arg, loaded, nsegs, error)
  }
  const [offset = 0, length = 0] = load.pieces[0] ?? []
  const base = Float64Array.from(load.pieces, ([at]) => at)
  const lengths = load.pieces.map(([, bytes]) => bytes)
  const count = load.pieces.length
  switch (load.entry) {
    case 'load':
      busdma.bus_dmamap_load(tag, map, offset, length, done, 0, BUS_DMA_NOWAIT)
      break
    case 'pages': {
      const list = Int32Array.from(load.pages)
      busdma.bus_dmamap_load_pages(tag, map, list, list.length, offset, length, done, 0, BUS_DMA_NOWAIT)
      break
    }
    case 'mbuf': {
      const chain = { packetLength: 1, count, data: base, len: Int32Array.from(lengths) }
      busdma.bus_dmamap_load_mbuf(tag, map, chain, done2, 0, BUS_DMA_NOWAIT)
      break
    }
    case 'uio': {
      const space = { pmap_extract: (uaddr: number) => load.pages[Math.floor(uaddr / 4096)] ?? -1 }
      const resid = lengths.reduce((sum, bytes) => sum + bytes, 0)
      // A last piece that is not wanted any more.
      const length = Float64Array.of(...lengths, 4096)
      const uio = { iov: 0, iovcnt: count + 1, resid, base: Float64Array.of(...base, 0), length, space }
      busdma.bus_dmamap_load_uio(tag, map, uio, done2, 0, BUS_DMA_NOWAIT)
    }
  }
  if (calls !== 1) throw new Error(`${calls} callbacks`)
  return result
}
