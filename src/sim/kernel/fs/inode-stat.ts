import type { Machine } from '../../machine/machine.ts'
import { Site } from '../call-sites.ts'
import { DI_IB } from './inode.ts'
import type { FsLayout } from './layout.ts'
import type { MetaBuf } from './meta-buf.ts'
import { MAGIC_INDIRECT, MAGIC_INODE } from './meta-sector.ts'
import type { Step } from './step.ts'
import { STEP_DONE, STEP_FAILED } from './step.ts'

/** Looks at a file's metadata, for one thread: its inode and, if it has one, the start of its first indirect block. */
export class InodeStat {
  private readonly machine: Machine
  private readonly layout: FsLayout
  private readonly node: MetaBuf
  private sector = 0
  private magic = MAGIC_INODE

  /** @param node buffer of metadata of this thread, which nobody uses meanwhile */
  constructor(machine: Machine, layout: FsLayout, node: MetaBuf) {
    this.machine = machine
    this.layout = layout
    this.node = node
  }

  begin(ino: number): void {
    this.sector = this.layout.inodeSector(ino)
    this.magic = MAGIC_INODE
  }

  /** @returns STEP_FAILED when something cannot be read or is damaged */
  proceed(): Step {
    this.machine.accounting.enter(Site.ufs_getattr)
    const step = this.work()
    this.machine.accounting.leave()
    return step
  }

  private work(): Step {
    const { layout, node } = this
    for (;;) {
      const step = node.read(Math.floor(this.sector / layout.sectorsPerBlock))
      if (step !== STEP_DONE) return step
      const view = node.look()
      const sound = view.read(this.sector % layout.sectorsPerBlock, this.magic)
      const indirect = this.magic === MAGIC_INODE && sound ? view.words[view.base + DI_IB]! : 0
      view.close()
      node.release()
      if (!sound) return STEP_FAILED
      if (indirect === 0) return STEP_DONE
      this.sector = indirect * layout.sectorsPerBlock
      this.magic = MAGIC_INDIRECT
    }
  }
}
