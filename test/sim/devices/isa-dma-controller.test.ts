import { beforeEach, describe, expect, it } from 'vitest'
import { Drive } from '../../../src/sim/devices/drive.ts'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { IsaDiskController } from '../../../src/sim/devices/isa-disk-controller.ts'
import { IsaDmaController } from '../../../src/sim/devices/isa-dma-controller.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { stampMatches } from '../../../src/sim/engine/sector-stamp.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

const MIB = 2 ** 20

/** Ports by channel: address, count, page; and of its controller: mask, mode, flip-flop. */
const PORTS = {
  1: [0x02, 0x03, 0x83, 0x0a, 0x0b, 0x0c],
  2: [0x04, 0x05, 0x81, 0x0a, 0x0b, 0x0c],
  5: [0xc4, 0xc6, 0x8b, 0xd4, 0xd6, 0xd8],
} as const
type ChannelNumber = keyof typeof PORTS

describe('the 8237 controllers', () => {
  let simulator: Simulator
  let memory: PhysicalMemory
  let media: Media
  let bus: DmaBus
  let segments: SegmentList
  let dma: IsaDmaController

  beforeEach(() => {
    simulator = new Simulator()
    memory = new PhysicalMemory(8192, true)
    media = new Media(100_000)
    bus = new DmaBus(memory, { addressBits: 24, isHeld: () => true })
    segments = new SegmentList(bus)
    dma = new IsaDmaController(bus)
  })

  const program = (chan: ChannelNumber, mode: number, address: number, count: number, page: number): void => {
    const [addressPort, countPort, pagePort, mask, modePort, flipFlop] = PORTS[chan]
    dma.outb(mask, 4 | (chan & 3))
    dma.outb(modePort, mode | (chan & 3))
    dma.outb(flipFlop, 0)
    dma.outb(addressPort, address & 0xff)
    dma.outb(addressPort, address >> 8)
    dma.outb(pagePort, page)
    dma.outb(countPort, count & 0xff)
    dma.outb(countPort, count >> 8)
    dma.outb(mask, chan & 3)
  }
  const disk = (chan: ChannelNumber): { disk: IsaDiskController; interrupts: number[] } => {
    const interrupts: number[] = []
    const line = new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => interrupts.push(at))
    const drive = new Drive(media, { complete: (_w, _s, _n, at) => at + 1000 }, { holdsData: true })
    return {
      disk: new IsaDiskController({ simulator, bus, segments, drive, interrupts: [line] }, dma, chan),
      interrupts,
    }
  }
  const stampAt = (address: number, sector: number): boolean => {
    const words = new Int32Array(memory.bytesAt(address, 512).slice().buffer)
    return stampMatches(words, 0, sector, 0)
  }

  it.each([
    [1, 0x3000, 0x12, 0x12_3000],
    [5, 0x1800, 0x13, 0x12_3000],
  ] as const)('channel %i puts page register and address together', (chan, address, page, at) => {
    program(chan, 0x44, address, chan === 1 ? 1023 : 511, page)
    const { disk: device, interrupts } = disk(chan)
    device.writeCommand(0x08, 7, 2, 50)
    simulator.run(1)
    expect(interrupts).toEqual([1050])
    expect([stampAt(at, 7), stampAt(at + 512, 8), device.error]).toEqual([true, true, false])
    expect([device.takeInterrupt(), device.takeInterrupt()]).toEqual([true, false])
  })

  it.each([
    [1, 0xfe00, 1023, 64 * 1024],
    [5, 0xff00, 511, 128 * 1024],
  ] as const)('channel %i begins its window again at the end', (chan, address, count, window) => {
    program(chan, 0x44, address, count, 0x20)
    disk(chan).disk.writeCommand(0x08, 3, 2, 0)
    simulator.run(1)
    const base = 0x20_0000
    expect(stampAt(base + window - 512, 3)).toBe(true)
    expect(stampAt(base, 4)).toBe(true)
    expect(memory.read32(base + window)).toBe(0)
    expect(bus.faults).toBe(0)
  })

  it('stays below 16 MiB even at the last byte', () => {
    program(1, 0x44, 0xfe00, 1023, 0xff)
    disk(1).disk.writeCommand(0x08, 3, 2, 0)
    simulator.run(1)
    expect([stampAt(16 * MIB - 512, 3), stampAt(16 * MIB - 65536, 4)]).toEqual([true, true])
    expect(memory.read32(16 * MIB)).toBe(0)
  })

  it('writes the disk from memory', () => {
    memory.bytesAt(0x5000, 512).fill(0x5a)
    program(1, 0x48, 0x5000, 511, 0)
    disk(1).disk.writeCommand(0x0a, 9, 1, 0)
    simulator.run(1)
    const words = new Int32Array(128)
    media.read(9, words, 0)
    expect(words.every((word) => word === 0x5a5a5a5a)).toBe(true)
  })

  it('counts down to terminal count, says so once, and masks the channel', () => {
    program(1, 0x44, 0x1000, 1023, 0)
    const { disk: device } = disk(1)
    device.writeCommand(0x08, 1, 1, 0)
    simulator.run(1)
    expect(dma.inb(0x08)).toBe(0)
    dma.outb(0x0c, 0)
    expect([dma.inb(0x03), dma.inb(0x03), dma.inb(0x02), dma.inb(0x02)]).toEqual([0xff, 0x01, 0x00, 0x12])
    device.writeCommand(0x08, 2, 1, 2000)
    simulator.run(1)
    expect(stampAt(0x1200, 2)).toBe(true)
    expect([dma.inb(0x08), dma.inb(0x08)]).toEqual([0x02, 0])
    device.writeCommand(0x08, 3, 1, 4000)
    simulator.run(1)
    expect([device.error, bus.faults]).toEqual([true, 1])
  })

  it.each([
    ['the other direction', 0x48, 0, 511],
    ['too few bytes', 0x44, 0, 255],
  ])('ends a read through a channel that is set up for %s with an error', (_what, mode, page, count) => {
    program(2, mode, 0x1000, count, page)
    const { disk: device, interrupts } = disk(2)
    device.writeCommand(0x08, 1, 1, 0)
    simulator.run(1)
    expect([device.error, interrupts.length, memory.read32(0x1000)]).toEqual([true, 1, 0])
  })

  it('refuses a command that it does not know, and sectors that are not there', () => {
    program(1, 0x44, 0x1000, 511, 0)
    const { disk: device } = disk(1)
    device.writeCommand(0x77, 1, 1, 0)
    simulator.run(1)
    expect(device.error).toBe(true)
    device.writeCommand(0x08, 100_000, 1, 1e6)
    simulator.run(1)
    expect(device.error).toBe(true)
  })
})
