import type { Media } from '../devices/media.ts'
import type { Buf } from '../kernel/bufcache/buf.ts'
import { FileSystem } from '../kernel/fs/file-system.ts'
import type { FileSystemParts } from '../kernel/fs/file-system.ts'
import { FileVnode } from '../kernel/fs/file-vnode.ts'
import { FsLayout } from '../kernel/fs/layout.ts'
import { MetadataMirror } from '../kernel/fs/metadata-mirror.ts'
import type { HasBlock } from '../kernel/fs/mkfs.ts'
import { mkfs } from '../kernel/fs/mkfs.ts'
import { SECTOR_SIZE } from '../machine/page.ts'
import { FileRequests } from '../workload/file-requests.ts'
import type { Ledger } from '../workload/ledger.ts'
import { MetadataLedger } from '../workload/metadata-ledger.ts'
import { MetadataRequests } from '../workload/metadata-requests.ts'
import { FIRST_FILE_VNODE } from './cache.ts'
import type { JobWorkload, MachineConfig, DiskWorkload } from './scenario.ts'

const MIB = 1024 * 1024

/** The workload's file system; null for one that needs none. It lies behind the part of the disk that requests go to. */
export function layoutOf({ blockKiB }: MachineConfig, workload: DiskWorkload): FsLayout | null {
  if (workload.kind !== 'job' || (workload.target === 'disk' && workload.metadataPercent === 0)) return null
  return new FsLayout({
    blockBytes: blockKiB * 1024,
    files: workload.files,
    blocksPerFile: (workload.fileMiB * 1024) / blockKiB,
    firstSector: workload.target === 'disk' ? (workload.spanMiB * MIB) / SECTOR_SIZE : 0,
  })
}

/** Bytes that requests for data spread over. */
export function spanOf({ target, files, fileMiB, spanMiB }: JobWorkload): number {
  return (target === 'files' ? files * fileMiB : spanMiB) * MIB
}

export interface LabFilesParts extends Omit<FileSystemParts, 'audit' | 'mirror'> {
  readonly ledger: Ledger
  readonly media: Media
}

/** The file system of a run and those who use it. It is made before the run, straight on the surface of the disk. */
export class LabFiles {
  readonly requests: FileRequests
  readonly metadata: MetadataRequests
  private readonly fs: FileSystem
  private readonly audit = new MetadataLedger()
  private blocksLost = 0

  constructor(parts: LabFilesParts, config: MachineConfig, workload: JobWorkload, layout: FsLayout) {
    const { machine, media, cache } = parts
    const { audit } = this
    const mirror = machine.memory.holdsData ? null : new MetadataMirror()
    const hasBlock = blocksBut(workload.holePercent)
    mkfs(layout, hasBlock, (sector, words, checksum) => {
      audit.sealed(sector, checksum)
      if (mirror === null) media.write(layout.firstSector + sector, words, 0)
      else mirror.words(sector).set(words)
    })
    const delayedWrites = config.writes === 'delayed'
    this.fs = new FileSystem({ ...parts, audit, mirror }, layout, FIRST_FILE_VNODE, delayedWrites)
    const threads = workload.queueDepth
    this.requests = new FileRequests(
      { ...parts, fs: this.fs, hasBlock },
      {
        ...{ threads, delayedWrites, readAhead: config.readAhead },
        freeBsdWork: config.fileWork === 'freebsd-2013',
      },
    )
    this.metadata = new MetadataRequests(cache, this.fs, threads, delayedWrites)
  }

  /** Sectors of metadata found damaged or out of date. */
  get errors(): number {
    return this.audit.errors
  }

  /** Blocks given up that were written. */
  get lost(): number {
    return this.blocksLost
  }

  /** A block that was to be written later could not be brought to the disk and is no more in memory. */
  blockLost(buf: Buf): void {
    this.blocksLost++
    if (buf.b_vp instanceof FileVnode) {
      this.requests.blockLost(buf.b_vp, buf.b_lblkno)
      return
    }
    const { sectorsPerBlock } = this.fs.layout
    for (let i = 0; i < sectorsPerBlock; i++) this.audit.inDoubt(buf.b_lblkno * sectorsPerBlock + i)
  }
}

/** All blocks of files but so many of each hundred, chosen without a pattern and the same in every run. */
function blocksBut(holePercent: number): HasBlock {
  return (ino, lblkno) => {
    const mixed = Math.imul(lblkno ^ (ino << 20), 0x9e376db1)
    return ((mixed ^ (mixed >>> 15)) >>> 0) % 100 >= holePercent
  }
}
