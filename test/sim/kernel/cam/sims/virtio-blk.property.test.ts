import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { VirtioBlk } from '../../../../../src/sim/devices/virtio-blk.ts'
import type { VirtioBlkFigures } from '../../../../../src/sim/devices/virtio-blk.ts'
import { dragonfly2020 } from '../../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import { VirtioBlkSim } from '../../../../../src/sim/kernel/cam/sims/virtio-blk-sim.ts'
import { EFBIG, EINVAL, EIO, EOPNOTSUPP } from '../../../../../src/sim/kernel/errno.ts'
import { RequestBench, requestsAt } from './request-bench.ts'

const FIGURES = { queueSize: 64, sizeMax: 131_072, segMax: 33 }
const LIMITS = { tags: [], slots: 2, timeoutNs: 1e7 }

function bench(figures: Partial<VirtioBlkFigures> = {}, faults: Partial<FaultRates> = {}): RequestBench {
  const made = new RequestBench(dragonfly2020, 64, faults)
  made.attach(
    VirtioBlkSim.attach(made.driver, LIMITS, new VirtioBlk(made.device, { ...FIGURES, ...figures })),
  )
  return made
}

describe('VirtioBlkSim', () => {
  it('moves exactly the bytes of any request to and from any memory, by chains that the device accepts', () => {
    const made = bench()
    fc.assert(
      fc.property(requestsAt(1), (requests) => {
        expect(made.carryOut(requests)).toEqual(requests.map(() => 0))
        expect(made.bus.faults).toBe(0)
      }),
      { numRuns: 1000 },
    )
    expect(made.counters.bytesBounced).toBe(0)
  })

  it('ends with EFBIG what has more segments than the device takes, and hands over nothing else', () => {
    const made = bench({ segMax: 2 })
    const statuses = new Set<number>()
    fc.assert(
      fc.property(requestsAt(1), (requests) => {
        for (const status of made.carryOut(requests)) statuses.add(status)
        expect(made.bus.faults).toBe(0)
      }),
      { numRuns: 100 },
    )
    expect(statuses).toEqual(new Set([0, EFBIG]))
  })

  it.each([{ mediaErrors: 2e5 }, { shortTransfers: 2e5 }, { lostInterrupts: 2e5 }])(
    'ends every request with %o',
    (faults) => {
      const made = bench({}, faults)
      const statuses = new Set<number>()
      fc.assert(
        fc.property(requestsAt(1), (requests) =>
          made.carryOut(requests).forEach((status) => statuses.add(status)),
        ),
        { numRuns: 50 },
      )
      const loses = 'lostInterrupts' in faults
      expect(statuses).toEqual(new Set(loses ? [0] : [0, EIO]))
      expect(made.counters.commandTimeouts > 0).toBe(loses)
    },
  )

  it('attaches to no device with short segments, without segments, or with a queue too short for a request', () => {
    const { device, driver } = new RequestBench(dragonfly2020)
    const attach = (figures: Partial<VirtioBlkFigures>): unknown =>
      VirtioBlkSim.attach(driver, LIMITS, new VirtioBlk(device, { ...FIGURES, ...figures }))
    expect(attach({ sizeMax: 131_071 })).toBe(EOPNOTSUPP)
    expect(attach({ segMax: 0 })).toBe(EINVAL)
    expect(attach({ queueSize: 32 })).toBe(EINVAL)
    expect(attach({ queueSize: 32, segMax: 30 })).toBeInstanceOf(VirtioBlkSim)
  })
})
