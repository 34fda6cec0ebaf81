import { beforeEach, describe, expect, it } from 'vitest'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { NicController, wireNs } from '../../../src/sim/devices/nic-controller.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

const RING = 0x10000
const EOP = 1
const RS = 8
const DEXT = 0x20
const DD = 1
const TU = 8

describe('wire time', () => {
  it.each([
    [1518, 1e9, 81_274],
    [1518, 10e9, 812_744],
    [64, 1e9, 1_488_095],
    [64, 10e9, 14_880_952],
  ])('lets %i-byte frames pass at %d bits per second as often as Ethernet does', (frame, rate, due) => {
    expect(Math.round(1e9 / wireNs(frame - 4, rate))).toBe(due)
  })
})

describe('NIC transmit engine', () => {
  let simulator: Simulator
  let memory: PhysicalMemory
  let bus: DmaBus
  let nic: NicController
  let frames: { bytes: number[]; at: number }[]
  let interrupts: number[]

  beforeEach(() => {
    simulator = new Simulator()
    memory = new PhysicalMemory(2 * 1024 * 1024, true)
    bus = new DmaBus(memory, { addressBits: 32, isHeld: () => true })
    frames = []
    interrupts = []
    nic = new NicController({
      simulator,
      bus,
      segments: new SegmentList(bus),
      interrupt: new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => interrupts.push(at)),
      sink: { receive: (buffer, bytes, at) => frames.push({ bytes: [...buffer.subarray(0, bytes)], at }) },
      linkBitsPerSecond: 1e9,
    })
    nic.setRing(RING, 8 * 16)
  })

  const descriptor = (index: number, address: number, bytes: number, command: number): void => {
    memory.write32(RING + index * 16, address)
    memory.write32(RING + index * 16 + 4, Math.floor(address / 2 ** 32))
    memory.write32(RING + index * 16 + 8, (command << 24) | bytes)
    memory.write32(RING + index * 16 + 12, 0)
  }
  const statusOf = (index: number): number => memory.read32(RING + index * 16 + 12)
  const data = (address: number, ...bytes: number[]): void => memory.bytesAt(address, bytes.length).set(bytes)

  it('sends a frame in pieces, at any byte, and reports in its last descriptor', () => {
    data(0x20001, 1, 2, 3)
    data(0x30fff, 4)
    data(0x31000, 5)
    descriptor(0, 0x20001, 3, 0)
    descriptor(1, 0x30fff, 2, EOP | RS)
    nic.writeTail(2, 1000)
    simulator.run(10)
    expect(frames).toEqual([{ bytes: [1, 2, 3, 4, 5], at: 1000 + wireNs(5, 1e9) }])
    expect(wireNs(5, 1e9)).toBe(84 * 8)
    expect([statusOf(0), statusOf(1)]).toEqual([0, DD])
    expect([nic.readHead(), nic.takeInterrupt(), nic.takeInterrupt()]).toEqual([2, true, false])
  })

  it('sends frames back to back, and interrupts for none that does not ask', () => {
    data(0x20000, 7)
    for (let i = 0; i < 4; i++) descriptor(i, 0x20000, 1000, EOP)
    nic.writeTail(4, 0)
    simulator.run(10)
    expect(frames.map(({ at }) => at)).toEqual([1, 2, 3, 4].map((n) => n * 1024 * 8))
    expect(interrupts).toEqual([])
    expect(nic.takeInterrupt()).toBe(false)
  })

  it('waits for the end of a frame', () => {
    descriptor(0, 0x20000, 100, 0)
    descriptor(1, 0x20000, 100, EOP | RS)
    nic.writeTail(1, 0)
    simulator.run(10)
    expect(frames).toEqual([])
    nic.writeTail(2, 5000)
    simulator.run(10)
    expect(frames.map(({ at }) => at)).toEqual([5000 + wireNs(200, 1e9)])
  })

  it('goes around the ring', () => {
    data(0x20000, 9)
    for (let round = 0; round < 5; round++) {
      for (let i = 0; i < 3; i++) descriptor((round * 3 + i) % 8, 0x20000, 1, i === 2 ? EOP | RS : 0)
      nic.writeTail((round * 3 + 3) % 8, round * 10_000)
      simulator.run(10)
    }
    expect(frames.map(({ bytes }) => bytes)).toEqual(Array(5).fill([9, 9, 9]))
    expect(nic.readHead()).toBe(7)
  })

  it.each([
    ['empty', 0x20000, 0, 0],
    ['not a legacy one', 0x20000, 10, DEXT],
    ['out of reach', 2 ** 32, 10, 0],
    ['where there is no memory', 2 ** 33 - 1, 10, 0],
    ['too long with the others', 0x20000, 16_000, 0],
  ])(
    'sends nothing of a frame whose descriptor is %s, says so, and goes on',
    (_what, address, bytes, command) => {
      descriptor(0, 0x20000, 400, 0)
      descriptor(1, address, bytes, command)
      descriptor(2, 0x20000, 10, EOP | RS)
      descriptor(3, 0x20000, 20, EOP | RS)
      nic.writeTail(4, 0)
      simulator.run(10)
      expect(bus.faults).toBeGreaterThan(0)
      expect([statusOf(2), statusOf(3)]).toEqual([DD | TU, DD])
      expect(frames.map(({ bytes }) => bytes.length)).toEqual([20])
    },
  )

  it('does not wait for ever for the end of a frame that fills the ring', () => {
    for (let i = 0; i < 7; i++) descriptor(i, 0x20000, 1, 0)
    nic.writeTail(7, 0)
    simulator.run(10)
    expect(bus.faults).toBe(1)
    expect([statusOf(6), nic.readHead()]).toEqual([DD | TU, 7])
  })

  it('refuses a ring or a tail that cannot be', () => {
    nic.writeTail(8, 0)
    nic.setRing(RING + 8, 128)
    nic.setRing(RING, 120)
    nic.writeTail(0, 0)
    expect(bus.faults).toBe(4)
    expect(simulator.run(10)).toBe(0)
  })

  it('forgets what was in the ring at a reset', () => {
    descriptor(0, 0x20000, 100, EOP | RS)
    nic.writeTail(1, 0)
    simulator.run(1)
    nic.reset()
    simulator.run(10)
    expect([frames, statusOf(0), nic.readHead()]).toEqual([[], 0, 0])
  })
})
