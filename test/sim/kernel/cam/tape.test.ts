import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { TapeMedium } from '../../../../src/sim/devices/tape-medium.ts'
import { TapeTarget } from '../../../../src/sim/devices/tape-target.ts'
import { TapePeripheral } from '../../../../src/sim/kernel/cam/tape.ts'
import { EBUSY, EINVAL, EIO, ENOSPC, OK } from '../../../../src/sim/kernel/errno.ts'
import { ADAPTERS, CamBench } from './cam-bench.ts'
import type { Adapter } from './cam-bench.ts'

const BLOCK = 512
const SPACE_BLOCKS = 0
const SPACE_FILEMARKS = 1
const SPACE_END = 3

/** A bounce page is copied as a whole, what the device did not write included. */
const BOUNCES: readonly Adapter[] = ['aha1542-disk']

/** A tape drive at an adapter, and commands for it one at a time: each gives its error and what it did not reach. */
class TapeBench {
  readonly medium: TapeMedium
  readonly cam: CamBench
  readonly sa: TapePeripheral
  result: readonly [number, number] = [-1, -1]
  readonly done = (error: number, resid: number) => void (this.result = [error, resid])

  constructor(adapter: Adapter, blockBytes = BLOCK, capacity = 64 * BLOCK) {
    this.medium = new TapeMedium(capacity, 4 * BLOCK)
    const figures = { blockBytes: BLOCK, bytesPerSecond: 1e6, commandNs: 1e6 }
    this.cam = new CamBench(adapter, { scsiDevice: (tags) => new TapeTarget(this.medium, figures, tags) })
    this.sa = new TapePeripheral(this.cam.bench.machine, this.cam.disk.xpt, blockBytes)
  }

  /** Writes bytes that count up from `first`, from page 0 on. */
  write(bytes: number, first: number) {
    for (let at = 0; at < bytes; at += 4096)
      this.cam
        .memoryOf(at / 4096, 4096)
        .set(Uint8Array.from({ length: 4096 }, (_, i) => (first + at + i) & 0xff))
    this.sa.sastrategy(true, bytes, (ccb) => ccb.useBuffer(this.cam.addressOf(0), bytes), this.done)
    return this.settled()
  }

  /** Reads to page 16 and on. */
  read(bytes: number) {
    for (let at = 0; at < bytes; at += 4096) this.cam.memoryOf(16 + at / 4096, 4096).fill(0xee)
    this.sa.sastrategy(false, bytes, (ccb) => ccb.useBuffer(this.cam.addressOf(16), bytes), this.done)
    return this.settled()
  }

  marks(count: number) {
    this.sa.sawritefilemarks(count, this.done)
    return this.settled()
  }

  space(what: number, count: number) {
    this.sa.saspace(what, count, this.done)
    return this.settled()
  }

  rewind() {
    this.sa.sarewind(this.done)
    return this.settled()
  }

  /** The first bytes of what was read last. */
  got(bytes: number): number[] {
    return Array.from({ length: bytes }, (_, i) => this.cam.memoryOf(16 + (i >> 12), 4096)[i & 4095]!)
  }

  private settled() {
    this.cam.settle()
    return this.result
  }
}

const counted = (first: number, bytes: number): number[] =>
  Array.from({ length: bytes }, (_, i) => (first + i) & 0xff)

describe.each(ADAPTERS)('a tape through %s', (adapter) => {
  it('gives back the bytes that were written, over page borders', () => {
    const tape = new TapeBench(adapter)
    expect(tape.write(20 * BLOCK, 7)).toEqual([OK, 0])
    expect(tape.rewind()).toEqual([OK, 0])
    expect(tape.read(20 * BLOCK)).toEqual([OK, 0])
    expect(tape.got(20 * BLOCK)).toEqual(counted(7, 20 * BLOCK))
  })

  it('stops at a filemark with a residue, tells of it once, and goes on behind it', () => {
    const tape = new TapeBench(adapter)
    tape.write(3 * BLOCK, 1)
    tape.marks(1)
    tape.write(2 * BLOCK, 99)
    tape.rewind()
    expect(tape.read(8 * BLOCK)).toEqual([OK, 5 * BLOCK])
    expect(tape.got(3 * BLOCK)).toEqual(counted(1, 3 * BLOCK))
    if (!BOUNCES.includes(adapter)) expect(tape.got(3 * BLOCK + 1).at(-1)).toBe(0xee)
    expect(tape.read(8 * BLOCK)).toEqual([OK, 8 * BLOCK])
    expect(tape.read(2 * BLOCK)).toEqual([OK, 0])
    expect(tape.got(2 * BLOCK)).toEqual(counted(99, 2 * BLOCK))
    expect(tape.read(BLOCK)).toEqual([ENOSPC, BLOCK])
  })

  it('spaces over blocks and filemarks, both ways', () => {
    const tape = new TapeBench(adapter)
    for (let file = 0; file < 3; file++) {
      tape.write(2 * BLOCK, file * 50)
      tape.marks(1)
    }
    tape.rewind()
    expect(tape.space(SPACE_FILEMARKS, 2)).toEqual([OK, 0])
    expect(tape.space(SPACE_BLOCKS, 1)).toEqual([OK, 0])
    tape.read(BLOCK)
    expect(tape.got(4)).toEqual(counted(100 + BLOCK, 4))
    expect(tape.space(SPACE_BLOCKS, 5)).toEqual([EIO, 5])
    expect(tape.space(SPACE_FILEMARKS, -2)).toEqual([OK, 0])
    expect(tape.medium.position).toBe(5)
    expect(tape.space(SPACE_FILEMARKS, -9)).toEqual([EIO, 8])
    expect(tape.space(SPACE_END, 0)).toEqual([OK, 0])
    expect(tape.medium.position).toBe(9)
    expect(tape.space(SPACE_FILEMARKS, 1)).toEqual([ENOSPC, 1])
  })

  it('warns before its end, and then writes no more', () => {
    const tape = new TapeBench(adapter, BLOCK, 10 * BLOCK)
    expect(tape.write(5 * BLOCK, 0)).toEqual([OK, 0])
    expect(tape.write(BLOCK, 0)).toEqual([OK, 0])
    expect(tape.write(BLOCK, 0)).toEqual([ENOSPC, BLOCK])
    expect(tape.write(6 * BLOCK, 0)).toEqual([ENOSPC, 2 * BLOCK])
    tape.rewind()
    expect(tape.read(10 * BLOCK)).toEqual([OK, 0])
  })

  it('gives a block of another length than asked for as far as it goes', () => {
    const tape = new TapeBench(adapter, 0)
    tape.write(1000, 3)
    tape.write(3000, 5)
    tape.rewind()
    expect(tape.read(4096)).toEqual([OK, 3096])
    expect(tape.got(1000)).toEqual(counted(3, 1000))
    if (!BOUNCES.includes(adapter)) expect(tape.got(1001).at(-1)).toBe(0xee)
    expect(tape.read(2000)[0]).toBe(EIO)
    const fixed = new TapePeripheral(tape.cam.bench.machine, tape.cam.disk.xpt, BLOCK)
    tape.rewind()
    fixed.sastrategy(false, 2 * BLOCK, (ccb) => ccb.useBuffer(tape.cam.addressOf(16), 2 * BLOCK), tape.done)
    tape.cam.settle()
    expect(tape.result).toEqual([EIO, 2 * BLOCK])
  })

  it('refuses what is no whole block, and a second command', () => {
    const tape = new TapeBench(adapter)
    expect(tape.read(100)).toEqual([EINVAL, 100])
    tape.sa.sarewind(() => undefined)
    tape.sa.sarewind(tape.done)
    expect(tape.result).toEqual([EBUSY, 0])
  })

  it('reads back any files of any lengths', () => {
    const files = fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 4 })
    fc.assert(
      fc.property(files, (lengths) => {
        const tape = new TapeBench(adapter)
        lengths.forEach((blocks, file) => {
          tape.write(blocks * BLOCK, file * 31)
          tape.marks(1)
        })
        tape.rewind()
        lengths.forEach((blocks, file) => {
          expect(tape.read(16 * BLOCK)).toEqual([OK, (16 - blocks) * BLOCK])
          expect(tape.got(blocks * BLOCK)).toEqual(counted(file * 31, blocks * BLOCK))
          expect(tape.read(BLOCK)).toEqual([OK, BLOCK])
        })
      }),
      { numRuns: 15 },
    )
  })
})
