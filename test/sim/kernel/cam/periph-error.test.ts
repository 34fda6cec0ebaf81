import { describe, expect, it } from 'vitest'
import type { ScsiTrouble } from '../../../../src/sim/devices/faults.ts'
import { EIO, OK } from '../../../../src/sim/kernel/errno.ts'
import { ADAPTERS, CamBench } from './cam-bench.ts'

const check = (key: number, asc = 0): ScsiTrouble => ({ status: 2, key, asc })
const BUSY: ScsiTrouble = { status: 8, key: 0, asc: 0 }
const BECOMING_READY = check(2, 0x0104)

/** How many times the disk repeats a request, how it ends, and after how many tenths of a second. */
function outcome(adapter: (typeof ADAPTERS)[number], troubles: readonly ScsiTrouble[]) {
  const cam = new CamBench(adapter)
  cam.drive.plan(...troubles)
  cam.start(0, 8)
  cam.settle()
  const { commandRetries } = cam.bench.counters
  return [cam.errors[0], commandRetries, Math.floor(cam.endedAt / 1e8)]
}

describe.each(ADAPTERS)('cam_periph_error through %s', (adapter) => {
  it.each([
    ['a recovered error is a success', [check(1)], OK, 0, 0],
    ['a unit attention is tried again', [check(6, 0x29)], OK, 1, 0],
    ['a medium error is tried again', [check(3, 0x11)], OK, 1, 0],
    ['an aborted command is tried again', [check(0xb), check(0xb)], OK, 2, 0],
    ['a hardware error is tried again', [check(4)], OK, 1, 0],
    ['four retries are all', Array.from({ length: 5 }, () => check(3, 0x11)), EIO, 4, 0],
    ['an illegal request fails at once', [check(5, 0x24)], EIO, 0, 0],
    ['a write-protected medium fails at once', [check(7, 0x27)], EIO, 0, 0],
    ['a disk without a medium fails at once', [check(2, 0x3a)], EIO, 0, 0],
    ['a disk that becomes ready gets half a second each time', [BECOMING_READY, BECOMING_READY], OK, 2, 10],
    [
      'and more of them than a disk with errors',
      Array.from({ length: 60 }, () => BECOMING_READY),
      OK,
      60,
      300,
    ],
    ['a minute of them is enough', Array.from({ length: 121 }, () => BECOMING_READY), EIO, 120, 600],
    ['a busy disk gets a second', [BUSY], OK, 1, 10],
    ['four times', Array.from({ length: 5 }, () => BUSY), EIO, 4, 40],
  ] as const)('%s', (_name, troubles, error, retries, tenths) => {
    expect(outcome(adapter, troubles)).toEqual([error, retries, tenths])
  })

  it('asks a busy disk again as soon as one of its commands has ended', () => {
    const cam = new CamBench(adapter, { serviceNs: () => 50e6 })
    cam.start(0, 8)
    cam.drive.plan(BUSY)
    cam.start(1, 16)
    cam.settle()
    expect(cam.ended).toEqual([0, 1])
    expect(cam.endedAt).toBeGreaterThan(100e6)
    expect(cam.errors).toEqual([OK, OK])
    expect(cam.bench.counters.commandRetries).toBe(1)
  })

  it('halves the openings of a disk that is full until it is no more, and loses nothing', () => {
    const cam = new CamBench(adapter, {
      queueDepth: adapter === 'aha1542-disk' ? 1 : 3,
      serviceNs: () => 10e6,
    })
    for (let i = 0; i < 16; i++) cam.start(i, i * 8)
    cam.settle()
    expect(cam.errors).toEqual(new Array(16).fill(OK))
    expect(cam.disk.xpt.dev_openings).toBeLessThanOrEqual(3)
    expect(cam.disk.xpt.dev_openings).toBeGreaterThanOrEqual(1)
    const before = cam.bench.counters.commandRetries
    expect(before).toBeGreaterThan(0)
    for (let i = 0; i < 16; i++) cam.start(16 + i, i * 8)
    cam.settle()
    expect(cam.bench.counters.commandRetries).toBe(before)
  })
})
