import { describe, expect, it } from 'vitest'
import { ScsiTarget } from '../../../src/sim/devices/scsi-target.ts'
import { ScsiBench, SECTORS, SERVICE_NS } from './scsi-bench.ts'

const BUFFER = 0x10_0000
const GOOD = 0
const CHECK = 2
const MEDIA = { mediaErrors: 1_000_000 }

/** Sends a CDB with a buffer of `bytes` bytes. */
function send(bench: ScsiBench, target: ScsiTarget, cdb: readonly number[], bytes: number, tag = 0) {
  const at = bench.simulator.now
  const doneAt = target.accept(tag, Uint8Array.from(cdb), cdb.length, at)
  bench.segments.start(target.sendsData(tag))
  bench.segments.add(BUFFER, bytes)
  const status = target.finish(tag, bench.segments, doneAt)
  return { status, ns: doneAt - at, moved: target.movedBytes }
}

/** Key, additional code, and the block named by the sense data of a tag. */
function senseOf(target: ScsiTarget, tag = 0): number[] {
  const sense = target.senseData(tag)
  const view = new DataView(sense.buffer, sense.byteOffset, sense.byteLength)
  expect([view.getUint8(0) & 0x7f, view.getUint8(7), sense.length]).toEqual([0x70, 10, 18])
  return [view.getUint8(2), view.getUint8(12), view.getUint8(0) >= 0x80 ? view.getUint32(3) : -1]
}

const READ10 = (sector: number, sectors: number): number[] => [
  0x28, 0, sector >>> 24, (sector >>> 16) & 0xff, (sector >>> 8) & 0xff, sector & 0xff, 0, sectors >> 8, sectors & 0xff, 0,
] // prettier-ignore

describe('ScsiTarget', () => {
  const bench = new ScsiBench(64)
  const target = new ScsiTarget(bench.drive, 4)

  it('reads and writes with the addresses and counts of both lengths of CDB', () => {
    expect(send(bench, target, READ10(0x12345678, 2), 1024)).toEqual({
      status: GOOD,
      ns: SERVICE_NS,
      moved: 1024,
    })
    expect([bench.holds(BUFFER, 0x12345678), bench.holds(BUFFER + 512, 0x12345679)]).toEqual([true, true])
    const read16 = [0x88, 0, 0, 0, 0, 1, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 0, 0]
    expect(send(bench, target, read16, 512).status).toBe(GOOD)
    expect(bench.holds(BUFFER, 2 ** 33 - 1)).toBe(true)
    bench.put(BUFFER, 1, 2, 3)
    expect(send(bench, target, [0x2a, 0, 0, 0, 0, 9, 0, 0, 1, 0], 512).moved).toBe(512)
    bench.put(BUFFER, 0, 0, 0)
    expect(send(bench, target, READ10(9, 1), 512).status).toBe(GOOD)
    expect(bench.bytes(BUFFER, 3)).toEqual([1, 2, 3])
    expect(send(bench, target, READ10(7, 0), 512)).toMatchObject({ status: GOOD, moved: 0 })
  })

  it('answers the small commands, cut to what the initiator takes', () => {
    expect(send(bench, target, [0, 0, 0, 0, 0, 0], 0)).toMatchObject({ status: GOOD, moved: 0 })
    expect(send(bench, target, [0x12, 0, 0, 0, 36, 0], 64).moved).toBe(36)
    expect(bench.bytes(BUFFER, 5)).toEqual([0, 0, 4, 2, 31])
    expect(String.fromCharCode(...bench.bytes(BUFFER + 8, 6))).toBe('DMALAB')
    expect(send(bench, target, [0x12, 0, 0, 0, 5, 0], 64).moved).toBe(5)
    expect(send(bench, target, [0x25, 0, 0, 0, 0, 0, 0, 0, 0, 0], 8).moved).toBe(8)
    expect(bench.bytes(BUFFER, 8)).toEqual([0xff, 0xff, 0xff, 0xff, 0, 0, 2, 0])
    const capacity16 = [0x9e, 0x10, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0]
    expect(send(bench, target, capacity16, 32).moved).toBe(32)
    expect(bench.bytes(BUFFER, 12)).toEqual([0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 2, 0])
    expect(send(bench, target, [0x1a, 0, 8, 0, 255, 0], 255).moved).toBe(32)
    expect([bench.bytes(BUFFER, 4), bench.bytes(BUFFER + 12, 2)]).toEqual([
      [31, 0, 0, 8],
      [8, 18],
    ])
    expect(send(bench, target, [0x1a, 8, 0x3f, 0, 255, 0], 255).moved).toBe(24)
  })

  it.each([
    ['an unknown command', [0x77, 0, 0, 0, 0, 0, 0, 0, 0, 0], 0x20],
    ['a CDB that is too short', [0x28, 0, 0, 0, 0, 0], 0x24],
    ['vital product data', [0x12, 1, 0, 0, 36, 0], 0x24],
    ['a mode page it does not have', [0x1a, 0, 1, 0, 36, 0], 0x24],
    ['another service action', [0x9e, 0x11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 32, 0, 0], 0x24],
    ['blocks behind its end', [0x88, 0, 0, 0, 0, 2, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0], 0x21],
    ['a first block behind its end', [0x88, 0, 0, 1, 0, 2, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0], 0x21],
  ])('refuses %s as an illegal request', (_, cdb, asc) => {
    expect(send(bench, target, cdb, 4096)).toMatchObject({ status: CHECK, moved: 0 })
    expect(senseOf(target)).toEqual([5, asc, -1])
  })

  it('keeps sense data by tag, until another command or REQUEST SENSE comes', () => {
    expect(send(bench, target, [0x77, 0, 0, 0, 0, 0], 0, 1).status).toBe(CHECK)
    expect(send(bench, target, [0, 0, 0, 0, 0, 0], 0, 2).status).toBe(GOOD)
    expect([senseOf(target, 1), senseOf(target, 2)]).toEqual([
      [5, 0x20, -1],
      [0, 0, -1],
    ])
    expect(send(bench, target, [0x03, 0, 0, 0, 18, 0], 18, 1)).toMatchObject({ status: GOOD, moved: 18 })
    expect([bench.bytes(BUFFER, 3), bench.bytes(BUFFER + 12, 1)]).toEqual([[0x70, 0, 5], [0x20]])
    expect(senseOf(target, 1)).toEqual([0, 0, -1])
    send(bench, target, [0x77, 0, 0, 0, 0, 0], 0, 1)
    send(bench, target, [0, 0, 0, 0, 0, 0], 0, 1)
    expect(senseOf(target, 1)).toEqual([0, 0, -1])
  })

  it('names the block that a medium error stopped it at', () => {
    const bad = new ScsiBench(64, MEDIA)
    const disk = new ScsiTarget(bad.drive, 1)
    const { status, moved } = send(bad, disk, READ10(1000, 100), 51_200)
    expect([status, senseOf(disk)]).toEqual([CHECK, [3, 0x11, 1000 + moved / 512]])
    send(bad, disk, [0x2a, 0, 0, 0, 0, 9, 0, 0, 1, 0], 512)
    expect(senseOf(disk)).toEqual([3, 0x0c, 9])
    const far = [0x88, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0]
    expect(send(bad, disk, far, 512).status).toBe(CHECK)
    expect(senseOf(disk)).toEqual([3, 0x11, -1])
  })

  it('takes a transfer that the bus refuses for a hardware error, and moves nothing', () => {
    bench.segments.start(true)
    const doneAt = target.accept(0, Uint8Array.from(READ10(0, 1)), 10, 0)
    bench.segments.start(true)
    bench.segments.add(2 ** 40, 512)
    expect([target.finish(0, bench.segments, doneAt), target.movedBytes]).toEqual([CHECK, 0])
    expect(senseOf(target)).toEqual([4, 0x08, -1])
    expect(send(bench, target, READ10(0, 2), 512)).toMatchObject({ status: CHECK, moved: 0 })
    expect(bench.drive.sectors).toBe(SECTORS)
  })

  it('ends a short transfer well, with what was moved', () => {
    const short = new ScsiBench(64, { shortTransfers: 1_000_000 })
    const { status, moved } = send(short, new ScsiTarget(short.drive, 1), READ10(0, 100), 51_200)
    expect([status, moved < 51_200, moved % 512]).toEqual([GOOD, true, 0])
  })
})
