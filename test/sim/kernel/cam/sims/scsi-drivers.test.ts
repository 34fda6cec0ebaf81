import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../../../src/shared/profiles/builtin-devices.ts'
import { AhaSim } from '../../../../../src/sim/kernel/cam/sims/aha-sim.ts'
import type { DriverLimits } from '../../../../../src/sim/kernel/cam/sims/dma-sim.ts'
import { MpsSim } from '../../../../../src/sim/kernel/cam/sims/mps-sim.ts'
import { SymSim } from '../../../../../src/sim/kernel/cam/sims/sym-sim.ts'
import { EIO } from '../../../../../src/sim/kernel/errno.ts'
import { tagArgsOf } from '../../../../../src/sim/lab/storage/tag-args.ts'
import type { Mpi2Init } from '../../../../../src/sim/machine/datasheets/mpi2.ts'
import { ScsiDriverBench } from './scsi-driver-bench.ts'
import type { Transfer } from './scsi-driver-bench.ts'

function limitsOf(device: string): DriverLimits {
  const { tags, slots, timeoutNs } = BUILTIN_DEVICES.get(device)!
  return { tags: tags.map(tagArgsOf), slots, timeoutNs }
}

/** A transfer over single pages of an arena, two frames apart. */
function scattered(
  bench: ScsiDriverBench,
  arena: number,
  pages: number,
  changes: Partial<Transfer> = {},
): Transfer {
  const first = bench.arenas[arena]!
  return {
    operation: 'read',
    sector: 0x123456,
    sectors: pages * 8,
    pages: Array.from({ length: pages }, (_, i) => first + i * 2),
    offset: 0,
    form: 'msf',
    ...changes,
  }
}

function bytesAt(bench: ScsiDriverBench, address: number, count: number): number[] {
  return [...bench.machine.memory.bytesAt(address, count)]
}

const big24 = (value: number): number[] => [value >>> 16, (value >>> 8) & 0xff, value & 0xff]

describe('AhaSim', () => {
  it('writes CCBs and lists with 3-byte fields below 16 MiB, and mailboxes that point there', () => {
    const bench = new ScsiDriverBench('aha1542-disk')
    const commands: number[] = []
    const ports = {
      outb: (port: number, value: number) => void (port === 1 && commands.push(value)),
      inb: () => 0,
      hasCcb: () => true,
    }
    bench.xpt.attach(new AhaSim(bench.parts, limitsOf('aha1542-disk'), ports).sim)
    expect(commands.slice(0, 2)).toEqual([1, 2])
    const mailboxes = commands[2]! * 65536 + commands[3]! * 256 + commands[4]!
    bench.start(scattered(bench, 0, 2), 0)
    bench.start(scattered(bench, 2, 1, { operation: 'write', form: 'mapped' }), 1)
    expect(commands.slice(5)).toEqual([2, 2])
    const [start, ...address] = bytesAt(bench, mailboxes, 4)
    const ccb = address[0]! * 65536 + address[1]! * 256 + address[2]!
    const first = bench.arenas[0]! * 4096
    expect(start).toBe(1)
    const list = bytesAt(bench, ccb + 7, 3)
    const cdb = [0x28, 0, 0, 0x12, 0x34, 0x56, 0, 0, 16, 0]
    expect(bytesAt(bench, ccb, 28)).toEqual([
      4,
      8,
      10,
      18,
      0,
      0,
      12,
      ...list,
      ...new Array<number>(8).fill(0),
      ...cdb,
    ])
    const listAddress = list[0]! * 65536 + list[1]! * 256 + list[2]!
    expect(bytesAt(bench, listAddress, 12)).toEqual([
      ...big24(4096),
      ...big24(first),
      ...big24(4096),
      ...big24(first + 8192),
    ])
    const second = bytesAt(bench, mailboxes + 4, 4)
    const other = second[1]! * 65536 + second[2]! * 256 + second[3]!
    const [op, direction, , , ...data] = bytesAt(bench, other, 10)
    expect([second[0], op, direction, data.slice(0, 3)]).toEqual([1, 3, 0x10, [0, 16, 0]])
    // The page lies above 16 MiB: its data went to a bounce page.
    expect(bench.counters.bytesBounced).toBe(4096)
  })
})

describe('a driver whose device lost a command', () => {
  /** An AHA-1542 that takes commands and never answers; it is asked whether it has them. */
  function silentAdapter(hasCcb: boolean) {
    const bench = new ScsiDriverBench('aha1542-disk')
    const ports = { outb: () => undefined, inb: () => 0, hasCcb: () => hasCcb }
    bench.xpt.attach(new AhaSim(bench.parts, limitsOf('aha1542-disk'), ports).sim)
    const ccb = bench.start(scattered(bench, 2, 1), 0)
    bench.simulator.run(50)
    return { bench, ccb }
  }

  it('ends it with EIO once it took too long and the device does not know it', () => {
    const { bench, ccb } = silentAdapter(false)
    expect([bench.finished, ccb.status, bench.counters.commandTimeouts]).toEqual([[ccb], EIO, 1])
    expect(bench.busdma.bouncePagesActive).toBe(0)
  })

  it('waits for it as long as the device has it', () => {
    const { bench } = silentAdapter(true)
    expect(bench.finished).toEqual([])
    expect(bench.counters.commandTimeouts).toBe(50)
  })
})

describe('SymSim', () => {
  it('fills tables from their end and enters the script so that it runs just those', () => {
    const bench = new ScsiDriverBench('sym-disk')
    let queue = 0
    const chip = {
      dstat: 0,
      dsa: 0,
      setQueues: (start: number) => void (queue = start),
      setPhaseMismatchJump: () => undefined,
      signal: () => undefined,
      readIstat: () => 0,
      resume: () => undefined,
      hasBlock: () => true,
    }
    bench.xpt.attach(new SymSim(bench.parts, limitsOf('sym-disk'), chip).sim)
    bench.start(scattered(bench, 1, 3, { operation: 'write' }), 0)
    const { memory } = bench.machine
    const block = memory.read32(queue)
    const first = bench.arenas[1]! * 4096
    const words: number[] = []
    for (let at = memory.read32(block + 8); words.at(-2) !== 0x80080000; at += 8)
      words.push(memory.read32(at), memory.read32(at + 4))
    // Three MOVEs in the phase DATA OUT, and the jump to the status phase.
    expect(words.filter((_, i) => i % 2 === 0)).toEqual([0x18000000, 0x18000000, 0x18000000, 0x80080000])
    const entries = [1, 3, 5].map((i) => block + words[i]!)
    expect(entries.map((at) => [memory.read32(at), memory.read32(at + 4)])).toEqual([
      [4096, first],
      [4096, first + 8192],
      [4096, first + 16384],
    ])
    expect(entries[2]! - block + 8).toBe(words[1]! + 24)
    const cdbMove = [memory.read32(block + 40), memory.read32(block + 44)]
    expect(cdbMove[0]).toBe(10)
    expect(bytesAt(bench, cdbMove[1]!, 10)).toEqual([0x2a, 0, 0, 0x12, 0x34, 0x56, 0, 0, 24, 0])
    const message = memory.read32(block + 36)
    expect(bytesAt(bench, message, 3)).toEqual([0x80, 0x20, 0])
  })
})

describe('MpsSim', () => {
  it('puts two elements into the request, and chains the others through frames of ten', () => {
    const bench = new ScsiDriverBench('mps-ssd')
    let init: Mpi2Init | null = null
    const ioc = {
      initialize: (given: Mpi2Init) => void (init = given),
      postRequest: () => undefined,
      setReplyPostIndex: () => undefined,
      setReplyFreeIndex: () => undefined,
      hasRequest: () => true,
    }
    bench.xpt.attach(new MpsSim(bench.parts, limitsOf('mps-ssd'), ioc).sim)
    const { memory } = bench.machine
    const frames = init!.requestFrames
    const first = bench.arenas[2]! * 4096
    const word = (address: number): number => memory.read32(address)
    const elements = (address: number, count: number): number[][] =>
      Array.from({ length: count }, (_, i) => [
        word(address + i * 12),
        word(address + i * 12 + 4) + word(address + i * 12 + 8) * 2 ** 32,
      ])
    bench.start(scattered(bench, 2, 2), 0)
    expect(elements(frames + 128 + 0x60, 2)).toEqual([
      [0x12001000, first],
      [0xd3001000, first + 8192],
    ])
    expect([word(frames + 128), word(frames + 128 + 0x1c), word(frames + 128 + 0x3c)]).toEqual([
      9, 8192, 0x02000000,
    ])
    expect(bytesAt(bench, frames + 128 + 0x40, 10)).toEqual([0x28, 0, 0, 0x12, 0x34, 0x56, 0, 0, 16, 0])
    bench.start(scattered(bench, 2, 12, { operation: 'write' }), 1)
    const frame = frames + 256
    expect([word(frame), word(frame + 0x3c)]).toEqual([9 | (27 << 16), 0x01000000])
    const [simple, chain] = elements(frame + 0x60, 2)
    expect(simple).toEqual([0x96001000, first])
    expect(chain![0]).toBe(0x32000000 + 120 + (27 << 16))
    const inFirst = elements(chain![1]!, 10)
    expect(inFirst.slice(0, 9).map(([, address]) => (address! - first) / 8192)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9,
    ])
    expect(inFirst[9]).toEqual([0x32000000 + 24, chain![1]! + 128])
    expect(elements(chain![1]! + 128, 2)).toEqual([
      [0x16001000, first + 10 * 8192],
      [0xd7001000, first + 11 * 8192],
    ])
  })
})

describe.each(['aha1542-disk', 'sym-disk', 'mps-ssd'])(
  'the driver of %s, when things go wrong,',
  (device) => {
    const write = { operation: 'write', sector: 77, sectors: 24 } as const

    it('brings the sense data of a medium error to the CCB', () => {
      const bench = new ScsiDriverBench(device, undefined, { mediaErrors: 1_000_000 })
      const transfers = [scattered(bench, 1, 3), scattered(bench, 0, 3, write), scattered(bench, 2, 3)]
      const outcome = bench.run(transfers).map(({ status, senseKey, asc }) => [status, senseKey, asc])
      expect(outcome).toEqual([
        [EIO, 3, 0x11],
        [EIO, 3, 0x0c],
        [EIO, 3, 0x11],
      ])
      expect(bench.counters.deviceErrors).toBe(3)
      expect(bench.busdma.bouncePagesActive).toBe(0)
    })

    it('reports an illegal request, and forgets it when the CCB is used again', () => {
      const bench = new ScsiDriverBench(device)
      const [ccb] = bench.run([scattered(bench, 1, 1, { sector: 2 ** 28 })])
      expect([ccb!.status, ccb!.senseKey, ccb!.asc]).toEqual([EIO, 5, 0x21])
      ccb!.sector = 5
      bench.xpt.xpt_action(ccb!)
      bench.simulator.run(1000)
      expect([ccb!.status, ccb!.senseKey, ccb!.asc]).toEqual([0, 0, 0])
    })

    it('takes what a short transfer did not move for the residual', () => {
      const bench = new ScsiDriverBench(device, undefined, { shortTransfers: 1_000_000 })
      const transfers = Array.from({ length: 8 }, () => scattered(bench, 1, 5, { sector: 900, sectors: 37 }))
      for (const transfer of transfers) {
        const [ccb] = bench.run([transfer])
        const image = transfer.pages.flatMap((pfn) => bytesAt(bench, pfn * 4096, 4096))
        const touched = image.slice(0, 37 * 512).findLastIndex((byte) => byte !== 0xa5) + 1
        expect([ccb!.status, ccb!.resid]).toEqual([0, 37 * 512 - touched])
        expect(ccb!.resid).toBeGreaterThan(0)
      }
    })

    it('finds out what an interrupt that got lost was about', () => {
      const bench = new ScsiDriverBench(device, undefined, { lostInterrupts: 1_000_000 })
      const transfers = [scattered(bench, 1, 3), scattered(bench, 2, 2, { ...write, sectors: 16 })]
      expect(bench.run(transfers).map(({ status }) => status)).toEqual([0, 0])
      expect(bench.counters.commandTimeouts).toBeGreaterThan(0)
      expect(bench.isRight(transfers[0]!)).toBe(true)
    })
  },
)
