import { beforeEach, describe, expect, it } from 'vitest'
import { Drive } from '../../../src/sim/devices/drive.ts'
import { InterruptLine } from '../../../src/sim/devices/interrupt-line.ts'
import { Media } from '../../../src/sim/devices/media.ts'
import { PioIdeController } from '../../../src/sim/devices/pio-ide-controller.ts'
import { SegmentList } from '../../../src/sim/devices/segment-list.ts'
import { stampMatches } from '../../../src/sim/engine/sector-stamp.ts'
import { Simulator } from '../../../src/sim/engine/simulator.ts'
import { DmaBus } from '../../../src/sim/machine/dma-bus.ts'
import { PhysicalMemory } from '../../../src/sim/machine/physical-memory.ts'

const BSY = 0x80
const DRDY = 0x40
const DRQ = 0x08
const ERR = 0x01
/** The medium takes a microsecond for each sector, after another to get there. */
const SECTOR_NS = 1000

describe('PIO IDE channel', () => {
  let simulator: Simulator
  let media: Media
  let bus: DmaBus
  let interrupts: number[]
  let channel: PioIdeController
  const block = new Int32Array(128 * 128)

  beforeEach(() => {
    simulator = new Simulator()
    media = new Media(2 ** 33)
    bus = new DmaBus(new PhysicalMemory(64, true), { addressBits: 32, isHeld: () => true })
    interrupts = []
    let freeAt = 0
    const model = {
      complete: (_write: boolean, _sector: number, sectors: number, at: number) =>
        (freeAt = Math.max(at + SECTOR_NS, freeAt) + sectors * SECTOR_NS),
    }
    const drive = new Drive(media, model, { holdsData: true })
    const line = new InterruptLine(simulator, { commands: 1, ns: 0 }, (at) => interrupts.push(at))
    channel = new PioIdeController({
      simulator,
      bus,
      segments: new SegmentList(bus),
      drive,
      interrupts: [line],
    })
  })

  const settle = (): number => {
    simulator.run(100)
    return channel.readStatus()
  }

  it('tells its capacity through the data register', () => {
    channel.writeCommand(0xec, 0, 1, 0)
    expect(channel.readStatus()).toBe(BSY)
    expect(settle()).toBe(DRDY | DRQ)
    channel.readData(block, 0, 128, 30_000)
    expect(block.slice(50, 52)).toEqual(Int32Array.of(0, 2))
    expect(channel.readStatus()).toBe(DRDY)
  })

  it.each([0x20, 0x24])('reads sector by sector and interrupts for each, command %i', (command) => {
    channel.writeCommand(command, 5, 3, 0)
    for (let i = 0; i < 3; i++) {
      expect(settle()).toBe(DRDY | DRQ)
      channel.readData(block, 0, 64, 0)
      channel.readData(block, 64, 64, 0)
      expect(stampMatches(block, 0, 5 + i, 0)).toBe(true)
    }
    expect(channel.readStatus()).toBe(DRDY)
    // It read on while the host moved the first sectors.
    expect(interrupts).toEqual([2000, 3000, 4000])
  })

  it('has no next block before the host has moved this one', () => {
    channel.writeCommand(0x20, 5, 2, 0)
    settle()
    channel.readData(block, 0, 128, 50_000)
    settle()
    expect(interrupts).toEqual([2000, 50_000])
  })

  it('asks for the first block of a write at once and for each other with an interrupt, and tells when all is stored', () => {
    block.fill(0x11111111, 0, 128)
    channel.writeCommand(0x30, 9, 2, 100)
    expect(channel.readStatus()).toBe(DRDY | DRQ)
    channel.writeData(block, 0, 128, 200)
    expect(settle()).toBe(DRDY | DRQ)
    block.fill(0x22222222, 0, 128)
    channel.writeData(block, 0, 128, 500)
    expect(channel.readStatus()).toBe(BSY)
    expect(settle()).toBe(DRDY)
    expect(interrupts).toEqual([200, 3200])
    media.read(9, block, 0)
    media.read(10, block, 128)
    expect([block[0], block[127], block[128], block[255]]).toEqual([
      0x11111111, 0x11111111, 0x22222222, 0x22222222,
    ])
  })

  it('moves as many sectors in a block as SET MULTIPLE MODE said, and the rest in the last', () => {
    channel.writeCommand(0xc6, 0, 4, 0)
    expect(channel.readStatus()).toBe(DRDY)
    channel.writeCommand(0xc4, 100, 6, 0)
    expect(settle()).toBe(DRDY | DRQ)
    channel.readData(block, 0, 512, 0)
    expect(stampMatches(block, 384, 103, 0)).toBe(true)
    expect(settle()).toBe(DRDY | DRQ)
    channel.readData(block, 0, 256, 0)
    expect(stampMatches(block, 128, 105, 0)).toBe(true)
    expect(channel.readStatus()).toBe(DRDY)
    expect(interrupts).toHaveLength(2)
  })

  it.each([
    ['an unknown command', 0x99, 0, 1],
    ['READ MULTIPLE without a number of sectors', 0xc4, 0, 1],
    ['more than 28 bits of address', 0x20, 2 ** 28 - 1, 2],
    ['more than 256 sectors with 28 bits', 0x20, 0, 257],
    ['sectors that are not there', 0x24, 2 ** 33 - 1, 2],
    ['a write of sectors that are not there', 0x34, 2 ** 33 - 1, 2],
  ])('ends %s with an error', (_what, command, sector, sectors) => {
    channel.writeCommand(command, sector, sectors, 0)
    expect(settle()).toBe(DRDY | ERR)
    expect(interrupts).toHaveLength(1)
    channel.writeCommand(0x20, 0, 1, 50_000)
    expect(settle()).toBe(DRDY | DRQ)
  })

  it.each([3, 0, 256])('does not take blocks of %i sectors', (sectors) => {
    channel.writeCommand(0xc6, 0, sectors, 0)
    expect(channel.readStatus()).toBe(DRDY | ERR)
  })

  it('takes nothing through the data register that it did not ask for', () => {
    channel.readData(block, 0, 128, 0)
    channel.writeCommand(0x20, 5, 1, 0)
    settle()
    channel.writeData(block, 0, 128, 0)
    channel.readData(block, 0, 129, 0)
    channel.writeCommand(0x20, 6, 1, 0)
    expect(bus.faults).toBe(4)
    channel.readData(block, 0, 128, 0)
    expect(stampMatches(block, 0, 5, 0)).toBe(true)
  })

  it('gives a command up at a reset', () => {
    channel.writeCommand(0x20, 5, 1, 0)
    channel.reset(10)
    expect(settle()).toBe(DRDY)
    expect(interrupts).toEqual([])
    channel.writeCommand(0x20, 6, 1, 5000)
    expect(settle()).toBe(DRDY | DRQ)
    channel.readData(block, 0, 128, 0)
    expect(stampMatches(block, 0, 6, 0)).toBe(true)
  })
})
