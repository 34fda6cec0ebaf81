import type { RunResult } from '../metrics.ts'
import { around, judge, predict } from './judge.ts'
import { loopMetrics, loopRuns, MBpsOf, siteNs } from './loop-runs.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'LKML 2002: profiles of 4,000,000 sequential reads of 8 KiB, two processors, Linux 2.4.18, RAID 0 of fibre channel disks'
const DISK_SOURCE =
  'http://mail.spinics.net/lists/linux-scsi/msg06472.html: 89.9 MB/s, one disk of 15,000 rpm'

/** What is published of the buffered run. */
const BUFFERED_MBPS = 153.05
const COPY_SHARE = 0.233

/** The published pair and its variants. */
const SCENARIOS = {
  buffered: 'buffered, 8 disks',
  elided: 'copy elided, 8 disks',
  six: 'buffered, 6 disks',
  sixElided: 'copy elided, 6 disks',
  bounced: 'direct to high memory',
} as const

export interface ServerReads {
  readonly MBps: number
  /** Shares of the busy time of both processors, 0 to 1. */
  readonly copyShare: number
  readonly bounceShare: number
}

export function serverReads(results: readonly RunResult[], scenario: string): ServerReads {
  const metrics = loopMetrics(results, scenario)
  const tree = metrics.cpu_tree
  return {
    MBps: MBpsOf(metrics),
    copyShare: siteNs(tree, 'copyout') / tree.total_ns,
    bounceShare: siteNs(tree, 'bounce copy') / tree.total_ns,
  }
}

/** The copy to the user and the bounce copy on a server of 2002 (Linux 2.4). */
export const v4: Experiment = {
  id: 'V4',
  title: 'copy and bounce on a server, Linux 2002',
  calibrates: [
    'p3smp: copyPerByte',
    'p3smp: bounceCopyPerByte',
    'V4: rest of a read, of the process and of its interrupts',
  ],
  runs: loopRuns(Object.values(SCENARIOS)),
  evaluate: rows,
}

function rows(results: readonly RunResult[]): readonly ValidationRow[] {
  const reads = (arm: keyof typeof SCENARIOS): ServerReads => serverReads(results, SCENARIOS[arm])
  const buffered = reads('buffered')
  const elided = reads('elided')
  const six = reads('six')
  const sixElided = reads('sixElided')
  const bounced = reads('bounced')
  const MBps = { unit: 'MB/s', source: SOURCE }
  const assumption =
    'One process keeps one of two processors busy, as disks of 89.9 MB/s each do not limit it and 30 % of both are idle; the rest of the busy time goes to interrupts on the other one.'
  const share = { unit: '%', source: SOURCE }
  return [
    judge({
      ...MBps,
      quantity: 'buffered, 8 disks',
      class: 'CAL',
      ...around(BUFFERED_MBPS, 0.05),
      simulated: buffered.MBps,
      note: assumption,
    }),
    judge({
      ...share,
      quantity: 'buffered, 8 disks: copy to the user, of busy time',
      class: 'CAL',
      ...around(100 * COPY_SHARE, 0.05),
      simulated: 100 * buffered.copyShare,
      note: 'Sets copyPerByte: 8.7 us for 4 KiB.',
    }),
    predict({ ...MBps, quantity: 'copy elided, 8 disks', simulated: elided.MBps }),
    predict({
      unit: 'times',
      source: SOURCE,
      quantity: 'copy elided over buffered, 8 disks',
      simulated: elided.MBps / buffered.MBps,
    }),
    predict({ ...MBps, source: DISK_SOURCE, quantity: 'buffered, 6 disks', simulated: six.MBps }),
    predict({
      unit: 'times',
      source: DISK_SOURCE,
      quantity: 'copy elided over buffered, 6 disks',
      simulated: sixElided.MBps / six.MBps,
      note: 'Without high memory nothing changes in the model: mapping a page for a copy is part of the copy.',
    }),
    predict({
      ...share,
      quantity: 'direct to high memory: bounce copies, of busy time',
      simulated: 100 * bounced.bounceShare,
      note: 'Sets bounceCopyPerByte, 17.4 us for 4 KiB, which comes from that run: a check of consistency.',
    }),
    predict({ ...MBps, quantity: 'direct to high memory', simulated: bounced.MBps }),
  ]
}
