import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { DiskModel, FlashModel } from '../../../src/sim/devices/service-model.ts'
import { Random } from '../../../src/sim/engine/random.ts'

const FLASH = { servers: 4, readNs: 80_000, writeNs: 60_000, linkBytesPerSecond: 500e6 }
const DISK = {
  trackToTrackNs: 800_000,
  averageSeekNs: 8_500_000,
  revolutionNs: 8_000_000,
  mediaBytesPerSecond: 50e6,
  busBytesPerSecond: 100e6,
}
const SECTORS = 250_000_000

describe('FlashModel', () => {
  it('serves as many side by side as it has servers, and the link one after another', () => {
    const model = new FlashModel(FLASH)
    const link = 4096 * 2
    const times = Array.from({ length: 5 }, () => model.complete(false, 0, 8, 1000))
    expect(times).toEqual([
      81_000 + link,
      81_000 + 2 * link,
      81_000 + 3 * link,
      81_000 + 4 * link,
      // The first server is free at 81 us, so its second command is ready at 161 us.
      161_000 + link,
    ])
    expect(new FlashModel(FLASH).complete(true, 0, 8, 0)).toBe(60_000 + link)
  })

  it('gives each command to the server that is free first, however long those before it take', () => {
    const command = fc.record({ write: fc.boolean(), gap: fc.nat(40) })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.array(command, { maxLength: 40 }),
        (servers, commands) => {
          const model = new FlashModel({ servers, readNs: 100, writeNs: 7, linkBytesPerSecond: Infinity })
          const free = new Array<number>(servers).fill(0)
          let at = 0
          let link = 0
          for (const { write, gap } of commands) {
            at += gap
            const server = free.indexOf(Math.min(...free))
            free[server] = Math.max(at, free[server]!) + (write ? 7 : 100)
            link = Math.max(link, free[server])
            expect(model.complete(write, 0, 8, at)).toBe(link)
          }
        },
      ),
    )
  })

  it('is never faster than its link or its servers', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({ write: fc.boolean(), sectors: fc.integer({ min: 1, max: 256 }), gap: fc.nat(50_000) }),
          {
            minLength: 1,
            maxLength: 60,
          },
        ),
        (commands) => {
          const model = new FlashModel(FLASH)
          let at = 0
          let bytes = 0
          let last = 0
          for (const { write, sectors, gap } of commands) {
            at += gap
            bytes += sectors * 512
            const done = model.complete(write, 0, sectors, at)
            expect(done).toBeGreaterThanOrEqual(at + (write ? 60_000 : 80_000) + sectors * 1024)
            expect(done).toBeGreaterThanOrEqual(last)
            last = done
          }
          expect(last).toBeGreaterThanOrEqual((bytes / FLASH.linkBytesPerSecond) * 1e9)
          expect(last).toBeGreaterThanOrEqual(Math.ceil(commands.length / 4) * 60_000)
        },
      ),
    )
  })
})

describe('DiskModel', () => {
  it('needs neither seek nor rotation for a command that continues the last one', () => {
    const model = new DiskModel(DISK, SECTORS, new Random(1, 1))
    const start = model.complete(false, 1000, 100, 0)
    const transfer = (100 * 512 * 1e9) / 50e6
    expect(model.complete(false, 1100, 100, 0)).toBe(start + transfer)
    expect(model.complete(true, 1200, 100, start + 1e9)).toBe(start + 1e9 + transfer)
    const back = model.complete(false, 1200, 100, start + 2e9) - (start + 2e9)
    expect(back).toBeGreaterThan(transfer + DISK.trackToTrackNs)
  })

  it('is limited by the slower of medium and bus', () => {
    const model = new DiskModel({ ...DISK, busBytesPerSecond: 10e6 }, SECTORS, new Random(1, 1))
    expect(model.complete(false, 0, 100, 0)).toBe((100 * 512 * 1e9) / 10e6)
  })

  it('needs the stated mean for a seek between random places, and half a revolution', () => {
    const random = new Random(3, 3)
    const model = new DiskModel(DISK, SECTORS, new Random(1, 1))
    const commands = 20_000
    let end = 0
    for (let i = 0; i < commands; i++) end = model.complete(false, random.below(SECTORS - 1), 1, 0)
    const transfer = (512 * 1e9) / 50e6
    const position = end / commands - transfer
    const expected = DISK.averageSeekNs + DISK.revolutionNs / 2
    expect(Math.abs(position - expected) / expected).toBeLessThan(0.01)
  })

  it('never seeks faster than from track to track, nor slower than a full stroke and a revolution', () => {
    const random = new Random(5, 1)
    const model = new DiskModel(DISK, SECTORS, new Random(1, 1))
    const fullStroke = DISK.trackToTrackNs + (DISK.averageSeekNs - DISK.trackToTrackNs) / (8 / 15)
    let end = 0
    for (let i = 0; i < 2000; i++) {
      const next = model.complete(false, random.below(SECTORS - 1), 1, 0)
      expect(next - end).toBeGreaterThanOrEqual(DISK.trackToTrackNs)
      expect(next - end).toBeLessThanOrEqual(fullStroke + DISK.revolutionNs + 10_240)
      end = next
    }
  })
})
