import { beforeEach, describe, expect, it } from 'vitest'
import { MpsController } from '../../../src/sim/devices/mps-controller.ts'
import { ScsiBench, SERVICE_NS } from './scsi-bench.ts'

const FRAMES = 0x1_0000
const POST = 0x2_0000
const FREE = 0x2_1000
const REPLIES = 0x2_2000
const SENSE = 0x2_3000
const CHAIN = 0x1_5000_0000
/** Above 4 GiB, so that the high halves of addresses matter. */
const DATA = 0x1_8000_0000
const READ10 = [0x28, 0, 0, 0, 0, 9, 0, 0, 2, 0]
const SIMPLE = 0x12000000
const END = 0xc1000000

interface Fields {
  readonly word0?: number
  readonly control?: number
  readonly length?: number
  readonly cdb?: readonly number[]
  readonly sgl?: readonly number[]
}

class IocBench extends ScsiBench {
  readonly ioc = new MpsController(this.parts)

  constructor(...options: ConstructorParameters<typeof ScsiBench>) {
    super(...options)
    for (let i = 0; i < 64; i++) this.memory.write32(POST + i * 4, 0xffffffff)
    for (let i = 0; i < 2; i++) this.memory.write32(FREE + i * 4, REPLIES + i * 128)
    this.ioc.initialize({
      requestFrames: FRAMES,
      replyPostQueue: POST,
      replyPostDepth: 16,
      replyFreeQueue: FREE,
      replyFreeDepth: 3,
    })
  }

  words(address: number, ...words: readonly number[]): void {
    words.forEach((word, i) => this.memory.write32(address + i * 4, word))
  }

  prepare(smid: number, fields: Fields = {}): void {
    const {
      word0 = 9,
      control = 0x02000000,
      length = 1024,
      cdb = READ10,
      sgl = element(1024, DATA, END),
    } = fields
    const frame = FRAMES + smid * 128
    this.words(frame, word0)
    this.words(frame + 0x0c, SENSE + smid * 32, 18 << 16, 24, 0, length)
    this.words(frame + 0x24, cdb.length)
    this.words(frame + 0x3c, control)
    this.put(frame + 0x40, ...cdb)
    this.words(frame + 0x60, ...sgl)
  }

  run(smid: number, fields: Fields = {}): void {
    this.prepare(smid, fields)
    this.ioc.postRequest(smid, this.simulator.now)
    this.simulator.run(100)
  }

  descriptor(place: number): number[] {
    return [this.memory.read32(POST + place * 8), this.memory.read32(POST + place * 8 + 4)]
  }

  /** IOC status, SCSI state, SCSI status, bytes moved and bytes of sense data of a reply frame. */
  reply(address: number): number[] {
    const word = this.memory.read32(address + 12)
    return [
      word >>> 16,
      (word >>> 8) & 0xff,
      word & 0xff,
      this.memory.read32(address + 20),
      this.memory.read32(address + 24),
    ]
  }
}

function element(bytes: number, address: number, flags = 0): number[] {
  return [(SIMPLE | flags | bytes) >>> 0, address % 2 ** 32, Math.floor(address / 2 ** 32)]
}

describe('MpsController', () => {
  let bench: IocBench
  beforeEach(() => {
    bench = new IocBench(64)
  })

  it('answers a success with a descriptor alone', () => {
    bench.run(3, { sgl: [...element(700, DATA + 1), ...element(324, DATA + 0x5003, END)] })
    bench.put(DATA, ...bench.bytes(DATA + 1, 700))
    bench.put(DATA + 700, ...bench.bytes(DATA + 0x5003, 324))
    expect([bench.holds(DATA, 9), bench.holds(DATA + 512, 10)]).toEqual([true, true])
    expect([bench.descriptor(0), bench.descriptor(1)]).toEqual([
      [3 << 16, 0],
      [0xffffffff, 0xffffffff],
    ])
    bench.prepare(4)
    bench.ioc.postRequest(4, bench.simulator.now)
    expect(bench.ioc.hasRequest(4)).toBe(true)
    bench.simulator.run(10)
    // The first interrupt was not answered: it stands for both.
    expect([bench.descriptor(1), bench.interrupts]).toEqual([[4 << 16, 0], [SERVICE_NS]])
    expect(bench.ioc.hasRequest(4)).toBe(false)
  })

  it('follows chains of any shape, with elements of 32 and 64 bits', () => {
    const chain = (bytes: number, next: number, address: number): number[] => [
      (0x32000000 | bytes | (next << 16)) >>> 0, address % 2 ** 32, Math.floor(address / 2 ** 32),
    ] // prettier-ignore
    bench.words(CHAIN, ...element(300, DATA + 512), ...chain(8, 0, CHAIN + 0x2000))
    bench.words(CHAIN + 0x2000, (0x10000000 | END | 212) >>> 0, 0x50_0000)
    bench.run(1, { word0: 9 | (27 << 16), sgl: [...element(512, DATA), ...chain(24, 3, CHAIN)] })
    expect(bench.descriptor(0)).toEqual([1 << 16, 0])
    bench.put(DATA + 812, ...bench.bytes(0x50_0000, 212))
    expect([bench.holds(DATA, 9), bench.holds(DATA + 512, 10)]).toEqual([true, true])
  })

  it('answers an error with a reply frame, and puts sense data where the request says', () => {
    bench.run(2, { cdb: [0x28, 0, 0, 0, 0, 9, 0, 0, 3, 0] })
    expect(bench.descriptor(0)).toEqual([1 | (2 << 16), REPLIES])
    expect(bench.reply(REPLIES)).toEqual([0x45, 1, 2, 0, 18])
    expect(bench.bytes(SENSE + 64, 3)).toEqual([0x70, 0, 4])
    bench.run(3, { length: 4096, sgl: element(4096, DATA, END) })
    expect(bench.reply(REPLIES + 128)).toEqual([0x45, 0, 0, 1024, 0])
  })

  it('keeps failed requests until reply frames are given back', () => {
    for (const smid of [1, 2, 3]) bench.run(smid, { cdb: [0x77, 0, 0, 0, 0, 0] })
    expect(bench.descriptor(2)[0]).toBe(0xffffffff)
    expect(bench.ioc.hasRequest(3)).toBe(true)
    bench.words(FREE + 8, REPLIES)
    bench.ioc.setReplyFreeIndex(0)
    expect(bench.descriptor(2)).toEqual([1 | (3 << 16), REPLIES])
    expect(bench.reply(REPLIES).slice(0, 3)).toEqual([0x45, 1, 2])
  })

  it.each<[string, Fields, number]>([
    ['another device', { word0: 8 }, 0x43],
    ['another function', { word0: 0x01000009 }, 7],
    ['no CDB', { cdb: [] }, 7],
    ["a direction that is not the command's", { control: 0x01000000 }, 3],
    ['an element in the other direction', { sgl: element(1024, DATA, END | 0x04000000) }, 3],
    ['less memory than data', { sgl: element(1023, DATA, END) }, 3],
    ['no end of its list', { sgl: [...element(512, DATA), ...element(512, DATA + 512)] }, 3],
    [
      'a chain offset that leads nowhere',
      { word0: 9 | (27 << 16), sgl: [...element(512, DATA), ...element(512, DATA, END)] },
      3,
    ],
    ['a chain element where none may be', { sgl: [0x32000000 | 12, 0, 1] }, 3],
    [
      'a chain that bites its tail',
      { word0: 9 | (24 << 16), sgl: [0x32000000 | 12, FRAMES + 128 + 0x60, 0] },
      3,
    ],
  ])('refuses a request with %s', (_, fields, iocStatus) => {
    bench.run(1, fields)
    expect(bench.descriptor(0)).toEqual([1 | (1 << 16), REPLIES])
    expect(bench.reply(REPLIES)).toEqual([iocStatus, 0, 0, 0, 0])
    expect(bench.reports.join()).toMatch(/MPI2 request 1/)
    expect(bench.bytes(DATA, 4)).toEqual([0, 0, 0, 0])
  })

  it('refuses a SMID that is in use or does not exist, and has the disk report memory that is not there', () => {
    bench.prepare(1, { sgl: element(1024, 2 ** 40, END) })
    bench.ioc.postRequest(1, 0)
    for (const smid of [0, 1, 1025]) bench.ioc.postRequest(smid, 0)
    expect(bench.reports).toHaveLength(3)
    bench.simulator.run(100)
    expect([bench.descriptor(0)[0], bench.descriptor(1)[0]]).toEqual([1 | (1 << 16), 0xffffffff])
    expect(bench.reply(REPLIES).slice(0, 3)).toEqual([0x45, 1, 2])
    expect(bench.bytes(SENSE + 32, 3)).toEqual([0x70, 0, 4])
    expect(bench.sanitizer.counts['dma-fault']).toBe(1)
  })
})
