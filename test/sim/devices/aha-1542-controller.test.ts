import { beforeEach, describe, expect, it } from 'vitest'
import { Aha1542Controller } from '../../../src/sim/devices/aha-1542-controller.ts'
import { ScsiBench, SERVICE_NS } from './scsi-bench.ts'

const MAILBOXES = 0x2000
const CCB = 0x3000
const LIST = 0x4001
const DATA = 0x10_0000
const READ10 = [0x28, 0, 0, 0, 0, 9, 0, 0, 2, 0]
const START_SCSI = 2

const big24 = (value: number): number[] => [value >>> 16, (value >>> 8) & 0xff, value & 0xff]

class AdapterBench extends ScsiBench {
  readonly adapter = new Aha1542Controller(this.parts)

  /** @param count mailboxes of each kind */
  initialize(count: number): void {
    for (const byte of [1, count, ...big24(MAILBOXES)]) this.adapter.outb(1, byte, 0)
  }

  /** A CCB of operation `op` at `ccb`, in the first mailbox of both kinds. */
  prepare(
    fields: {
      op?: number
      target?: number
      cdb?: readonly number[]
      length?: number
      data?: number
      sense?: number
    },
    ccb = CCB,
    box = 0,
  ): void {
    const { op = 3, target = 0x08, cdb = READ10, length = 1024, data = DATA, sense = 18 } = fields
    this.put(
      ccb,
      op,
      target,
      cdb.length,
      sense,
      ...big24(length),
      ...big24(data),
      0,
      0,
      0,
      0,
      0xee,
      0xee,
      0,
      0,
      ...cdb,
    )
    this.put(MAILBOXES + box * 4, 1, ...big24(ccb))
  }

  run(): void {
    this.adapter.outb(1, START_SCSI, this.simulator.now)
    this.simulator.run(100)
  }

  /** Host status, target status and residual of a CCB. */
  outcome(ccb = CCB): number[] {
    const [high, middle, low] = this.bytes(ccb + 4, 3)
    return [...this.bytes(ccb + 14, 2), high! * 65536 + middle! * 256 + low!]
  }
}

describe('Aha1542Controller', () => {
  let bench: AdapterBench
  beforeEach(() => {
    bench = new AdapterBench(24)
    bench.initialize(1)
  })

  it('says when it has no mailboxes yet, and knows its commands', () => {
    const fresh = new AdapterBench(24)
    expect(fresh.adapter.inb(0)).toBe(0x30)
    fresh.adapter.outb(1, 0x55, 0)
    expect(fresh.adapter.inb(0)).toBe(0x31)
    fresh.initialize(1)
    expect(fresh.adapter.inb(0)).toBe(0x10)
  })

  it('takes a CCB from its mailbox and reports it in the other, with one interrupt', () => {
    bench.prepare({})
    bench.run()
    expect([bench.holds(DATA, 9), bench.holds(DATA + 512, 10)]).toEqual([true, true])
    expect(bench.bytes(MAILBOXES, 8)).toEqual([0, ...big24(CCB), 1, ...big24(CCB)])
    expect(bench.outcome()).toEqual([0, 0, 0])
    expect([bench.interrupts, bench.adapter.inb(2)]).toEqual([[SERVICE_NS], 0x81])
    bench.adapter.outb(0, 0x20, SERVICE_NS)
    expect(bench.adapter.inb(2)).toBe(0)
  })

  it('reads a list of 6-byte entries at any address', () => {
    bench.put(LIST, ...big24(700), ...big24(DATA + 1), ...big24(324), ...big24(DATA + 0x5003))
    bench.prepare({ op: 4, length: 12, data: LIST })
    bench.run()
    expect(bench.outcome()).toEqual([0, 0, 0])
    bench.put(DATA, ...bench.bytes(DATA + 1, 700))
    bench.put(DATA + 700, ...bench.bytes(DATA + 0x5003, 324))
    expect([bench.holds(DATA, 9), bench.holds(DATA + 512, 10)]).toEqual([true, true])
  })

  it('keeps what is done until an incoming mailbox is free', () => {
    bench.prepare({})
    bench.run()
    bench.prepare({}, CCB + 0x100)
    bench.adapter.outb(1, START_SCSI, bench.simulator.now)
    bench.simulator.run(100)
    expect(bench.bytes(MAILBOXES + 4, 4)).toEqual([1, ...big24(CCB)])
    bench.put(MAILBOXES + 4, 0)
    bench.adapter.outb(0, 0x20, bench.simulator.now)
    expect(bench.bytes(MAILBOXES + 4, 4)).toEqual([1, ...big24(CCB + 0x100)])
    expect(bench.interrupts).toHaveLength(2)
  })

  it('leaves mailboxes alone while it is full, and takes them later', () => {
    const many = new AdapterBench(24)
    many.initialize(40)
    for (let i = 0; i < 40; i++)
      many.prepare({ length: 512, cdb: [0x28, 0, 0, 0, 0, i, 0, 0, 1, 0] }, CCB + i * 64, i)
    many.adapter.outb(1, START_SCSI, 0)
    expect(Array.from({ length: 40 }, (_, i) => many.bytes(MAILBOXES + i * 4, 1)[0])).toEqual(
      Array.from({ length: 40 }, (_, i) => (i < 32 ? 0 : 1)),
    )
    many.simulator.run(1000)
    expect(many.bytes(MAILBOXES + 160, 160).filter((_, i) => i % 4 === 0)).toEqual(Array(40).fill(1))
  })

  it('returns residual and sense data, behind a CDB of any length', () => {
    bench.prepare({ length: 4096, sense: 0 })
    bench.run()
    expect(bench.outcome()).toEqual([0, 0, 3072])
    bench.put(MAILBOXES + 4, 0)
    bench.prepare({ cdb: [0x28, 0, 0xff, 0xff, 0xff, 0xff, 0, 0xff, 0xff, 0], sense: 18 })
    const small = new AdapterBench(24, {}, 1000)
    small.initialize(1)
    small.prepare({ cdb: [0x28, 0, 0, 1, 0, 0, 0, 0, 1, 0] })
    small.run()
    expect(small.outcome()).toEqual([0, 2, 1024])
    expect(small.bytes(MAILBOXES + 4, 1)).toEqual([4])
    expect(small.bytes(CCB + 28, 13)).toEqual([0x70, 0, 5, 0, 0, 0, 0, 10, 0, 0, 0, 0, 0x21])
  })

  it.each([
    ['an unknown operation', { op: 9 }, 0x16],
    ['a CDB of 16 bytes', { cdb: [0x88, 0, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 2, 0, 0] }, 0x1a],
    ['no CDB', { cdb: [] }, 0x1a],
    ['another target', { target: 0x28 }, 0x11],
    ["a direction that is not its command's", { target: 0x10 }, 0x14],
    ['more than 17 entries', { op: 4, length: 18 * 6, data: LIST }, 0x1a],
    ['a list that is no multiple of 6 bytes', { op: 2, length: 13, data: LIST }, 0x1a],
    ['an entry of nothing', { op: 4, length: 6, data: 0x9000 }, 0x1a],
  ])('refuses %s', (_, fields, hostStatus) => {
    for (let i = 0; i < 18; i++) bench.put(LIST + i * 6, ...big24(512), ...big24(DATA + i * 512))
    bench.prepare(fields)
    bench.run()
    expect(bench.outcome().slice(0, 2)).toEqual([hostStatus, 0])
    expect(bench.bytes(MAILBOXES + 4, 1)).toEqual([4])
    expect(bench.reports.join()).toMatch(/AHA-1542/)
    expect(bench.bytes(DATA, 8)).toEqual([0, 0, 0, 0, 0, 0, 0, 0])
  })

  it('cannot go beyond its 24 address lines: the disk ends the command with a hardware error', () => {
    bench.put(LIST, ...big24(1024), ...big24(0xfffe00))
    bench.prepare({ op: 4, length: 6, data: LIST })
    bench.run()
    expect(bench.outcome()).toEqual([0, 2, 1024])
    expect(bench.bytes(CCB + 28, 3)).toEqual([0x70, 0, 4])
    expect(bench.sanitizer.counts['dma-out-of-reach']).toBe(1)
  })

  it('reports less data than asked for where the operation has no residual', () => {
    bench.prepare({ op: 0, length: 2048 })
    bench.run()
    expect(bench.outcome()).toEqual([0x12, 0, 2048])
  })
})
