import type { Machine } from '../../machine/machine.ts'
import { PAGE_SIZE, SECTOR_SIZE } from '../../machine/page.ts'
import { SimulationFault } from '../../machine/physical-memory.ts'
import type { Buf } from '../bufcache/buf.ts'
import { Site } from '../call-sites.ts'
import type { KernelCounters } from '../counters.ts'
import type { IoPathHooks } from '../path/io-path.ts'
import { isSound, sealOf, sealSector } from './meta-sector.ts'
import type { MetadataMirror } from './metadata-mirror.ts'

/** Who checks from outside that the file system reads back what it wrote last. */
export interface MetadataAudit {
  /** A sector was given new content. */
  sealed(sector: number, checksum: number): void
  /** A sector was parsed. @param sound its form is right @returns whether its content is what was last put there */
  parsed(sector: number, checksum: number, sound: boolean): boolean
  /** A write of the sector failed: the disk holds one content or the other. */
  inDoubt(sector: number): void
}

export interface MetaViewParts {
  readonly machine: Machine
  readonly counters: KernelCounters
  readonly path: IoPathHooks
  readonly audit: MetadataAudit
  /** Content of metadata on a machine that holds no bytes; null on one that does. */
  readonly mirror: MetadataMirror | null
}

/**
 * A mapped look into one locked buffer of metadata, by the current processor: each path's way to get one. Opened, used and
 * closed without a sleep in between.
 */
export class MetaView {
  /** Words of the sector that `read` or `change` found last, from `base` on. */
  words: Int32Array = new Int32Array(0)
  base = 0
  private readonly parts: MetaViewParts
  private buf: Buf | null = null
  private firstSector = 0

  constructor(parts: MetaViewParts) {
    this.parts = parts
  }

  /** @param firstSector of the file system, which the buffer begins with */
  open(buf: Buf, firstSector: number): void {
    const { machine, counters, path } = this.parts
    counters.metadataViews++
    machine.accounting.enter(Site['metadata view'])
    path.openBuffer(buf)
    machine.accounting.leave()
    this.buf = buf
    this.firstSector = firstSector
  }

  close(): void {
    const { machine, path } = this.parts
    machine.accounting.enter(Site['metadata view'])
    path.closeBuffer(this.buf!)
    machine.accounting.leave()
    this.buf = null
  }

  /** Finds sector `index` of the buffer and checks it. @returns false when it is not sound, or not what was written last */
  read(index: number, magic: number): boolean {
    this.reach(index, false)
    const sector = this.firstSector + index
    const sound = isSound(this.words, this.base, magic, sector)
    this.chargeSector()
    return this.parts.audit.parsed(sector, sealOf(this.words, this.base), sound) && sound
  }

  /** Finds sector `index` of the buffer, to be changed and then sealed. */
  change(index: number): void {
    this.reach(index, true)
  }

  /** Finds sector `index` of the buffer and empties it; to be sealed. */
  clear(index: number): void {
    this.reach(index, true)
    this.words.fill(0, this.base, this.base + SECTOR_SIZE / 4)
    this.chargeSector()
  }

  /** Makes the sector that `change` or `clear` found sound again. */
  seal(index: number, magic: number): void {
    const sector = this.firstSector + index
    this.parts.audit.sealed(sector, sealSector(this.words, this.base, magic, sector))
    this.chargeSector()
  }

  private reach(index: number, write: boolean): void {
    const { machine, path, mirror } = this.parts
    const physical = machine.translate(path.addressIn(this.buf!, index * SECTOR_SIZE), write)
    if (physical < 0) throw new SimulationFault(`metadata sector ${this.firstSector + index} is not mapped`)
    if (mirror !== null) {
      this.words = mirror.words(this.firstSector + index)
      this.base = 0
      return
    }
    const { frames } = machine.memory
    this.words = frames.words(Math.floor(physical / PAGE_SIZE))
    this.base = frames.base + (physical % PAGE_SIZE) / 4
  }

  /** To check or to seal a sector, the processor reads all of it. */
  private chargeSector(): void {
    const { machine } = this.parts
    machine.chargeBytes(Site['metadata checksum'], machine.cost.copyPerByte, SECTOR_SIZE)
  }
}
