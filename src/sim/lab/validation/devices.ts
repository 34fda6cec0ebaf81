import type { RunResult } from '../metrics.ts'
import { busRows } from './devices-bus.ts'
import { isaRows } from './devices-isa.ts'
import { around, judge, metricsOf } from './judge.ts'
import type { Experiment, PlannedRun, ValidationRow } from './types.ts'

const HARDWARE_SECRETS =
  'https://www.hardwaresecrets.com/everything-you-need-to-know-about-ata-66-ata-100-and-ata-133-hard-disks/2/'
const ANANDTECH = 'AnandTech 11209, Intel Optane SSD DC P4800X review (2017), page 4'

const SCENARIOS = [
  'PIO mode 4',
  'UDMA',
  'P4800X, QD1',
  'P4800X, QD16',
  'AHA-1542',
  '8237, channel 5',
  'AHA-1542, wrong tag',
  'AHA-1542, list too long',
] as const

/** Whether the devices behave as published measurements and data sheets say, before any I/O path is measured on them. */
export const devices: Experiment = {
  id: 'devices',
  title: 'Device sanity',
  calibrates: ['nvme-p4800x: service.readNs', 'nvme-p4800x: service.servers'],
  runs: SCENARIOS.map((scenario): PlannedRun => ({ scenario, path: 'direct' })),
  evaluate: (results) => [
    ...transferRows(results),
    ...optaneRows(results),
    ...busRows(),
    ...isaRows(results),
  ],
}

/** Per cent of the run that its one processor spends on the transfers. */
function transferShare(results: readonly RunResult[], scenario: string): number {
  const metrics = metricsOf(results, scenario, 'direct')
  const { driver, interrupt, busdma } = metrics.cpu_ns_per_request_by_layer
  return (100 * (driver + interrupt + busdma) * metrics.requests) / metrics.simulated_ns
}

function transferRows(results: readonly RunResult[]): readonly ValidationRow[] {
  const row = { unit: '%', class: 'PRED', source: HARDWARE_SECRETS } as const
  return [
    judge({
      ...row,
      quantity: 'CPU share of the transfer, PIO mode 4',
      published: 90,
      low: 90,
      high: 100,
      simulated: transferShare(results, 'PIO mode 4'),
      note: 'Published as more than 90 %. Driver, interrupt and BUSDMA work over simulated time, sequential 64 KiB reads; the copy to the user, which UDMA does not change, is left out.',
    }),
    judge({
      ...row,
      quantity: 'CPU share of the transfer, UDMA',
      published: 3,
      low: 0,
      high: 3,
      simulated: transferShare(results, 'UDMA'),
      note: 'Published as less than 3 %. The same disk and the same sum.',
    }),
  ]
}

function optaneRows(results: readonly RunResult[]): readonly ValidationRow[] {
  const qd1 = metricsOf(results, 'P4800X, QD1', 'direct')
  const qd16 = metricsOf(results, 'P4800X, QD16', 'direct')
  return [
    judge({
      quantity: 'P4800X, 4 KiB random reads, QD1: device time of a command',
      unit: 'us',
      class: 'CAL',
      ...around(8.9, 0.1),
      simulated: qd1.device_ns_per_command / 1000,
      source: ANANDTECH,
      note: 'Sets readNs: 7.193 us of service and 1.707 us on the link. Published as seen by the host, so host work is within the figure.',
    }),
    judge({
      quantity: 'P4800X, 4 KiB random reads, QD16: requests per second',
      unit: '/s',
      class: 'CAL',
      ...around(584_800, 0.1),
      simulated: qd16.iops,
      source: ANANDTECH,
      note: 'Sets servers: 4.2 of the same 7.193 us. Eight processors, so that they are not the limit.',
    }),
    judge({
      quantity: 'P4800X, 4 KiB random reads, QD16: device time of a command',
      unit: 'us',
      class: 'PRED',
      ...around(25.5, 0.1),
      simulated: qd16.device_ns_per_command / 1000,
      source: ANANDTECH,
      note: 'Follows from the pair above.',
    }),
  ]
}
