import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../src/shared/profiles/builtin-devices.ts'
import type { FaultRates } from '../../../src/sim/devices/faults.ts'
import { NvmeController } from '../../../src/sim/devices/nvme-controller.ts'
import { FlashModel } from '../../../src/sim/devices/service-model.ts'
import type { ServiceModel } from '../../../src/sim/devices/service-model.ts'
import { MICROSECOND, QueuedBench, SECTORS, blank } from './queued-bench.ts'

const RING = 0x10000
const ENTRIES = 8
/** Above 4 GiB. */
const DATA = 0x1_4000_0000
const LIST = 0x90000

interface Command {
  readonly opcode: number
  readonly id?: number
  readonly namespace?: number
  readonly prp1?: number
  readonly prp2?: number
  readonly sector?: number
  readonly sectors?: number
}

const READ = 2
const WRITE = 1

/** A controller with an admin queue and two pairs of I/O queues of 8 entries; commands are laid into memory by hand. */
class Bench extends QueuedBench {
  readonly controller = new NvmeController(this)
  private readonly tails = [0, 0, 0]

  constructor(faults: Partial<FaultRates> = {}, model: ServiceModel = MICROSECOND) {
    super(2, faults, model)
    const place = (queue: number) => ({
      submission: RING + queue * 0x2000,
      completion: RING + queue * 0x2000 + 0x1000,
      entries: ENTRIES,
    })
    expect(this.controller.enable([0, 1, 2].map(place))).toBe(true)
  }

  put(
    queue: number,
    { opcode, id = 7, namespace = 1, prp1 = DATA, prp2 = 0, sector = 0, sectors = 1 }: Command,
  ): void {
    const entry = RING + queue * 0x2000 + this.tails[queue]! * 64
    const split = (value: number): number[] => [value, Math.floor(value / 2 ** 32)]
    this.words(entry, [opcode | (id << 16), namespace, 0, 0, 0, 0, ...split(prp1), ...split(prp2)])
    this.words(entry + 40, [...split(sector), sectors - 1])
    this.tails[queue] = (this.tails[queue]! + 1) % ENTRIES
  }

  ring(queue: number, at = this.simulator.now): void {
    this.controller.ringSubmission(queue, this.tails[queue]!, at)
  }

  completion(
    queue: number,
    index: number,
  ): { head: number; queue: number; id: number; phase: number; status: number } {
    const [word, last] = this.read(RING + queue * 0x2000 + 0x1000 + index * 16 + 8, 2) as [number, number]
    return {
      head: word & 0xffff,
      queue: word >>> 16,
      id: last & 0xffff,
      phase: (last >>> 16) & 1,
      status: last >>> 17,
    }
  }

  /** Runs one command on queue 1 and gives its status. */
  statusOf(command: Command, queue = 1): number {
    this.put(queue, command)
    this.ring(queue)
    this.run()
    return this.completion(queue, 0).status
  }
}

describe('NvmeController', () => {
  it('reads to a dword inside a page and to the page of PRP2, and completes with identifier, head and phase', () => {
    const bench = new Bench()
    bench.put(1, {
      opcode: READ,
      id: 0xbeef,
      prp1: DATA + 4096 - 516,
      prp2: DATA + 8192,
      sector: 2 ** 33,
      sectors: 3,
    })
    bench.ring(1, 500)
    bench.run()
    expect(bench.read(DATA + 4096 - 516, 129)).toEqual([...blank(2 ** 33), blank(2 ** 33 + 1)[0]])
    expect(bench.read(DATA + 8192, 255)).toEqual([...blank(2 ** 33 + 1).slice(1), ...blank(2 ** 33 + 2)])
    expect(bench.read(DATA + 4096, 1024).every((word) => word === 0)).toBe(true)
    expect(bench.completion(1, 0)).toEqual({ head: 1, queue: 1, id: 0xbeef, phase: 1, status: 0 })
    expect(bench.raised).toEqual([[0, 1500]])
    expect(bench.bus.faults).toBe(0)
  })

  it('writes the medium from memory', () => {
    const bench = new Bench()
    bench.words(
      DATA + 512,
      Array.from({ length: 128 }, (_, i) => i * 3),
    )
    expect(bench.statusOf({ opcode: WRITE, prp1: DATA + 512, sector: 9 })).toBe(0)
    const words = new Int32Array(128)
    bench.media.read(9, words, 0)
    expect([...words]).toEqual(Array.from({ length: 128 }, (_, i) => i * 3))
  })

  it('follows a PRP list from any place of a page, through the last entry of a full page to the next', () => {
    const bench = new Bench()
    const list = LIST + 4096 - 24
    const page = (i: number): number => DATA + i * 3 * 4096
    const pair = (address: number): number[] => [address % 2 ** 32, Math.floor(address / 2 ** 32)]
    bench.words(list, [...pair(page(1)), ...pair(page(2)), ...pair(LIST + 0x20000)])
    bench.words(LIST + 0x20000, [...pair(page(3)), ...pair(page(4))])
    expect(bench.statusOf({ opcode: READ, prp1: page(0), prp2: list, sectors: 37 })).toBe(0)
    for (let i = 0; i < 37; i++) expect(bench.read(page(i >> 3) + (i % 8) * 512, 128)).toEqual(blank(i))
    expect(bench.bus.faults).toBe(0)
  })

  it('takes the last entry of a list page as data when the list ends there', () => {
    const bench = new Bench()
    bench.words(LIST + 4096 - 16, [0x40000, 0, 0x50000, 0])
    expect(bench.statusOf({ opcode: READ, prp1: DATA, prp2: LIST + 4096 - 16, sectors: 24 })).toBe(0)
    expect(bench.read(0x50000, 128)).toEqual(blank(16))
  })

  it.each([
    ['PRP1 inside a dword', { prp1: DATA + 2 }, 0x13],
    ['no PRP1', { prp1: 0 }, 0x02],
    ['PRP2 inside a page', { sectors: 16, prp2: DATA + 4096 + 512 }, 0x13],
    ['no PRP2', { sectors: 16 }, 0x02],
    ['a list inside a quadword', { sectors: 24, prp2: LIST + 4 }, 0x13],
    ['a list entry inside a page', { sectors: 24, prp2: LIST }, 0x13],
    ['a list that ends too early', { sectors: 24, prp2: LIST + 8 }, 0x13],
    ['a list page that is not there', { sectors: 24, prp2: LIST + 4096 - 8 }, 0x13],
  ])('refuses %s and moves nothing', (_name, command, status) => {
    const bench = new Bench()
    bench.words(LIST, [0x40200, 0, 0x40000, 0, 0, 0])
    expect(bench.statusOf({ opcode: READ, ...command })).toBe(status)
    expect(bench.bus.faults).toBe(1)
    expect(bench.read(DATA, 128).every((word) => word === 0)).toBe(true)
    expect(bench.read(0x40000, 1024).every((word) => word === 0)).toBe(true)
  })

  it.each([
    ['an unknown opcode', { opcode: 0x7f }, 1, 0x01],
    ['another namespace', { opcode: READ, namespace: 2 }, 1, 0x0b],
    ['blocks beyond the end', { opcode: READ, sector: SECTORS }, 1, 0x80],
    ['memory that is not there', { opcode: READ, prp1: 2 ** 40 }, 1, 0x04],
    ['Identify of what it does not know', { opcode: 6, sector: 2 }, 0, 0x02],
    ['Identify of another namespace', { opcode: 6, namespace: 2 }, 0, 0x0b],
    ['a log that it does not keep', { opcode: 2, sector: 2 }, 0, 0x02],
    ['a write on the admin queue', { opcode: 1 }, 0, 0x01],
  ])('ends %s with its status', (_name, command, queue, status) => {
    expect(new Bench().statusOf(command, queue)).toBe(status)
  })

  it.each([
    [{ mediaErrors: 1e6 }, READ, 0x281],
    [{ mediaErrors: 1e6 }, WRITE, 0x280],
    [{ shortTransfers: 1e6 }, READ, 0x04],
  ])('reports what goes wrong in the drive: %o', (faults, opcode, status) => {
    expect(new Bench(faults).statusOf({ opcode })).toBe(status)
  })

  it('completes a command whose interrupt gets lost', () => {
    const bench = new Bench({ lostInterrupts: 1e6 })
    expect(bench.statusOf({ opcode: READ })).toBe(0)
    expect(bench.completion(1, 0).phase).toBe(1)
    expect(bench.raised).toEqual([])
  })

  it('identifies its namespace', () => {
    const bench = new Bench()
    expect(bench.statusOf({ opcode: 6, sectors: 1 }, 0)).toBe(0)
    expect(bench.read(DATA, 6)).toEqual([5, 2, 5, 2, 5, 2])
    expect(bench.read(DATA + 128, 1)).toEqual([9 << 16])
  })

  it('turns the phase with every round, and fetches no command without room for its completion', () => {
    const bench = new Bench()
    for (let i = 0; i < 7; i++) bench.put(2, { opcode: READ, id: i })
    bench.ring(2)
    bench.run()
    expect(bench.completion(2, 6)).toEqual({ head: 7, queue: 2, id: 6, phase: 1, status: 0 })
    for (let i = 7; i < 10; i++) bench.put(2, { opcode: READ, id: i })
    bench.ring(2)
    bench.run()
    expect(bench.completion(2, 7).phase).toBe(0)
    bench.controller.ringCompletion(2, 2, bench.simulator.now)
    bench.run()
    expect(bench.completion(2, 7)).toMatchObject({ id: 7, phase: 1 })
    expect(bench.completion(2, 0)).toMatchObject({ id: 8, phase: 0, head: 1 })
    expect(bench.completion(2, 1)).toMatchObject({ id: 1, phase: 1 })
    expect(bench.raised.map(([queue]) => queue)).toEqual([1, 1])
    expect(bench.bus.faults).toBe(0)
  })

  it('rejects doorbells that make no sense', () => {
    const bench = new Bench()
    bench.controller.ringSubmission(1, ENTRIES, 0)
    bench.controller.ringSubmission(3, 0, 0)
    bench.controller.ringCompletion(1, 1, 0)
    bench.controller.ringCompletion(1, -1, 0)
    bench.run()
    expect(bench.bus.faults).toBe(4)
    expect(bench.completion(1, 0)).toEqual({ head: 0, queue: 0, id: 0, phase: 0, status: 0 })
  })
})

describe('the NVMe drives of the lab', () => {
  /** Reads of 4 KiB per second, and their mean latency, with `depth` of them at the model at any time. */
  function measure(name: string, depth: number): { iops: number; latency: number } {
    const { service } = BUILTIN_DEVICES.get(name)!
    if (service.kind !== 'flash') throw new Error('flash expected')
    const model = new FlashModel(service)
    const started = new Array<number>(depth).fill(0)
    const count = 20_000
    let sum = 0
    let end = 0
    for (let i = 0; i < count; i++) {
      end = model.complete(false, 0, 8, started[i % depth]!)
      sum += end - started[i % depth]!
      started[i % depth] = end
    }
    return { iops: (count * 1e9) / end, latency: sum / count }
  }

  it('read as fast as measured: P4800X 8.9 us at depth 1 and 584,800/s at depth 16, P3700 77.9 us', () => {
    expect(Math.abs(measure('nvme-p4800x', 1).latency / 8900 - 1)).toBeLessThan(0.01)
    expect(Math.abs(measure('nvme-p4800x', 16).iops / 584_800 - 1)).toBeLessThan(0.01)
    expect(Math.abs(measure('nvme-p3700', 1).latency / 77_900 - 1)).toBeLessThan(0.01)
  })

  it('a fractional number of servers sets the throughput and leaves the latency', () => {
    const model = new FlashModel({ servers: 2.5, readNs: 1000, writeNs: 1, linkBytesPerSecond: 1e15 })
    const times = Array.from({ length: 6 }, () => Math.round(model.complete(false, 0, 8, 0)))
    expect(times).toEqual([1000, 1400, 1800, 2200, 2600, 3000])
    expect(Math.round(model.complete(false, 0, 8, 9000))).toBe(10_000)
  })
})
