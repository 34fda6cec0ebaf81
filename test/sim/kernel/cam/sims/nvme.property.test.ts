import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { BUILTIN_DEVICES } from '../../../../../src/shared/profiles/builtin-devices.ts'
import type { FaultRates } from '../../../../../src/sim/devices/faults.ts'
import { NvmeController } from '../../../../../src/sim/devices/nvme-controller.ts'
import { BUS_DMA_KEEP_PG_OFFSET } from '../../../../../src/sim/kernel/busdma/constants.ts'
import { dmalab } from '../../../../../src/sim/kernel/busdma/dialects/dmalab.ts'
import { dragonfly2020 } from '../../../../../src/sim/kernel/busdma/dialects/dragonfly-2020.ts'
import type { BusDmaDialect } from '../../../../../src/sim/kernel/busdma/dialects/dialect.ts'
import type { BusDmaTagArgs } from '../../../../../src/sim/kernel/busdma/tag.ts'
import { NvmeSim } from '../../../../../src/sim/kernel/cam/sims/nvme-sim.ts'
import { EIO } from '../../../../../src/sim/kernel/errno.ts'
import { tagArgsOf } from '../../../../../src/sim/lab/storage/tag-args.ts'
import { RequestBench, requestsAt } from './request-bench.ts'

const TAG = tagArgsOf(BUILTIN_DEVICES.get('nvme-p3700')!.tags[0]!)

function bench(
  dialect: BusDmaDialect,
  changes: Partial<BusDmaTagArgs> = {},
  addressBits = 64,
  faults: Partial<FaultRates> = {},
): RequestBench {
  const made = new RequestBench(dialect, addressBits, faults)
  const limits = { tags: [{ ...TAG, ...changes }], slots: 2, timeoutNs: 1e7 }
  made.attach(NvmeSim.attach(made.driver, limits, new NvmeController(made.device), 3))
  return made
}

describe.each([dmalab, dragonfly2020])('NvmeSim with the BUSDMA of $name', (dialect) => {
  it('moves exactly the bytes of any request to and from any memory, by PRPs that the controller accepts', () => {
    const whole = bench(dialect)
    const narrow = bench(dialect, { alignment: 1, lowaddr: 0xffffffff, flags: BUS_DMA_KEEP_PG_OFFSET }, 32)
    fc.assert(
      fc.property(requestsAt(4), fc.boolean(), (requests, reachesAll) => {
        const made = reachesAll ? whole : narrow
        expect(made.carryOut(requests)).toEqual(requests.map(() => 0))
        expect(made.bus.faults).toBe(0)
      }),
      { numRuns: 700 },
    )
    expect(whole.counters.bytesBounced).toBe(0)
    expect(narrow.counters.bytesBounced).toBeGreaterThan(0)
  })

  it('ends with EIO where bouncing does not keep the offset in the page, which PRPs cannot describe', () => {
    const made = bench(dialect, { lowaddr: 0xffffffff }, 32)
    const request = {
      write: true,
      sector: 0,
      sectors: 8,
      pieces: [[1, 0, 2]],
      offset: 4,
      form: 'msf',
    } as const
    expect(made.carryOut([request])).toEqual([EIO])
    expect(made.carryOut([{ ...request, offset: 0 }])).toEqual([0])
  })

  it('ends with EIO, or with the right bytes, where the data does not begin on a dword', () => {
    const made = bench(dialect)
    fc.assert(
      fc.property(requestsAt(1), (requests) => {
        for (const status of made.carryOut(requests)) expect([0, EIO]).toContain(status)
      }),
      { numRuns: 200 },
    )
  })

  it.each([{ alignment: 1 }, { boundary: 0 }, { maxsegsz: 65_536 }, { boundary: 0, maxsegsz: 65_536 }])(
    'never moves wrong bytes in silence with the wrong tag %o',
    (changes) => {
      const made = bench(dialect, changes)
      fc.assert(
        fc.property(requestsAt(2), (requests) => {
          for (const status of made.carryOut(requests)) expect([0, EIO]).toContain(status)
        }),
        { numRuns: 100 },
      )
    },
  )

  it.each([{ mediaErrors: 2e5 }, { shortTransfers: 2e5 }, { lostInterrupts: 2e5 }])(
    'ends every request with %o',
    (faults) => {
      const made = bench(dialect, {}, 64, faults)
      let failed = 0
      fc.assert(
        fc.property(requestsAt(4), (requests) => {
          for (const status of made.carryOut(requests)) {
            expect([0, EIO]).toContain(status)
            if (status !== 0) failed++
          }
        }),
        { numRuns: 50 },
      )
      const loses = 'lostInterrupts' in faults
      expect(failed > 0).toBe(!loses)
      expect(made.counters.commandTimeouts > 0).toBe(loses)
    },
  )
})
