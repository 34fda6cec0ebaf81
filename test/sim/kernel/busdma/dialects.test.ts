import { expect, it } from 'vitest'
import { BUSDMA_DIALECTS } from '../../../../src/sim/kernel/busdma/dialects/index.ts'
import { BUSDMA_DIALECT_NAMES } from '../../../../src/sim/kernel/busdma/dialects/names.ts'
import { Bench } from './small-machine.ts'

it('finds each dialect by its own name', () => {
  expect(Object.keys(BUSDMA_DIALECTS)).toEqual([...BUSDMA_DIALECT_NAMES])
  for (const name of BUSDMA_DIALECT_NAMES) expect(BUSDMA_DIALECTS[name].name).toBe(name)
})

it.each(BUSDMA_DIALECT_NAMES)('%s tells how much of a request a load covers', (name) => {
  const bench = new Bench(undefined, BUSDMA_DIALECTS[name])
  const tag = bench.tag({ nsegments: 2 })
  const map = bench.map(tag)
  bench.loadPages(map, [5, 9], 0x200, 0x1800)
  expect(map.loadedBytes).toBe(0x1800)
  bench.loadPages(map, [5, 9, 13], 0, 0x3000)
  expect([bench.callbacks[1]?.error, map.loadedBytes]).toEqual(
    name === 'linux' ? ['OK', 0x2000] : ['EFBIG', 0x3000],
  )
  bench.loadVirtual(map, [5, 9], 0x300, 0x700)
  expect(map.loadedBytes).toBe(0x700)
  const chain = { packetLength: 7, count: 2, data: Float64Array.of(8, 16), len: Int32Array.of(5, 6) }
  bench.busdma.bus_dmamap_load_mbuf(tag, map, chain, () => undefined, 0, 0)
  expect(map.loadedBytes).toBe(11)
  const space = { pmap_extract: () => 5 }
  const uio = {
    iov: 1,
    iovcnt: 1,
    resid: 4,
    base: Float64Array.of(0, 0),
    length: Float64Array.of(9, 9),
    space,
  }
  bench.busdma.bus_dmamap_load_uio(tag, map, uio, () => undefined, 0, 0)
  expect(map.loadedBytes).toBe(4)
})
