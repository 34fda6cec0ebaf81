import { beforeEach, describe, expect, it } from 'vitest'
import { Sym53c8xxController } from '../../../src/sim/devices/sym-53c8xx-controller.ts'
import { ScsiBench, SERVICE_NS } from './scsi-bench.ts'

const START_QUEUE = 0x1000
const DONE_QUEUE = 0x1100
const SCRIPT = 0x2000
const PHASE_MISMATCH = 0x2800
const RESTART = 0x3000
const BLOCK = 0x4000
const DATA = 0x0100_0000 * 3
const MOVE = 0x18000000
const DATA_IN = 0x01000000
const STATUS = [MOVE | 0x03000000, 0x30, MOVE | 0x07000000, 0x38, 0x98180000, 0]
const READ10 = [0x28, 0, 0, 0, 0, 9, 0, 0, 2, 0]

class ChipBench extends ScsiBench {
  readonly chip = new Sym53c8xxController(this.parts)
  queued = 0

  constructor(...options: ConstructorParameters<typeof ScsiBench>) {
    super(...options)
    this.chip.setQueues(START_QUEUE, DONE_QUEUE, 4)
    this.chip.setPhaseMismatchJump(PHASE_MISMATCH)
    this.words(SCRIPT, 0x43000000, 0x10, MOVE | 0x06000000, 0x18, MOVE | 0x02000000, 0x20, 0x48000000, 0)
    this.words(RESTART, 0xf11c0004, 8, 0x90080000, 0)
    this.words(PHASE_MISMATCH, 0xf0d40004, 0x28, 0xf0d80004, 0x2c, ...STATUS)
  }

  words(address: number, ...words: readonly number[]): void {
    words.forEach((word, i) => this.memory.write32(address + i * 4, word))
  }

  /** A command whose data phase is `moves`: entries of its table, moved in the order given. */
  prepare(
    moves: readonly (readonly [count: number, address: number])[],
    cdb: readonly number[] = READ10,
    tag = 5,
    phase = DATA_IN,
  ): number {
    const block = BLOCK + tag * 0x100
    const script = 0x8000 + tag * 0x100
    this.words(
      block,
      SCRIPT,
      RESTART,
      script,
      0xee,
      0,
      0,
      3,
      block + 0x80,
      cdb.length,
      block + 0x84,
      0,
      0,
      1,
      block + 12,
      1,
      block + 13,
    )
    this.put(block + 0x80, 0x80, 0x20, tag)
    this.put(block + 0x84, ...cdb)
    moves.forEach(([count, address], i) => this.words(block + 0x40 + i * 8, count, address))
    this.words(script, ...moves.flatMap((_, i) => [MOVE | phase, 0x40 + i * 8]), ...STATUS)
    return block
  }

  queue(block: number): void {
    this.words(START_QUEUE + (this.queued++ % 4) * 4, block)
    this.chip.signal(this.simulator.now)
  }

  /** Starts commands and lets them end. */
  run(...blocks: readonly number[]): void {
    for (const block of blocks) this.queue(block)
    this.simulator.run(100)
  }
}

describe('Sym53c8xxController', () => {
  let bench: ChipBench
  beforeEach(() => {
    bench = new ChipBench(32)
  })

  it('runs the script of a command through both queues', () => {
    const block = bench.prepare([[700, DATA + 1], [324, DATA + 0x5003]]) // prettier-ignore
    bench.queue(block)
    expect([bench.bytes(START_QUEUE, 4), bench.chip.hasBlock(block)]).toEqual([[0, 0, 0, 0], true])
    bench.simulator.run(10)
    expect([bench.memory.read32(DONE_QUEUE), bench.chip.hasBlock(block)]).toEqual([block, false])
    expect(bench.bytes(block + 12, 2)).toEqual([0, 0])
    expect([bench.memory.read32(block + 0x28), bench.memory.read32(block + 0x2c)]).toEqual([0, 0])
    bench.put(DATA, ...bench.bytes(DATA + 1, 700))
    bench.put(DATA + 700, ...bench.bytes(DATA + 0x5003, 324))
    expect([bench.holds(DATA, 9), bench.holds(DATA + 512, 10)]).toEqual([true, true])
    expect([bench.interrupts, bench.chip.readIstat(), bench.chip.readIstat()]).toEqual([[SERVICE_NS], 4, 0])
  })

  it('keeps several commands, and goes round in its queues', () => {
    for (let round = 0; round < 3; round++) {
      const blocks = [1, 2].map((tag) => bench.prepare([[1024, DATA + tag * 4096]], READ10, tag))
      bench.run(...blocks)
      const places = [round * 2, round * 2 + 1].map((place) => DONE_QUEUE + (place % 4) * 4)
      expect(places.map((place) => bench.memory.read32(place))).toEqual(blocks)
    }
    expect(bench.holds(DATA + 2 * 4096, 9)).toBe(true)
  })

  it('goes to the other script when the target ends the data phase early', () => {
    const block = bench.prepare([[1000, DATA], [100, DATA + 4096], [50, DATA + 8192]]) // prettier-ignore
    bench.run(block)
    // 1024 of 1150 bytes: 76 of the second entry are left.
    expect([bench.memory.read32(block + 0x28), bench.memory.read32(block + 0x2c)]).toEqual([76, block + 0x48])
    expect([bench.bytes(block + 12, 2), bench.memory.read32(DONE_QUEUE)]).toEqual([[0, 0], block])
  })

  it('gives status and, to REQUEST SENSE with the same tag, sense data', () => {
    const failing = bench.prepare([[512, DATA]], [0x28, 0, 0, 0, 0, 9, 0, 0, 9, 0])
    bench.run(failing)
    expect(bench.bytes(failing + 12, 1)).toEqual([2])
    bench.run(bench.prepare([[18, DATA]], [3, 0, 0, 0, 18, 0]))
    expect(bench.bytes(DATA, 3)).toEqual([0x70, 0, 4])
  })

  it.each([
    ['across a 16 MiB line', [[1024, DATA - 512]], DATA_IN, 1],
    ['MOVE of nothing', [[0, DATA]], DATA_IN, 1],
    ['in the wrong direction', [[1024, DATA]], 0, 1],
    ['instruction that the chip does not know', [[1024, DATA]], 0x20000000, 1],
    ['does not expect that the command ends', [[1024, DATA]], 0x06000000, 4],
  ] as const)('stops at a script with %s, and goes on when told', (message, moves, phase, dstat) => {
    const broken = bench.prepare(moves.map(([count, address]) => [count, address] as const), READ10, 1, phase) // prettier-ignore
    const sound = bench.prepare([[1024, DATA + 8192]], READ10, 2)
    bench.run(broken, sound)
    expect([bench.chip.dstat, bench.chip.dsa, bench.chip.readIstat() & 1]).toEqual([dstat, broken, 1])
    expect(bench.reports.join()).toMatch(message)
    expect([bench.memory.read32(DONE_QUEUE), bench.holds(DATA + 8192, 9)]).toEqual([0, false])
    bench.chip.resume(bench.simulator.now)
    expect([bench.chip.dstat, bench.memory.read32(DONE_QUEUE)]).toEqual([0, sound])
    expect([bench.holds(DATA + 8192, 9), bench.chip.hasBlock(broken)]).toEqual([true, false])
  })

  it('stops where a command cannot be started', () => {
    const sound = bench.prepare([[1024, DATA]], READ10, 1)
    const sameTag = bench.prepare([[1024, DATA]], READ10, 2)
    bench.put(sameTag + 0x82, 1)
    bench.queue(sound)
    bench.queue(sameTag)
    expect([bench.chip.dstat, bench.chip.dsa]).toEqual([4, sameTag])
    bench.chip.resume(0)
    const elsewhere = bench.prepare([[1024, DATA]], READ10, 3)
    bench.words(elsewhere + 0x10, 7 << 16)
    bench.queue(elsewhere)
    expect([bench.chip.dstat, bench.chip.dsa]).toEqual([4, elsewhere])
    bench.chip.resume(0)
    bench.queue(0x3fff_f000)
    expect(bench.chip.dstat).toBe(1)
    bench.chip.resume(0)
    bench.simulator.run(10)
    expect(bench.memory.read32(DONE_QUEUE)).toBe(sound)
  })

  it('gives up a script that goes round and round', () => {
    const block = bench.prepare([[1024, DATA]])
    bench.words(0x8500, 0x80080000, 0x8500)
    bench.run(block)
    expect(bench.chip.dstat).toBe(1)
  })
})
