import { describe, expect, it } from 'vitest'
import { BUS_SPACE_MAXADDR, BUS_SPACE_MAXADDR_32BIT } from '../../../../src/sim/kernel/busdma/constants.ts'
import type { BusDmaDialect } from '../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import { dmalab } from '../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { dragonfly2020 } from '../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { Ccb } from '../../../../src/sim/kernel/cam/ccb.ts'
import { bus_dmamap_load_ccb } from '../../../../src/sim/kernel/cam/load-ccb.ts'
import { EFBIG, OK } from '../../../../src/sim/kernel/errno.ts'
import { MsfBuf } from '../../../../src/sim/kernel/msf-buf/msf-buf.ts'
import { Xio } from '../../../../src/sim/kernel/xio.ts'
import { KVA_BASE } from '../../../../src/sim/machine/page-table.ts'
import { DeviceBench, FRAMES } from './sims/device-bench.ts'

const VA = KVA_BASE + 2048 * 4096
const HIGH = FRAMES / 2 + 500

interface Loaded {
  readonly result: number
  readonly error: number
  readonly segments: [number, number][]
}

/** Loads a CCB of a bench with pages 100, 101 and 400 mapped at VA, for a device of 32 address bits. */
function load(bench: DeviceBench, prepare: (ccb: Ccb) => void, from = 0): Loaded {
  bench.pmap.pmap_qenter(VA, Int32Array.of(100, 101, 400), 3)
  const { tag } = bench.busdma.bus_dma_tag_create(null, {
    alignment: 1,
    boundary: 0,
    lowaddr: BUS_SPACE_MAXADDR_32BIT,
    highaddr: BUS_SPACE_MAXADDR,
    maxsize: 65536,
    nsegments: 4,
    maxsegsz: 65536,
    flags: 0,
  })
  const { map } = bench.busdma.bus_dmamap_create(tag!, 0)
  const ccb = new Ccb(0)
  prepare(ccb)
  const answer = { error: -1, segments: [] as [number, number][] }
  const result = bus_dmamap_load_ccb(
    bench.parts,
    tag!,
    map!,
    ccb,
    from,
    (_arg, loaded, count, error) => {
      answer.error = error
      if (error === OK)
        answer.segments = Array.from({ length: count }, (_, i) => [loaded.segAddr[i]!, loaded.segLen[i]!])
    },
    0,
    0,
  )
  return { result, ...answer }
}

const physical = (...list: [number, number][]): ((ccb: Ccb) => void) => {
  const addresses = Float64Array.from(list, ([address]) => address)
  const lengths = Float64Array.from(list, ([, length]) => length)
  return (ccb) => ccb.usePhysical(addresses, lengths)
}
const benchOf = (dialect: BusDmaDialect): DeviceBench => new DeviceBench(64, dialect)

describe('bus_dmamap_load_ccb', () => {
  it('loads a mapped buffer and an msf_buf alike, from any byte on', () => {
    const mapped = (ccb: Ccb): void => ccb.useBuffer(VA + 512, 8704)
    const expected: [number, number][] = [
      [100 * 4096 + 512, 7680],
      [400 * 4096, 1024],
    ]
    expect(load(benchOf(dmalab), mapped)).toEqual({ result: OK, error: OK, segments: expected })
    const bench = benchOf(dmalab)
    const msfForm = (ccb: Ccb): void => {
      const xio = new Xio()
      bench.xios.xio_init_kbuf(xio, VA + 512, 8704)
      ccb.useMsfBuf(bench.msfs.msf_create_from_xio(new MsfBuf(), xio) as MsfBuf)
    }
    expect(load(bench, msfForm).segments).toEqual(expected)
    const rest: [number, number][] = [
      [101 * 4096 + 512, 3584],
      [400 * 4096, 1024],
    ]
    expect(load(benchOf(dmalab), mapped, 4096).segments).toEqual(rest)
    const second = benchOf(dmalab)
    const again = (ccb: Ccb): void => {
      const xio = new Xio()
      second.xios.xio_init_kbuf(xio, VA + 512, 8704)
      ccb.useMsfBuf(second.msfs.msf_create_from_xio(new MsfBuf(), xio) as MsfBuf)
    }
    expect(load(second, again, 4096).segments).toEqual(rest)
  })

  it('gives no segment for no data', () =>
    expect(load(benchOf(dmalab), () => undefined)).toEqual({ result: OK, error: OK, segments: [] }))

  it('takes physical addresses as they are in DragonFly, out of reach or not', () => {
    const list: [number, number][] = [
      [HIGH * 4096, 4096],
      [0x9000, 512],
    ]
    expect(load(benchOf(dragonfly2020), physical(...list)).segments).toEqual(list)
    expect(load(benchOf(dragonfly2020), physical([HIGH * 4096, 100])).segments).toEqual([[HIGH * 4096, 100]])
    const five = Array.from({ length: 5 }, (_, i): [number, number] => [i * 8192, 512])
    expect(load(benchOf(dragonfly2020), physical(...five)).error).toBe(EFBIG)
  })

  it('bounces physical addresses that are out of reach in the dialect of the lab', () => {
    const bench = benchOf(dmalab)
    const { segments, error } = load(bench, physical([HIGH * 4096, 4096], [0x9000, 512]))
    expect([error, bench.busdma.bouncePagesActive]).toEqual([OK, 1])
    expect(segments[0]![0]).toBeLessThanOrEqual(BUS_SPACE_MAXADDR_32BIT)
    expect(segments[1]).toEqual([0x9000, 512])
    expect(load(benchOf(dmalab), physical([HIGH * 4096 + 8, 100])).segments[0]![1]).toBe(100)
  })
})
