import type { Buf } from '../../../../src/sim/kernel/bufcache/buf.ts'
import { B_READ } from '../../../../src/sim/kernel/bufcache/buf.ts'
import type { Errno } from '../../../../src/sim/kernel/errno.ts'
import { OK } from '../../../../src/sim/kernel/errno.ts'
import { FileSystem } from '../../../../src/sim/kernel/fs/file-system.ts'
import { FsLayout } from '../../../../src/sim/kernel/fs/layout.ts'
import type { FsGeometry } from '../../../../src/sim/kernel/fs/layout.ts'
import type { HasBlock } from '../../../../src/sim/kernel/fs/mkfs.ts'
import { mkfs } from '../../../../src/sim/kernel/fs/mkfs.ts'
import { STEP_ASLEEP } from '../../../../src/sim/kernel/fs/step.ts'
import type { Step } from '../../../../src/sim/kernel/fs/step.ts'
import { MetadataLedger } from '../../../../src/sim/workload/metadata-ledger.ts'
import type { CacheOptions } from '../bufcache/cache-bench.ts'
import { CacheBench } from '../bufcache/cache-bench.ts'
import { limitsForBuffers } from '../../../../src/sim/kernel/bufcache/sizing.ts'

const WORDS = 128

/** Files in blocks of 4 KiB, whose disk keeps every word: 1000 pointers of an indirect block, and files that need two levels. */
export const GEOMETRY: FsGeometry = { blockBytes: 4096, files: 3, blocksPerFile: 2100, firstSector: 80 }

export interface FsOptions extends Partial<CacheOptions> {
  readonly geometry?: FsGeometry
  readonly hasBlock?: HasBlock
  readonly delayedWrites?: boolean
}

/** A file system on a disk whose transfers end when a thread has nothing else to do. */
export class FsBench extends CacheBench {
  readonly layout: FsLayout
  readonly fs: FileSystem
  readonly audit = new MetadataLedger()
  readonly surface = new Map<number, Int32Array>()

  constructor(options: FsOptions = {}) {
    super({ limits: limitsForBuffers(16, 16 * 1024), ...options })
    this.layout = new FsLayout(options.geometry ?? GEOMETRY)
    const { machine, counters, path, cache, threads, audit, vm, layout } = this
    mkfs(layout, options.hasBlock ?? (() => true), (sector, words, checksum) => {
      audit.sealed(sector, checksum)
      this.surface.set(layout.firstSector + sector, words.slice())
    })
    const newObject = () => vm.newObject()
    const parts = {
      machine,
      counters,
      path,
      cache,
      threads,
      audit,
      mirror: null,
      newObject,
      iosizeMax: 128 * 1024,
    }
    this.fs = new FileSystem(parts, layout, 1, options.delayedWrites ?? false)
  }

  /** Carries a piece of work through, ending transfers whenever it sleeps; those after `failAfter` others fail. */
  finish(work: () => Step, failAfter = Infinity, error: Errno = OK): Step {
    for (let ended = 0; ; ended++) {
      const step = work()
      if (step !== STEP_ASLEEP) return step
      if (this.started.length === 0) throw new Error(`asleep for ${this.waitsFor()} with nothing under way`)
      this.end(ended >= failAfter ? error : OK)
    }
  }

  override end(error: Errno = OK, buf = this.started[0]!): void {
    this.started.splice(this.started.indexOf(buf), 1)
    for (let at = 0; at < buf.b_bcount && error === OK; at += 512) this.moveSector(buf, at)
    this.cache.biodone(buf, error)
  }

  /** Words of a sector of the file system on the disk. */
  readonly onDisk = (sector: number): Int32Array =>
    this.surface.get(this.layout.firstSector + sector) ?? new Int32Array(WORDS)

  /** Writes all that is dirty. */
  sync(): void {
    while (this.cache.flushbufqueues()) this.endAll()
  }

  private moveSector(buf: Buf, at: number): void {
    const sector = buf.b_blkno + at / 512
    const place = buf.b_xio.offset + at
    const { frames } = this.machine.memory
    const words = frames.words(buf.b_xio.pages[Math.floor(place / 4096)]!)
    const base = frames.base + (place % 4096) / 4
    if ((buf.b_flags & B_READ) === 0) this.surface.set(sector, words.slice(base, base + WORDS))
    else words.set(this.surface.get(sector) ?? new Int32Array(WORDS), base)
  }
}
