import { describe, expect, it } from 'vitest'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { VirtioBlk } from '../../../src/sim/devices/virtio-blk.ts'
import { QueuedBench, SECTORS, blank } from './queued-bench.ts'

const TABLE = 0x10000
const AVAILABLE = 0x11000
const USED = 0x12000
const HEADER = 0x20010
const STATUS = 0x20023
/** Above 4 GiB. */
const DATA = 0x1_4000_0000

const IN = 0
const OUT = 1
const NEXT = 1
const WRITE = 2

type Descriptor = readonly [address: number, length: number, flags: number, next: number]

/** A disk with a queue of 8 descriptors; requests are laid into memory by hand. */
class Bench extends QueuedBench {
  readonly disk: VirtioBlk
  private index = 0

  constructor(faults: Partial<FaultRates> = {}) {
    super(1, faults)
    this.disk = new VirtioBlk(this, { queueSize: 8, sizeMax: 4096, segMax: 3 })
    expect(this.disk.enableQueue(TABLE, AVAILABLE, USED)).toBe(true)
  }

  header(type: number, sector: number): void {
    this.words(HEADER, [type, 0, sector, Math.floor(sector / 2 ** 32)])
    this.words(STATUS - 3, [0xffffffff])
  }

  descriptor(index: number, [address, length, flags, next]: Descriptor): void {
    this.words(TABLE + index * 16, [address, Math.floor(address / 2 ** 32), length, flags | (next << 16)])
  }

  /** Makes a chain available. */
  offer(head: number): void {
    const word = AVAILABLE + 4 + ((this.index % 8) >> 1) * 4
    const shift = (this.index % 2) * 16
    const [old] = this.read(word, 1) as [number]
    this.words(word, [(old & ~(0xffff << shift)) | (head << shift)])
    this.index = (this.index + 1) & 0xffff
    this.words(AVAILABLE, [this.index << 16])
  }

  /** Makes a chain available whose first descriptor is 5, and runs. @returns the status byte */
  statusOf(type: number, sector: number, data: readonly Descriptor[]): number {
    this.header(type, sector)
    const chain: Descriptor[] = [[HEADER, 16, NEXT, 3], ...data, [STATUS, 1, WRITE, 0]]
    const places = [5, 3, 6, 1, 7, 2, 0, 4]
    chain.forEach((descriptor, i) => this.descriptor(places[i]!, descriptor))
    this.offer(5)
    this.disk.notify(this.simulator.now)
    this.run()
    return this.read(STATUS - 3, 1)[0]! >>> 24
  }
}

describe('VirtioBlk', () => {
  it('tells its capacity and its limits', () => {
    const { disk } = new Bench()
    expect([0, 4, 8, 12, 16].map((offset) => disk.readConfig(offset))).toEqual([5, 2, 4096, 3, 0])
    expect(SECTORS).toBe(2 * 2 ** 32 + 5)
  })

  it('reads along the chain, writes the status byte alone, and uses the chain with what it wrote', () => {
    const bench = new Bench()
    const data: Descriptor[] = [
      [DATA + 1, 700, NEXT | WRITE, 6],
      [DATA + 4096, 324, NEXT | WRITE, 1],
    ]
    expect(bench.statusOf(IN, 2 ** 32 + 1, data)).toBe(0)
    const got = Buffer.concat([bench.memory.bytesAt(DATA + 1, 700), bench.memory.bytesAt(DATA + 4096, 324)])
    const expected = Buffer.from(Uint32Array.from([...blank(2 ** 32 + 1), ...blank(2 ** 32 + 2)]).buffer)
    expect(got.equals(expected)).toBe(true)
    expect(bench.read(STATUS - 3, 1)).toEqual([0x00ffffff])
    expect(bench.read(USED, 3)).toEqual([1 << 16, 5, 1025])
    expect(bench.raised).toEqual([[0, 1000]])
    expect(bench.disk.readIsr()).toBe(true)
    expect(bench.disk.readIsr()).toBe(false)
    expect(bench.bus.faults).toBe(0)
  })

  it('writes the medium, and goes on where the rings were left', () => {
    const bench = new Bench()
    for (let i = 0; i < 20; i++) {
      bench.words(
        DATA,
        Array.from({ length: 128 }, (_, word) => i * 1000 + word),
      )
      expect(bench.statusOf(OUT, i, [[DATA, 512, NEXT, 6]])).toBe(0)
      bench.disk.readIsr()
    }
    const words = new Int32Array(128)
    bench.media.read(19, words, 0)
    expect([...words]).toEqual(Array.from({ length: 128 }, (_, word) => 19_000 + word))
    expect(bench.read(USED, 1)).toEqual([20 << 16])
    expect(bench.read(USED + 4 + 3 * 8, 2)).toEqual([5, 1])
    expect(bench.raised.length).toBe(20)
  })

  it.each([
    ['an unknown type', 4, 0, [[DATA, 512, NEXT | WRITE, 6]], 2, 0],
    ['sectors beyond the end', IN, SECTORS, [[DATA, 512, NEXT | WRITE, 6]], 1, 0],
    ['a part of a sector', IN, 0, [[DATA, 500, NEXT | WRITE, 6]], 1, 1],
    ['a segment that is too long', IN, 0, [[DATA, 4608, NEXT | WRITE, 6]], 1, 1],
    ['data in the wrong direction', IN, 0, [[DATA, 512, NEXT, 6]], 1, 1],
    ['memory that is not there', IN, 0, [[2 ** 40, 512, NEXT | WRITE, 6]], 1, 1],
    ['no status byte', IN, 0, [[DATA, 512, WRITE, 6]], 0xff, 1],
    ['a descriptor beyond the table', IN, 0, [[DATA, 512, NEXT | WRITE, 8]], 0xff, 1],
    ['a chain without an end', IN, 0, [[DATA, 512, NEXT | WRITE, 3]], 0xff, 1],
  ] as [string, number, number, Descriptor[], number, number][])(
    'ends %s with an error and moves nothing',
    (_name, type, sector, data, status, faults) => {
      const bench = new Bench()
      expect(bench.statusOf(type, sector, data)).toBe(status)
      expect(bench.bus.faults).toBe(faults)
      expect(bench.read(USED, 3)).toEqual([1 << 16, 5, status === 0xff ? 0 : 1])
      expect(bench.read(DATA, 1200).every((word) => word === 0)).toBe(true)
      expect(bench.raised.length).toBe(1)
    },
  )

  it('rejects an available index that cannot be', () => {
    const bench = new Bench()
    bench.words(AVAILABLE, [9 << 16])
    bench.disk.notify(0)
    bench.run()
    expect(bench.bus.faults).toBe(1)
    expect(bench.read(USED, 1)).toEqual([0])
  })

  it.each([{ mediaErrors: 1e6 }, { shortTransfers: 1e6 }])(
    'reports what goes wrong in the drive: %o',
    (faults) => {
      expect(new Bench(faults).statusOf(IN, 0, [[DATA, 512, NEXT | WRITE, 6]])).toBe(1)
    },
  )
})
