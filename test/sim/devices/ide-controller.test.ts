import { describe, expect, it } from 'vitest'
import { IdeController } from '../../../src/sim/devices/ide-controller.ts'
import { stampMatches, writeStamp } from '../../../src/sim/engine/sector-stamp.ts'
import {
  ATA_READ_DMA_EXT,
  ATA_WRITE_DMA_EXT,
  ATA_IDENTIFY_DEVICE_DMA,
} from '../../../src/sim/machine/datasheets/ata.ts'
import { IDE_PRD_EOT } from '../../../src/sim/machine/datasheets/bus-master-ide.ts'
import { ControllerBench, SECTORS } from './controller-bench.ts'

const TABLE = 0x30000

type Prd = readonly [address: number, word: number]

/** Starts one command with a PRD table as it stands, and runs to its end. */
function command(
  prds: readonly Prd[],
  sectors: number,
  ata = ATA_READ_DMA_EXT,
  table = TABLE,
): ControllerBench & { readonly failed: boolean } {
  const bench = new ControllerBench(32)
  const channel = new IdeController(bench.parts)
  prds.forEach(([address, word], i) => {
    bench.memory.write32(table + i * 8, address)
    bench.memory.write32(table + i * 8 + 4, word)
  })
  channel.writeTaskFile(ata, 40, sectors)
  channel.setPrdTable(table)
  channel.start(0)
  expect(channel.takeInterrupt()).toBe(false)
  bench.simulator.run(10)
  expect([channel.takeInterrupt(), channel.takeInterrupt()]).toEqual([true, false])
  expect(bench.interrupts).toHaveLength(1)
  return Object.assign(bench, { failed: channel.error })
}

describe('IdeController', () => {
  it('scatters a read over its regions', () => {
    const bench = command(
      [
        [0x9000, 512],
        [0xf000, 1024 | IDE_PRD_EOT],
      ],
      3,
    )
    const words = (address: number): Int32Array =>
      new Int32Array(bench.memory.bytesAt(address, 512).slice().buffer)
    expect(stampMatches(words(0x9000), 0, 40, 0)).toBe(true)
    expect(stampMatches(words(0xf000), 0, 41, 0)).toBe(true)
    expect(stampMatches(words(0xf200), 0, 42, 0)).toBe(true)
  })

  it('takes a byte count of 0 for 64 KiB', () => {
    const bench = command([[0x50000, IDE_PRD_EOT]], 128)
    const words = new Int32Array(bench.memory.bytesAt(0x5fe00, 512).slice().buffer)
    expect(stampMatches(words, 0, 40 + 127, 0)).toBe(true)
  })

  it('gathers a write', () => {
    const bench = new ControllerBench(32)
    const channel = new IdeController(bench.parts)
    const stamp = new Int32Array(128)
    writeStamp(stamp, 0, 7, 3)
    stamp.forEach((word, i) => bench.memory.write32(0x8f00 + i * 4, word))
    bench.memory.write32(TABLE, 0x8f00)
    bench.memory.write32(TABLE + 4, 512 | IDE_PRD_EOT)
    channel.writeTaskFile(ATA_WRITE_DMA_EXT, 7, 1)
    channel.setPrdTable(TABLE)
    channel.start(0)
    bench.simulator.run(10)
    const back = new Int32Array(128)
    bench.media.read(7, back, 0)
    expect(back).toEqual(stamp)
  })

  it('identifies itself with its number of sectors', () => {
    const bench = new ControllerBench(32)
    const channel = new IdeController(bench.parts)
    bench.memory.write32(TABLE, 0x9000)
    bench.memory.write32(TABLE + 4, 512 | IDE_PRD_EOT)
    channel.writeTaskFile(ATA_IDENTIFY_DEVICE_DMA, 0, 1)
    channel.setPrdTable(TABLE)
    channel.start(0)
    bench.simulator.run(10)
    expect(bench.memory.read32(0x9000 + 204) * 2 ** 32 + bench.memory.read32(0x9000 + 200)).toBe(SECTORS)
  })

  it.each<[string, Prd[], number, string]>([
    ['an odd address', [[0x9001, 512 | IDE_PRD_EOT]], 1, 'IDE PRD is odd'],
    ['an odd count', [[0x9000, 511 | IDE_PRD_EOT]], 1, 'IDE PRD is odd'],
    ['a region over a 64 KiB line', [[0xfffe, 512 | IDE_PRD_EOT]], 1, 'crosses a 64 KiB line'],
    ['a table without an end', [[0x9000, 512]], 1, 'without an end'],
  ])('refuses %s', (_, prds, sectors, message) => {
    // After the entries given, the table goes on with entries that are proper but end nothing.
    const filler = Array.from({ length: 0x2000 }, (): Prd => [0x9000, 512])
    const bench = command([...prds, ...filler].slice(0, 0x2000), sectors)
    expect(bench.failed).toBe(true)
    expect(bench.objects.join()).toContain(message)
    expect(bench.memory.read32(0x9000)).toBe(0)
  })

  it('refuses a table over a 64 KiB line', () => {
    const prds: Prd[] = [
      [0x9000, 512],
      [0x9200, 512 | IDE_PRD_EOT],
    ]
    const bench = command(prds, 2, ATA_READ_DMA_EXT, 0x3fff8)
    expect([bench.failed, bench.objects.join()]).toEqual([
      true,
      'IDE PRD table without an end, or across a 64 KiB line',
    ])
  })

  it('fails an unknown command, a place beyond the disk, and descriptors that are too short', () => {
    const prds: Prd[] = [[0x9000, 512 | IDE_PRD_EOT]]
    expect(command(prds, 1).failed).toBe(false)
    expect(command(prds, 1, 0x99).failed).toBe(true)
    expect(command(prds, 2).failed).toBe(true)
    const bench = new ControllerBench(32)
    const channel = new IdeController(bench.parts)
    bench.memory.write32(TABLE, 0x9000)
    bench.memory.write32(TABLE + 4, 1024 | IDE_PRD_EOT)
    channel.setPrdTable(TABLE)
    channel.writeTaskFile(ATA_READ_DMA_EXT, SECTORS - 1, 2)
    channel.start(0)
    bench.simulator.run(10)
    expect([channel.takeInterrupt(), channel.error]).toEqual([true, true])
  })
})

describe('Drive', () => {
  it('is busy while at least one command is in flight', () => {
    const { drive, segments } = new ControllerBench(32)
    expect(drive.busyUntil(100)).toBe(0)
    drive.accept(false, 0, 1, 100)
    drive.accept(false, 0, 1, 150)
    expect(drive.busyUntil(180)).toBe(80)
    for (const at of [200, 300]) {
      segments.start(true)
      segments.add(0x9000, 512)
      drive.finish(0, 1, segments, at)
    }
    expect([drive.busyUntil(300), drive.busyUntil(900)]).toEqual([200, 200])
    // 100 to 200 and 150 to 300: a mean of 125.
    expect(drive.meanCommandNs).toBe(125)
    drive.accept(false, 0, 1, 1000)
    expect(drive.busyUntil(1100)).toBe(300)
    drive.resetMeasurement()
    expect([drive.meanCommandNs, drive.busyUntil(1000)]).toEqual([0, 0])
  })
})
