import type { Metrics, RunResult } from '../metrics.ts'
import { probeIsaWindows } from './isa-windows.ts'
import { judge, metricsOf } from './judge.ts'
import type { ValidationRow } from './types.ts'

const ISA_BUS = 'ISA: 24 address lines. Ampro ReadyBoard manual, page 66'
const ISA_WINDOWS = '8237A: 64 KB and 128 KB windows. Ampro ReadyBoard manual, page 66'
const AHA_LIST = 'AHA-1542: lists of at most 17 pieces (DragonFly 2004, aha.c)'

/** Scattered memory of 1 GiB: one page in 64 lies within reach. */
const REACHABLE_PERCENT = 100 / 64

type Band = readonly [low: number | null, high: number | null]
const NONE: Band = [0, 0]
const SOME: Band = [1, null]

function check(
  quantity: string,
  simulated: number,
  [low, high]: Band,
  source: string,
  more: { readonly unit?: string; readonly note?: string } = {},
): ValidationRow {
  return judge({ quantity, unit: '', class: 'CHECK', published: null, low, high, simulated, source, ...more })
}

/** What ISA devices may and may not do, and whether a driver that gets it wrong is found out. */
export function isaRows(results: readonly RunResult[]): readonly ValidationRow[] {
  return [
    ...['AHA-1542', '8237, channel 5'].flatMap((scenario) => soundRows(results, scenario)),
    ...[1, 5].flatMap(windowRows),
    ...wrongReachRows(metricsOf(results, 'AHA-1542, wrong tag', 'direct')),
    ...longListRows(metricsOf(results, 'AHA-1542, list too long', 'direct')),
  ]
}

function soundRows(results: readonly RunResult[], scenario: string): readonly ValidationRow[] {
  const metrics = metricsOf(results, scenario, 'direct')
  const { dma_faults, sanitizer_violations, verify_errors, io_errors } = metrics
  return [
    check(`${scenario}: DMA faults`, dma_faults, NONE, ISA_BUS),
    check(`${scenario}: sanitizer violations`, sanitizer_violations, NONE, ISA_BUS),
    check(`${scenario}: verification errors`, verify_errors, NONE, ISA_BUS),
    check(`${scenario}: I/O errors`, io_errors, NONE, ISA_BUS),
    check(
      `${scenario}: bytes bounced, of those asked for`,
      (100 * metrics.bytes_bounced) / metrics.bytes,
      [95 - REACHABLE_PERCENT, 100],
      ISA_BUS,
      {
        unit: '%',
        note: 'Memory of 1 GiB, scattered: nearly all data lies above 16 MiB. Up to 5 % are found in the buffer cache.',
      },
    ),
  ]
}

function windowRows(channel: number): readonly ValidationRow[] {
  const { crossing, crossingBounced, insideBounced, astray } = probeIsaWindows(channel)
  const name = `8237, channel ${channel}`
  const window = channel < 4 ? '64 KiB' : '128 KiB'
  return [
    check(
      `${name}: transfers across a line of ${window} that bounced`,
      (100 * crossingBounced) / crossing,
      [100, 100],
      ISA_WINDOWS,
      {
        unit: '%',
        note: `All ${crossing.toLocaleString('en-US')} such transfers of whole contiguous pages that begin in three windows.`,
      },
    ),
    check(`${name}: transfers within a window that bounced`, insideBounced, NONE, ISA_WINDOWS),
    check(`${name}: transfers that left their window`, astray, NONE, ISA_WINDOWS),
  ]
}

function wrongReachRows(metrics: Metrics): readonly ValidationRow[] {
  const name = 'AHA-1542, tag says 4 GiB'
  return [
    check(`${name}: sanitizer violations`, metrics.sanitizer_violations, SOME, ISA_BUS, {
      note: 'Its control blocks hold 24 bits of an address: DMA above 16 MiB lands below, without an error of the bus.',
    }),
    check(`${name}: verification errors`, metrics.verify_errors, SOME, ISA_BUS),
    check(`${name}: DMA faults`, metrics.dma_faults, SOME, ISA_BUS, {
      note: "Data that lands on the adapter's own command blocks, which then make no sense.",
    }),
    check(`${name}: requests that ended`, metrics.requests, [200, 200], ISA_BUS),
  ]
}

function longListRows(metrics: Metrics): readonly ValidationRow[] {
  const name = 'AHA-1542, tag says 64 pieces'
  return [
    check(`${name}: DMA faults`, metrics.dma_faults, SOME, AHA_LIST),
    check(`${name}: I/O errors`, metrics.io_errors, SOME, AHA_LIST, {
      note: 'The adapter refuses the list each time, and the request fails.',
    }),
    check(`${name}: requests that ended`, metrics.requests, [50, 50], AHA_LIST),
  ]
}
