import { z } from 'zod'
import { LOOP_NAMES, MAPPING_REACHES, PAGE_ACCESSES, VMAP_DESIGNS } from '../../sim/lab/scenario.ts'
import type { LoopName } from '../../sim/lab/scenario.ts'
import { decimal, field, name, whole } from './fields.ts'

/** Kernel loops in the project file: one schema for each loop. Defaults are near those of the experiments that they were made for. */

const loopOf = <L extends LoopName>(loop: L) => ({ kind: z.literal('loop'), name, loop: z.literal(loop) })

const memoryDiskSchema = z.looseObject({
  ...loopOf('memory-disk'),
  access: field(z.enum(PAGE_ACCESSES), {
    label: 'Access to a page',
    group: 'Mapping',
    help: 'malloc: mapped for good. qenter: an address, a mapping and their end for each page. sf_buf: one of a pool, which keeps its page.',
  }).default('sf_buf'),
  sfBufs: field(whole(1, 262_144), {
    label: 'sf_bufs',
    group: 'Mapping',
    help: 'Size of the pool, for access by sf_buf. With fewer than pages, each mapping is gone before it is needed again.',
  }).default(65_536),
  pages: field(whole(1, 262_144), {
    label: 'Disk',
    unit: 'pages',
    group: 'Load',
    help: 'Size of the disk in pages of 4 KiB. It is read in order, 64 KiB at a time.',
  }).default(32_768),
  warmPasses: field(whole(0, 16), {
    label: 'Passes before',
    unit: 'passes',
    group: 'Load',
    help: 'Passes over the disk before the one that is measured: with 0 the pool has other pages mapped, with 1 these.',
  }).default(0),
})

const pipeFields = {
  mappings: field(z.enum(MAPPING_REACHES), {
    label: 'Mappings are for',
    group: 'Mapping',
    help: 'everywhere: each new mapping interrupts the other processors. local: it holds for the processor that uses it.',
  }).default('everywhere'),
  sfBufs: field(whole(1, 65_536), {
    label: 'sf_bufs',
    group: 'Mapping',
    help: 'Size of the pool. A page that still has one needs no new mapping.',
  }).default(64),
  bufferPages: field(whole(1, 65_536), {
    label: 'Buffer',
    unit: 'pages',
    group: 'Load',
    help: 'Pages that are mapped in turn. More than sf_bufs, and every page is mapped anew.',
  }).default(256),
}

const pipePagesSchema = z.looseObject({
  ...loopOf('pipe-pages'),
  ...pipeFields,
  lists: field(whole(1, 10_000_000), {
    label: 'Page lists',
    unit: 'lists',
    group: 'Load',
    help: 'Lists of 32 pages that the writer hands to the reader.',
  }).default(256),
})

const computePagesSchema = z.looseObject({
  ...loopOf('compute-pages'),
  ...pipeFields,
  computeNs: field(decimal(0, 1e9), {
    label: 'Computing',
    unit: 'ns',
    group: 'Load',
    help: 'Processor time between two maps.',
  }).default(1_000_000),
  maps: field(whole(1, 10_000_000), {
    label: 'Maps',
    unit: 'maps',
    group: 'Load',
    help: 'Pages mapped and copied, one at a time.',
  }).default(200),
})

const vmapSchema = z.looseObject({
  ...loopOf('vmap'),
  design: field(z.enum(VMAP_DESIGNS), {
    label: 'Design',
    group: 'Mapping',
    help: 'one-lock: one list, and a flush at each unmap. per-cpu: blocks of each processor, and one flush for many unmaps.',
  }).default('per-cpu'),
  pages: field(whole(1, 64), {
    label: 'Mapping',
    unit: 'pages',
    group: 'Mapping',
    help: 'Pages that one loop maps, touches and unmaps.',
  }).default(4),
  threads: field(whole(1, 64), {
    label: 'Threads',
    group: 'Load',
    help: 'Each has a processor of its own, on the sockets in turn.',
  }).default(1),
  loops: field(whole(1, 10_000_000), {
    label: 'Loops',
    unit: 'each',
    group: 'Load',
    help: 'Of each thread. A flush of the design per-cpu comes after some thousand.',
  }).default(40_000),
})

const readPipelineSchema = z.looseObject({
  ...loopOf('read-pipeline'),
  copies: field(z.boolean(), {
    label: 'Copy to the user',
    group: 'Data',
    help: 'The process copies what it reads.',
  }).default(true),
  bounces: field(z.boolean(), {
    label: 'Bounce',
    group: 'Data',
    help: 'Data lands in bounce pages, and the interrupt handler copies it from there.',
  }).default(false),
  processNs: field(decimal(0, 1e9), {
    label: 'Process',
    unit: 'ns',
    group: 'Processor time of a read',
    help: 'Work of the reading process, the copy left out.',
  }).default(36_000),
  interruptNs: field(decimal(0, 1e9), {
    label: 'Interrupts',
    unit: 'ns',
    group: 'Processor time of a read',
    help: 'Work of the other processor, a bounce left out.',
  }).default(21_000),
  disks: field(whole(1, 1000), {
    label: 'Disks',
    group: 'Load',
    help: 'They deliver side by side.',
  }).default(8),
  diskMBps: field(decimal(0.001, 1_000_000), {
    label: 'One disk',
    unit: 'MB/s',
    group: 'Load',
    help: 'What it delivers, in millions of bytes per second.',
  }).default(89.9),
  readBytes: field(whole(1, 1_048_576), {
    label: 'Read',
    unit: 'bytes',
    group: 'Load',
    help: 'Bytes of one read.',
  }).default(8192),
  ahead: field(whole(1, 4096), {
    label: 'Read-ahead',
    unit: 'reads',
    group: 'Load',
    help: 'Reads under way ahead of the process.',
  }).default(16),
  reads: field(whole(1, 100_000_000), {
    label: 'Reads',
    unit: 'reads',
    group: 'Load',
    help: 'Number of reads of the run.',
  }).default(20_000),
})

const iommuMapSchema = z.looseObject({
  ...loopOf('iommu-map'),
  premapped: field(z.boolean(), {
    label: 'Mapped beforehand',
    group: 'Mapping',
    help: 'Buffers are mapped once, before the first request. How, and whether at all, says the IOMMU of the machine.',
  }).default(false),
  requestNs: field(decimal(0, 1e9), {
    label: 'Request',
    unit: 'ns',
    group: 'Load',
    help: 'Processor time of a request without any mapping.',
  }).default(200),
  queueDepth: field(whole(1, 4096), {
    label: 'Queue depth',
    unit: 'requests',
    group: 'Load',
    help: 'Buffers of a page in use, one after another.',
  }).default(32),
  requests: field(whole(1, 100_000_000), {
    label: 'Requests',
    unit: 'requests',
    group: 'Load',
    help: 'Number of requests of the run.',
  }).default(50_000),
})

/** The schema of each loop, by its name. */
export const loopWorkloadSchemas = {
  'memory-disk': memoryDiskSchema,
  'pipe-pages': pipePagesSchema,
  'compute-pages': computePagesSchema,
  vmap: vmapSchema,
  'read-pipeline': readPipelineSchema,
  'iommu-map': iommuMapSchema,
} as const satisfies Record<LoopName, z.ZodType>

export const loopWorkloadSchema = z.discriminatedUnion(
  'loop',
  [memoryDiskSchema, pipePagesSchema, computePagesSchema, vmapSchema, readPipelineSchema, iommuMapSchema],
  { error: `must be one of ${LOOP_NAMES.join(', ')}` },
)

/** What a form says of a loop: what it does, and what it takes of the machine beside the TLB and the cost profile. */
export const LOOP_INFO: Readonly<
  Record<LoopName, { readonly label: string; readonly help: string; readonly machine: string }>
> = {
  'memory-disk': {
    label: 'Memory disk: map, copy and let go each page',
    help: 'A disk in memory is read from end to end, 64 KiB at a time, with a mapping for each page or without.',
    machine: 'one processor',
  },
  'pipe-pages': {
    label: 'Pipe: page lists from one processor to another',
    help: 'A writer hands over lists of 32 pages; a reader maps each page by an sf_buf, copies it and lets it go.',
    machine: '2 to 32 processors, their sockets',
  },
  'compute-pages': {
    label: 'Computing, with a page mapped now and then',
    help: 'A processor computes, maps a page by an sf_buf, copies it and lets it go.',
    machine: '1 to 32 processors, their sockets',
  },
  vmap: {
    label: 'Short mappings by many threads (vmap)',
    help: 'Threads map a few pages, touch and unmap them, each on a processor of its own.',
    machine: 'processors, sockets that divide them evenly',
  },
  'read-pipeline': {
    label: 'Reads ahead, with copies and bounces',
    help: 'A process reads from end to end; another processor takes the interrupts of disks that read ahead of it.',
    machine: 'two processors',
  },
  'iommu-map': {
    label: 'Requests behind an IOMMU',
    help: 'A processor keeps a fast device busy with requests of a page, and maps each as the IOMMU of the machine says.',
    machine: 'one processor, the IOMMU',
  },
}
