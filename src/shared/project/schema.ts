import { z } from 'zod'
import {
  BUSDMA_DIALECT_NAMES,
  DISK_THREADS,
  FIDELITIES,
  FILE_WORKS,
  INTERRUPT_TARGETS,
  IOMMU_POLICIES,
  JOB_PATTERNS,
  KVA_LOCKS,
  LOCKINGS,
  PMAPS,
  REQUEST_TARGETS,
  TRACE_FORMATS,
  WRITE_POLICIES,
} from '../../sim/lab/scenario.ts'
import type { LoopName } from '../../sim/lab/scenario.ts'
import { BUILTIN_COST_NAMES } from '../profiles/cost-files.ts'
import { BUILTIN_DEVICE_NAMES } from '../profiles/device-files.ts'
import { BUILTIN_NIC_NAMES } from '../profiles/nic-files.ts'
import { field, name, whole } from './fields.ts'
import { loopWorkloadSchema, loopWorkloadSchemas } from './loop-schema.ts'

export type { FieldMeta } from './fields.ts'

/**
 * The project file's schema, version 1. One definition gives validation, defaults, the app's forms and the command
 * line's `--set` names. Rules for changing it: names are permanent, new fields are optional with a default, unknown
 * fields survive a round trip.
 */

export const PROJECT_FORMAT = 'dmalab.project'
export const PROJECT_VERSION = 1

const perMillion = whole(0, 1_000_000)

export const machineSchema = z
  .looseObject({
    name,
    cpus: field(whole(1, 64), {
      label: 'Processors',
      group: 'Processors',
      help: 'More processors make each TLB shootdown reach more targets.',
    }).default(2),
    sockets: field(whole(1, 16), {
      label: 'Sockets',
      group: 'Processors',
      help: 'Processors are spread evenly over them. A shootdown waits longer for processors of other sockets.',
    }).default(1),
    kernelBits: field(z.literal([64, 32]), {
      label: 'Kernel',
      unit: 'bits',
      group: 'Processors',
      help: 'A 64-bit kernel has all memory mapped once (direct map). A 32-bit one maps each page it copies, with sf_bufs.',
    }).default(64),
    tlbEntries: field(whole(4, 4096), {
      label: 'TLB entries',
      group: 'Processors',
      help: 'Translations for 4 KiB pages that each processor keeps.',
    }).default(64),
    tlbWays: field(whole(1, 64), {
      label: 'TLB ways',
      group: 'Processors',
      help: 'Associativity; must divide the number of entries.',
    }).default(4),
    costs: field(z.string().trim().min(1).max(1024), {
      label: 'Cost profile',
      group: 'Processors',
      help: 'What each step costs on one generation of machines, or a cost file (.json) by its path from the project file.',
      suggestions: BUILTIN_COST_NAMES,
    }).default('x86new'),
    pmap: field(z.enum(PMAPS), {
      label: 'Page tables',
      group: 'Processors',
      help: 'dragonfly-2004 flushes the others at each mapping and unmapping, freebsd-2013 only when an address may be in their TLBs.',
    }).default('dragonfly-2004'),
    kvaLock: field(z.enum(KVA_LOCKS), {
      label: 'Address space lock',
      group: 'Locks',
      help: 'Around the addresses of buffers. none: that work takes no time. per-cpu: processors keep free ranges of their own.',
    }).default('none'),
    bufLock: field(z.enum(LOCKINGS), {
      label: 'Buffer cache lock',
      group: 'Locks',
      help: 'Around the hash and the queues of buffers: one processor at a time, the others spin.',
    }).default('none'),
    ipiLock: field(z.enum(LOCKINGS), {
      label: 'Shootdown lock',
      group: 'Locks',
      help: 'One TLB shootdown at a time; the next one waits until all processors have answered.',
    }).default('none'),
    interrupts: field(z.enum(INTERRUPT_TARGETS), {
      label: 'Interrupts',
      group: 'Processors',
      help: 'Who takes those of the device: first, by its queue, the first one for one queue; or round-robin, each in turn.',
    }).default('first'),
    diskThreads: field(z.enum(DISK_THREADS), {
      label: 'Disk threads',
      group: 'Processors',
      help: 'freebsd-2013: a thread for the way down, and for the way up the threads of the interrupt, of CAM and of GEOM.',
    }).default('none'),
    fileWork: field(z.enum(FILE_WORKS), {
      label: 'File and page work',
      group: 'Locks',
      help: 'freebsd-2013: the locks, shared counts and searches that each page, buffer and read of a file took there, with nobody waiting.',
    }).default('none'),
    memoryMiB: field(whole(64, 1024 * 1024), {
      label: 'Memory',
      unit: 'MiB',
      group: 'Memory',
      help: 'Physical memory. Above 4096 MiB a 32-bit device cannot reach all of it and must bounce.',
    }).default(8192),
    numaDomains: field(whole(1, 8), {
      label: 'NUMA domains',
      group: 'Memory',
      help: 'Equal shares of memory and processors. A buffer gets its pages from the domain of the processor that makes it.',
    }).default(1),
    fragmentation: field(whole(0, 100), {
      label: 'Fragmentation',
      unit: '%',
      group: 'Memory',
      help: 'How scattered free memory is at first: 0 gives neighbouring pages from the top zone, 100 single pages all over memory.',
    }).default(100),
    ageing: field(whole(0, 100), {
      label: 'Ageing',
      unit: '%',
      group: 'Memory',
      help: 'How often a freed page goes to the rest of the system and a page elsewhere comes free instead.',
    }).default(0),
    cacheMiB: field(whole(1, 16 * 1024), {
      label: 'Buffer cache',
      unit: 'MiB',
      group: 'Buffer cache',
      help: 'Total size of the buffers. Small caches reuse, and so remap, buffers more often.',
    }).default(32),
    blockKiB: field(z.literal([4, 8, 16, 32, 64]), {
      label: 'Block size',
      unit: 'KiB',
      group: 'Buffer cache',
      help: 'Size of one buffer. A request smaller than a block reads the whole block.',
    }).default(16),
    blockMix: field(z.boolean(), {
      label: 'Mixed block sizes',
      group: 'Buffer cache',
      help: 'The span is in three parts with blocks of 8, 16 and 64 KiB. Buffers then need holes of different sizes in their address space.',
    }).default(false),
    writes: field(z.enum(WRITE_POLICIES), {
      label: 'Writes',
      group: 'Buffer cache',
      help: 'through: a request waits for the disk. delayed: a daemon writes later, and the rest at the end of the run.',
    }).default('through'),
    pageCacheMiB: field(whole(0, 512 * 1024), {
      label: 'Page cache',
      unit: 'MiB',
      group: 'Buffer cache',
      help: 'Memory for blocks that no buffer holds any more. Reading one again needs no disk. 0 turns it off.',
    }).default(0),
    readAhead: field(whole(0, 32), {
      label: 'Read-ahead',
      unit: 'blocks',
      group: 'Buffer cache',
      help: 'Most blocks read ahead of a sequential reader. Neighbours then share transfers, delayed writes too. 0 turns it off.',
    }).default(0),
    bouncePages: field(whole(16, 8192), {
      label: 'Bounce pages',
      unit: 'pages',
      group: 'Memory',
      help: 'Most pages of a bounce zone. When they run out, loads wait.',
    }).default(1024),
    busdma: field(z.enum(BUSDMA_DIALECT_NAMES), {
      label: 'BUSDMA',
      group: 'Device',
      help: 'Which kernel cuts segments and bounces. dmalab honours every limit; the others have the faults of their day.',
    }).default('dragonfly-2020'),
    iommu: field(z.enum(IOMMU_POLICIES), {
      label: 'IOMMU',
      group: 'Device',
      help: 'strict and lazy map each transfer for the device: strict unmaps at once, lazy in batches. Nothing then bounces.',
    }).default('none'),
    device: field(z.string().trim().min(1).max(1024), {
      label: 'Device',
      group: 'Device',
      help: 'A device of the lab, or a device file (.json) by its path from the project file.',
      suggestions: BUILTIN_DEVICE_NAMES,
    }).default('ahci-ssd'),
    diskGiB: field(whole(1, 2048), {
      label: 'Capacity',
      unit: 'GiB',
      group: 'Device',
      help: 'Size of the disk. Requests beyond it are an error.',
    }).default(128),
    mediaErrors: field(perMillion, {
      label: 'Bad sectors',
      unit: 'per million commands',
      group: 'Faults',
      help: 'Commands that end at a sector that cannot be read or written. The driver tries again.',
    }).default(0),
    lostInterrupts: field(perMillion, {
      label: 'Lost interrupts',
      unit: 'per million commands',
      group: 'Faults',
      help: 'Commands that end without their interrupt. The driver finds them when its timer runs out.',
    }).default(0),
    shortTransfers: field(perMillion, {
      label: 'Short transfers',
      unit: 'per million commands',
      group: 'Faults',
      help: 'Commands that move fewer bytes than they should.',
    }).default(0),
    strayTransfers: field(perMillion, {
      label: 'Stray transfers',
      unit: 'per million commands',
      group: 'Faults',
      help: 'Commands whose data the device sends to an address that it was never given. Only an IOMMU stops them.',
    }).default(0),
    nic: field(z.string().trim().min(1).max(1024), {
      label: 'Network adapter',
      group: 'Device',
      help: 'For jobs that send files: an adapter of the lab, or an adapter file (.json) by its path from the project file.',
      suggestions: BUILTIN_NIC_NAMES,
    }).default('em-1g'),
    fidelity: field(z.enum(FIDELITIES), {
      label: 'Fidelity',
      group: 'Checks',
      help: 'bytes moves and verifies every byte; metadata gives the same counters and times faster.',
    }).default('bytes'),
    sanitizer: field(z.boolean(), {
      label: 'Sanitizer',
      group: 'Checks',
      help: 'The machine checks itself: stale translations, access to free pages, leaks of holds, KVA and bounce pages.',
    }).default(true),
  })
  .refine((machine) => machine.tlbEntries % machine.tlbWays === 0, {
    path: ['tlbWays'],
    error: 'must divide tlbEntries',
  })
  .refine((machine) => machine.sockets <= machine.cpus, {
    path: ['sockets'],
    error: 'must not be more than the processors',
  })
  .refine((machine) => machine.kernelBits === 64 || (machine.cpus <= 32 && machine.memoryMiB <= 64 * 1024), {
    path: ['kernelBits'],
    error: 'a 32-bit kernel drives at most 32 processors and 65536 MiB',
  })

export const jobWorkloadSchema = z.looseObject({
  kind: z.literal('job'),
  name,
  pattern: field(z.enum(JOB_PATTERNS), {
    label: 'Pattern',
    group: 'Access',
    help: 'sequential, random, or mixed (part random, part sequential).',
  }).default('random'),
  randomPercent: field(whole(0, 100), {
    label: 'Random share',
    unit: '%',
    group: 'Access',
    help: 'With the mixed pattern: requests at a random place.',
  }).default(50),
  readPercent: field(whole(0, 100), {
    label: 'Read share',
    unit: '%',
    group: 'Access',
    help: 'The other requests write.',
  }).default(70),
  requestKiB: field(whole(1, 1024), {
    label: 'Request size',
    unit: 'KiB',
    group: 'Access',
    help: 'Bytes of one request.',
  }).default(4),
  spanMiB: field(whole(1, 2048 * 1024), {
    label: 'Span',
    unit: 'MiB',
    group: 'Access',
    help: 'Size of the region that requests fall in. Larger than the cache means misses.',
  }).default(1024),
  metadataPercent: field(whole(0, 100), {
    label: 'Metadata share',
    unit: '%',
    group: 'Kinds of requests',
    help: 'Requests that look at the metadata of a file at random, or, as far as requests write, change it.',
  }).default(0),
  physioPercent: field(whole(0, 100), {
    label: 'Direct share',
    unit: '%',
    group: 'Kinds of requests',
    help: "Requests that go around the buffer cache, between the disk and the process's own memory (physio, O_DIRECT).",
  }).default(0),
  passPercent: field(whole(0, 100), {
    label: 'Pass-through share',
    unit: '%',
    group: 'Kinds of requests',
    help: 'Requests that are small commands for the disk (INQUIRY, READ CAPACITY, MODE SENSE, REQUEST SENSE in turn).',
  }).default(0),
  sendfilePercent: field(whole(0, 100), {
    label: 'Sendfile share',
    unit: '%',
    group: 'Kinds of requests',
    help: 'Requests that send what they read to the network adapter, without a copy where the I/O path can.',
  }).default(0),
  queueDepth: field(whole(1, 256), {
    label: 'Queue depth',
    unit: 'requests',
    group: 'Load',
    help: 'Requests in flight at one time.',
  }).default(8),
  requests: field(whole(1, 100_000_000), {
    label: 'Requests',
    unit: 'requests',
    group: 'Load',
    help: 'Number of requests of the run.',
  }).default(50_000),
  target: field(z.enum(REQUEST_TARGETS), {
    label: 'Target',
    group: 'Files',
    help: 'disk: requests go to the disk itself. files: to files, whose metadata says where their blocks lie; the span is all of them.',
  }).default('disk'),
  files: field(whole(1, 4096), {
    label: 'Files',
    group: 'Files',
    help: 'Number of files. Used when requests go to files or to metadata.',
  }).default(16),
  fileMiB: field(whole(1, 64 * 1024), {
    label: 'File size',
    unit: 'MiB',
    group: 'Files',
    help: 'Size of each file. Large ones, in small blocks, need indirect blocks of indirect blocks.',
  }).default(64),
  holePercent: field(whole(0, 100), {
    label: 'Holes',
    unit: '%',
    group: 'Files',
    help: 'Blocks of a file that do not exist until somebody writes them. The write then has to find a free block.',
  }).default(0),
})

export const traceWorkloadSchema = z.looseObject({
  kind: z.literal('trace'),
  name,
  file: field(z.string().min(1).max(1024), {
    label: 'Trace file',
    group: 'Trace',
    help: 'builtin:NAME for a trace of the lab, or a path relative to the project file. .gz is read too.',
  }),
  format: field(z.enum(TRACE_FORMATS), {
    label: 'Format',
    group: 'Trace',
    help: 'fio iolog (version 2 or 3), or MSR Cambridge CSV; auto looks at the first line.',
  }).default('auto'),
  units: field(whole(1, 64), {
    label: 'Files or disks',
    group: 'Trace',
    help: 'How many the trace names; each gets an equal share of the device.',
  }).default(1),
  limit: field(whole(0, 1_000_000_000), {
    label: 'Stop after',
    unit: 'requests',
    group: 'Load',
    help: '0 replays the whole trace.',
  }).default(0),
  pace: field(z.enum(['asap', 'recorded']), {
    label: 'Pace',
    group: 'Load',
    help: 'asap: as fast as the queue depth lets. recorded: no request before its recorded time.',
  }).default('asap'),
  queueDepth: field(whole(1, 256), {
    label: 'Queue depth',
    unit: 'requests',
    group: 'Load',
    help: 'Requests in flight at one time.',
  }).default(8),
})

export const workloadSchema = z.discriminatedUnion('kind', [
  jobWorkloadSchema,
  traceWorkloadSchema,
  loopWorkloadSchema,
])

/** The schema of a workload's own fields: of its kind, and for a loop of that loop. */
export function workloadSchemaOf(
  workload: Pick<Workload, 'kind'> & { readonly loop?: unknown },
): WorkloadSchema {
  if (workload.kind === 'job') return jobWorkloadSchema
  if (workload.kind === 'trace') return traceWorkloadSchema
  return loopWorkloadSchemas[workload.loop as LoopName]
}

/** A machine under a workload, by name; `set` overrides single fields, as `--set` does: `{ "machine.cpus": 8 }`. */
export const scenarioSchema = z.looseObject({
  name,
  machine: name,
  workload: name,
  set: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).optional(),
})

export const projectSchema = z.looseObject({
  format: z.literal(PROJECT_FORMAT),
  version: z.literal(PROJECT_VERSION),
  title: z.string().trim().min(1).max(120),
  question: z.string().max(500).default(''),
  notes: z.string().max(20_000).default(''),
  seed: whole(0, 0xffffffff).default(1),
  machines: z.array(machineSchema).min(1).max(100),
  workloads: z.array(workloadSchema).min(1).max(100),
  scenarios: z.array(scenarioSchema).min(1).max(100),
})

export type WorkloadSchema =
  typeof jobWorkloadSchema | typeof traceWorkloadSchema | (typeof loopWorkloadSchemas)[LoopName]
export type Machine = z.infer<typeof machineSchema>
export type Workload = z.infer<typeof workloadSchema>
export type Scenario = z.infer<typeof scenarioSchema>
export type Project = z.infer<typeof projectSchema>
