import { describe, expect, it } from 'vitest'
import {
  BUS_DMASYNC_POSTREAD,
  BUS_DMASYNC_POSTWRITE,
  BUS_DMASYNC_PREREAD,
  BUS_DMASYNC_PREWRITE,
} from '../../../../src/sim/kernel/busdma/constants.ts'
import { Bench } from './small-machine.ts'

function copiesOf(op: number): [number, number, number][] {
  const bench = new Bench()
  const tag = bench.tag({ lowaddr: 0xffffff })
  bench.busdma.preloadZone(tag, [0x80, 0x90])
  const map = bench.map(tag)
  bench.loadPages(map, [0x1000, 5, 0x1005], 0x100, 0x2000)
  bench.busdma.bus_dmamap_sync(tag, map, op)
  return bench.machine.copies
}

const toDevice = [
  [0x1000100, 0x80000, 0xf00],
  [0x1005000, 0x90000, 0x100],
]

describe('bus_dmamap_sync', () => {
  it('copies the client to the bounce pages before a write', () => {
    expect(copiesOf(BUS_DMASYNC_PREWRITE)).toEqual(toDevice)
  })

  it('copies the bounce pages to the client after a read', () => {
    const toClient = toDevice.map(([client, bounce, bytes]) => [bounce, client, bytes])
    expect(copiesOf(BUS_DMASYNC_POSTREAD)).toEqual(toClient)
  })

  it('copies nothing at the other two points', () => {
    expect(copiesOf(BUS_DMASYNC_PREREAD | BUS_DMASYNC_POSTWRITE)).toEqual([])
  })

  it('copies one way only when asked for both, as this kernel does', () => {
    expect(copiesOf(BUS_DMASYNC_PREWRITE | BUS_DMASYNC_POSTREAD)).toEqual(toDevice)
  })
})
