import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import { DI_MTIME, DI_SIZE, readPair, writePair } from './inode.ts'
import type { FsLayout } from './layout.ts'
import type { MetaBuf } from './meta-buf.ts'
import { MAGIC_INODE } from './meta-sector.ts'
import type { Step } from './step.ts'
import { STEP_DONE, STEP_FAILED } from './step.ts'

const READ = 0
const WRITE = 1

/** ffs_update of one thread: a file was modified, and may have become longer. */
export class InodeUpdate {
  private readonly machine: Machine
  private readonly layout: FsLayout
  private readonly node: MetaBuf
  private phase = READ
  private ino = 0
  private end = 0

  /** @param node buffer of metadata of this thread, which nobody uses meanwhile */
  constructor(machine: Machine, layout: FsLayout, node: MetaBuf) {
    this.machine = machine
    this.layout = layout
    this.node = node
  }

  /** @param end byte of the file up to which it was written; it becomes that long if it is shorter */
  begin(ino: number, end: number): void {
    this.ino = ino
    this.end = end
    this.phase = READ
  }

  /** @returns STEP_FAILED when the inode cannot be read or written, or is damaged */
  proceed(): Step {
    this.machine.accounting.enter(Site.ffs_update)
    const step = this.work()
    this.machine.accounting.leave()
    return step
  }

  private work(): Step {
    const { layout, node } = this
    if (this.phase === READ) {
      const sector = layout.inodeSector(this.ino)
      const step = node.read(Math.floor(sector / layout.sectorsPerBlock))
      if (step !== STEP_DONE) return step
      if (!this.change(sector % layout.sectorsPerBlock)) {
        node.release()
        return STEP_FAILED
      }
      this.phase = WRITE
    }
    return node.write()
  }

  /** @returns false when the inode is damaged */
  private change(index: number): boolean {
    const view = this.node.look()
    const sound = view.read(index, MAGIC_INODE)
    if (sound) {
      view.change(index)
      const { words, base } = view
      if (readPair(words, base + DI_SIZE) < this.end) writePair(words, base + DI_SIZE, this.end)
      writePair(words, base + DI_MTIME, Math.floor(this.machine.cpu.clock))
      view.seal(index, MAGIC_INODE)
    }
    view.close()
    return sound
  }
}
