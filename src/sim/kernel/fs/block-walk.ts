import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import type { BlockAlloc } from './block-alloc.ts'
import { DI_DB, NDADDR } from './inode.ts'
import type { FsLayout } from './layout.ts'
import type { MetaBuf } from './meta-buf.ts'
import { MAGIC_INDIRECT, MAGIC_INODE, PAYLOAD_AT, PAYLOAD_WORDS } from './meta-sector.ts'
import { PointerPath } from './pointer-path.ts'
import type { Step } from './step.ts'
import { STEP_DONE, STEP_FAILED } from './step.ts'

const READ = 0
const ALLOC = 1
const INIT = 2
const INIT_WRITE = 3
const LINK = 4
const LINK_WRITE = 5

/**
 * The way from an inode to a block of its file, for one thread: VOP_BMAP (ufs_bmap), and ffs_balloc where blocks are to be made.
 * Pointers are kept nowhere but in buffers: each walk parses the inode and every indirect block on the way. A block is made
 * when it is written to, before its data is: first its bit in the bitmap, then, of an indirect block, its empty content, and
 * last the pointer to it. Who has the node with the pointer locked needs no other lock but the bitmap's and a fresh block's.
 */
export class BlockWalk {
  /** The block found, 0 for a hole; once done. */
  block = 0
  /** Blocks of the file from there on that lie one after another on the disk, as far as one sector of pointers says. */
  run = 0
  /** The block was made by this walk: nothing of what it holds belongs to the file. */
  isNew = false
  private readonly machine: Machine
  private readonly layout: FsLayout
  private readonly node: MetaBuf
  private readonly fresh: MetaBuf
  private readonly alloc: BlockAlloc
  private readonly path = new PointerPath()
  private phase = READ
  private ino = 0
  private allocate = false
  private depth = 0
  private nodeBlock = 0

  /** @param node @param fresh buffers of metadata of this thread alone, also apart from those of `alloc` */
  constructor(machine: Machine, layout: FsLayout, node: MetaBuf, fresh: MetaBuf, alloc: BlockAlloc) {
    this.machine = machine
    this.layout = layout
    this.node = node
    this.fresh = fresh
    this.alloc = alloc
  }

  /** @param lblkno block of the file, within the layout's limits @param allocate makes the blocks that are missing */
  begin(ino: number, lblkno: number, allocate: boolean): void {
    const { layout } = this
    this.ino = ino
    this.allocate = allocate
    this.path.find(lblkno, layout.nindir)
    this.depth = 0
    this.nodeBlock = Math.floor(layout.inodeSector(ino) / layout.sectorsPerBlock)
    this.isNew = false
    this.phase = READ
  }

  /** @returns STEP_FAILED when metadata cannot be read or written or is damaged, or the disk is full */
  proceed(): Step {
    this.machine.accounting.enter(this.allocate ? Site.ffs_balloc : Site.ufs_bmap)
    const step = this.walk()
    this.machine.accounting.leave()
    return step
  }

  private walk(): Step {
    for (;;) {
      const step = this.work()
      if (step !== STEP_DONE) {
        return step
      }
      if (this.phase === READ && this.depth > this.path.levels) return STEP_DONE
    }
  }

  /** Does what the phase asks for and sets the next one. */
  private work(): Step {
    const { node, fresh, alloc } = this
    switch (this.phase) {
      case READ: {
        const step = node.read(this.nodeBlock)
        return step === STEP_DONE ? this.follow() : step
      }
      case ALLOC: {
        const step = alloc.proceed()
        if (step === STEP_FAILED) node.release()
        if (step === STEP_DONE) this.phase = this.depth === this.path.levels ? LINK : INIT
        return step
      }
      case INIT: {
        const step = fresh.take(alloc.block)
        if (step !== STEP_DONE) return step
        this.clear()
        this.phase = INIT_WRITE
        return STEP_DONE
      }
      case INIT_WRITE: {
        const step = fresh.write()
        if (step === STEP_FAILED) node.release()
        if (step === STEP_DONE) this.phase = LINK
        return step
      }
      case LINK:
        this.link()
        this.phase = LINK_WRITE
        return STEP_DONE
      default: {
        const step = node.write()
        if (step === STEP_DONE) this.descend(alloc.block)
        return step
      }
    }
  }

  /** Parses the locked node and goes on with what its pointer says. */
  private follow(): Step {
    const { node } = this
    const view = node.look()
    const sound = view.read(this.sectorOfPointer(), this.depth === 0 ? MAGIC_INODE : MAGIC_INDIRECT)
    const first = view.base + PAYLOAD_AT
    const word = sound ? this.wordOfPointer() : 0
    const pointer = sound ? view.words[view.base + word]! : 0
    const last = this.depth === this.path.levels
    if (sound && last) this.run = runFrom(view.words, view.base + word, first + this.endOfPointers())
    const preferred =
      pointer === 0 && this.allocate && sound ? this.preference(view.words, view.base, word) : 0
    view.close()
    if (!sound) {
      node.release()
      return STEP_FAILED
    }
    if (pointer === 0 && this.allocate) {
      this.alloc.begin(preferred)
      this.isNew = last
      this.run = 1
      this.phase = ALLOC
      return STEP_DONE
    }
    node.release()
    if (pointer === 0) {
      this.block = 0
      this.run = 1
      this.depth = this.path.levels + 1
    } else {
      this.descend(pointer)
    }
    return STEP_DONE
  }

  private descend(pointer: number): void {
    this.phase = READ
    this.block = pointer
    this.nodeBlock = pointer
    this.depth++
  }

  /** ffs_blkpref: after the block named before, else after the indirect block itself, else at the start of the file's area. */
  private preference(words: Int32Array, base: number, word: number): number {
    const first = this.depth === 0 ? DI_DB : PAYLOAD_AT
    const before = word > first ? words[base + word - 1]! : 0
    if (before !== 0) return before + 1
    return this.depth === 0 ? this.layout.areaOf(this.ino) : this.nodeBlock + 1
  }

  /** Makes the fresh block an indirect block without pointers. */
  private clear(): void {
    const view = this.fresh.look()
    for (let i = 0; i < this.layout.sectorsPerBlock; i++) {
      view.clear(i)
      view.seal(i, MAGIC_INDIRECT)
    }
    view.close()
  }

  private link(): void {
    const view = this.node.look()
    const index = this.sectorOfPointer()
    view.change(index)
    view.words[view.base + this.wordOfPointer()] = this.alloc.block
    view.seal(index, this.depth === 0 ? MAGIC_INODE : MAGIC_INDIRECT)
    view.close()
  }

  private sectorOfPointer(): number {
    const { layout, depth } = this
    if (depth === 0) return layout.inodeSector(this.ino) % layout.sectorsPerBlock
    return Math.floor(this.path.index[depth - 1]! / PAYLOAD_WORDS)
  }

  private wordOfPointer(): number {
    if (this.depth === 0) return this.path.inodeWord
    return PAYLOAD_AT + (this.path.index[this.depth - 1]! % PAYLOAD_WORDS)
  }

  /** Where the pointers to data end in the sector, counted from the start of its content. */
  private endOfPointers(): number {
    return this.depth === 0 ? DI_DB + NDADDR - PAYLOAD_AT : PAYLOAD_WORDS
  }
}

/** Pointers from `at` on that name one block after another. */
function runFrom(words: Int32Array, at: number, end: number): number {
  const first = words[at]!
  let run = 1
  while (at + run < end && words[at + run] === first + run) run++
  return run
}
