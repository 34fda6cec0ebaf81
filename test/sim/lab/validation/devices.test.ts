import { describe, expect, it } from 'vitest'
import type { Metrics, RunResult } from '../../../../src/sim/lab/metrics.ts'
import { devices } from '../../../../src/sim/lab/validation/devices.ts'
import { BUILTIN_DEVICES } from '../../../../src/shared/profiles/builtin-devices.ts'
import { byLayer, someResult } from './some-results.ts'

const PIO = { requests: 100, simulated_ns: 1e9 }
const SOUND = { requests: 10, bytes: 1000, bytes_bounced: 980 }

/** What runs that are as they should be measure. */
const GOOD: Readonly<Record<string, Partial<Metrics>>> = {
  // 100 requests of 9.5 ms in 1 s: 95 %. Copies do not count.
  'PIO mode 4': {
    ...PIO,
    cpu_ns_per_request_by_layer: byLayer({ driver: 9e6, interrupt: 4e5, busdma: 1e5, copy: 9e6 }),
  },
  UDMA: {
    ...PIO,
    cpu_ns_per_request_by_layer: byLayer({ driver: 1e5, interrupt: 5e4, busdma: 5e4, copy: 9e6 }),
  },
  'P4800X, QD1': { device_ns_per_command: 8900 },
  'P4800X, QD16': { device_ns_per_command: 25_000, iops: 584_800 },
  'AHA-1542': SOUND,
  '8237, channel 5': SOUND,
  'AHA-1542, wrong tag': { requests: 200, sanitizer_violations: 5, verify_errors: 3, dma_faults: 1 },
  'AHA-1542, list too long': { requests: 50, dma_faults: 1, io_errors: 1 },
}

function results(scenario = '', changes: Partial<Metrics> = {}): RunResult[] {
  return devices.runs.map((run) =>
    someResult(run.scenario, run.path, {
      ...GOOD[run.scenario],
      ...(run.scenario === scenario ? changes : {}),
    }),
  )
}

function offRows(scenario?: string, changes?: Partial<Metrics>): string[] {
  return devices
    .evaluate(results(scenario, changes))
    .filter((row) => row.verdict === 'off')
    .map((row) => row.quantity)
}

describe('the experiment devices', () => {
  it('passes runs that are as they should be', () => {
    expect(offRows()).toEqual([])
  })

  const pio = (driver: number): Partial<Metrics> => ({ cpu_ns_per_request_by_layer: byLayer({ driver }) })
  it.each<[string, Partial<Metrics>, RegExp]>([
    ['PIO mode 4', pio(8.9e6), /^CPU share of the transfer, PIO/],
    ['UDMA', pio(3.1e5), /^CPU share of the transfer, UDMA/],
    ['P4800X, QD1', { device_ns_per_command: 8000 }, /QD1: device time/],
    ['P4800X, QD1', { device_ns_per_command: 9800 }, /QD1: device time/],
    ['P4800X, QD16', { iops: 526_000 }, /QD16: requests per second/],
    ['P4800X, QD16', { iops: 644_000 }, /QD16: requests per second/],
    ['P4800X, QD16', { device_ns_per_command: 22_900 }, /QD16: device time/],
    ['AHA-1542', { dma_faults: 1 }, /^AHA-1542: DMA faults/],
    ['AHA-1542', { sanitizer_violations: 1 }, /^AHA-1542: sanitizer/],
    ['AHA-1542', { bytes_bounced: 0 }, /^AHA-1542: bytes bounced/],
    ['8237, channel 5', { verify_errors: 1 }, /^8237, channel 5: verification/],
    ['8237, channel 5', { io_errors: 1 }, /^8237, channel 5: I\/O errors/],
    ['8237, channel 5', { bytes_bounced: 0 }, /^8237, channel 5: bytes bounced/],
    ['AHA-1542, wrong tag', { sanitizer_violations: 0 }, /4 GiB: sanitizer/],
    ['AHA-1542, wrong tag', { verify_errors: 0 }, /4 GiB: verification/],
    ['AHA-1542, wrong tag', { dma_faults: 0 }, /4 GiB: DMA faults/],
    ['AHA-1542, wrong tag', { requests: 199 }, /4 GiB: requests/],
    ['AHA-1542, list too long', { dma_faults: 0 }, /64 pieces: DMA faults/],
    ['AHA-1542, list too long', { io_errors: 0 }, /64 pieces: I\/O errors/],
    ['AHA-1542, list too long', { requests: 49 }, /64 pieces: requests/],
  ])('fails one row, and no other, for %s (case %#)', (scenario, changes, row) => {
    expect(offRows(scenario, changes)).toEqual([expect.stringMatching(row)])
  })

  it('counts driver, interrupt and BUSDMA as the transfer, and nothing else', () => {
    const [pioRow, udmaRow] = devices.evaluate(results())
    expect(pioRow!.simulated).toBeCloseTo(95)
    expect(udmaRow!.simulated).toBeCloseTo(2)
  })

  it('names a source for every row, and a published figure for every CAL row', () => {
    const rows = devices.evaluate(results())
    expect(rows.filter((row) => row.source === '')).toEqual([])
    expect(rows.filter((row) => row.class === 'CAL' && row.published === null)).toEqual([])
    expect(rows.filter((row) => row.class === 'CAL')).toHaveLength(devices.calibrates.length)
  })

  it('says which figures of the profile its CAL rows set', () => {
    const { service } = BUILTIN_DEVICES.get('nvme-p4800x')!
    if (service.kind !== 'flash') expect.fail('the P4800X is no flash device')
    const notes = devices.evaluate(results()).map((row) => row.note)
    const linkUs = 4096 / (service.linkBytesPerSecond / 1e6)
    expect(notes).toContainEqual(
      expect.stringContaining(
        `${service.readNs / 1000} us of service and ${linkUs.toFixed(3)} us on the link`,
      ),
    )
    expect(notes).toContainEqual(expect.stringContaining(`servers: ${service.servers} of the same`))
  })
})
