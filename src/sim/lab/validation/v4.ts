import { quantizeNs } from '../../engine/cpu-accounting.ts'
import type { CostProfile } from '../../machine/costs.ts'
import { around, judge, predict } from './judge.ts'
import { runReadPipeline } from './read-pipeline.ts'
import type { ReadPipelineResult } from './read-pipeline.ts'
import type { Experiment, ValidationRow } from './types.ts'

const SOURCE =
  'LKML 2002: profiles of 4,000,000 sequential reads of 8 KiB, two processors, Linux 2.4.18, RAID 0 of fibre channel disks'
const DISK_SOURCE =
  'http://mail.spinics.net/lists/linux-scsi/msg06472.html: 89.9 MB/s, one disk of 15,000 rpm'
const READ_BYTES = 8192
const READS = 20_000
const DISK_BYTES_PER_SECOND = 89.9e6
/** 128 KiB of read-ahead. */
const AHEAD = 16

/** What is published of the buffered run. */
const BUFFERED_MBPS = 153.05
const COPY_US_PER_READ = 2 * 8.7
const COPY_SHARE = 0.233

/** By arithmetic, ns: the process keeps its processor busy, and the rest of the busy time is the interrupts'. */
export const READ_NS = (READ_BYTES * 1000) / BUFFERED_MBPS
export const PROCESS_NS = quantizeNs(READ_NS - COPY_US_PER_READ * 1000)
export const INTERRUPT_NS = quantizeNs((COPY_US_PER_READ * 1000) / COPY_SHARE - READ_NS)

/** The published pair and its variants. */
export function serverReads(
  costs: CostProfile,
  changes: { readonly disks?: number; readonly copies?: boolean; readonly bounces?: boolean } = {},
): ReadPipelineResult {
  const { disks = 8, copies = true, bounces = false } = changes
  return runReadPipeline({
    costs,
    reads: READS,
    readBytes: READ_BYTES,
    diskBytesPerSecond: disks * DISK_BYTES_PER_SECOND,
    ahead: AHEAD,
    processNs: PROCESS_NS,
    interruptNs: INTERRUPT_NS,
    copies,
    bounces,
  })
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
  runs: [],
  evaluate: (_results, costsOf) => rows(costsOf('p3smp')),
}

function rows(costs: CostProfile): readonly ValidationRow[] {
  const buffered = serverReads(costs)
  const elided = serverReads(costs, { copies: false })
  const six = serverReads(costs, { disks: 6 })
  const sixElided = serverReads(costs, { disks: 6, copies: false })
  const bounced = serverReads(costs, { copies: false, bounces: true })
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
