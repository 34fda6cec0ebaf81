import type { FsLayout } from '../../../src/sim/kernel/fs/layout.ts'
import type { HasBlock } from '../../../src/sim/kernel/fs/mkfs.ts'
import type { LabRun } from '../../../src/sim/lab/run.ts'
import { stampMatches } from '../../../src/sim/engine/sector-stamp.ts'
import { SECTOR_WORDS } from '../../../src/sim/machine/page.ts'
import type { FsckReport } from '../kernel/fs/fsck.ts'
import { fsck } from '../kernel/fs/fsck.ts'
import { insideOf, written } from './medium.ts'

/** The parts of a run with files that a test looks into. */
interface FilesInside {
  readonly workload: {
    readonly files: {
      readonly fs: { readonly layout: FsLayout }
      readonly requests: { readonly user: { readonly hasBlock: HasBlock } }
    }
  }
}

export function layoutIn(lab: LabRun): FsLayout {
  return (lab as unknown as FilesInside).workload.files.fs.layout
}

/** Words of a sector of the disk as its surface holds them. */
function surface(lab: LabRun, sector: number): Int32Array {
  const words = new Int32Array(SECTOR_WORDS)
  insideOf(lab).storage.drive.media.read(sector, words, 0)
  return words
}

/** Checks the file system as the disk holds it now. */
export function fsckOf(lab: LabRun): FsckReport {
  const layout = layoutIn(lab)
  return fsck(layout, (sector) => surface(lab, layout.firstSector + sector))
}

/**
 * Compares all data of files, as the disk holds it where the pointers on the disk lead, with what was written last.
 * @param versionOf version of a sector, by the place that mkfs has for it
 * @returns what is wrong
 */
export function wrongData(
  lab: LabRun,
  report: FsckReport,
  versionOf: (sector: number) => number = (sector) => written(lab, sector),
): readonly string[] {
  const layout = layoutIn(lab)
  const { hasBlock } = (lab as unknown as FilesInside).workload.files.requests.user
  const wrong: string[] = []
  report.blocks.forEach((blocks, ino) => {
    for (let lblkno = 0; lblkno < layout.blocksPerFile; lblkno++) {
      const block = blocks.get(lblkno)
      const name = layout.diskSector(layout.homeOf(ino, lblkno))
      for (let i = 0; i < layout.sectorsPerBlock; i++) {
        const version = versionOf(name + i)
        if (block === undefined) {
          if (version > 0 || hasBlock(ino, lblkno))
            wrong.push(`block ${lblkno} of file ${ino} does not exist`)
          continue
        }
        const words = surface(lab, layout.diskSector(block) + i)
        const right =
          version === 0 && !hasBlock(ino, lblkno)
            ? words.every((word) => word === 0)
            : stampMatches(words, 0, name + i, version)
        if (!right) wrong.push(`sector ${i} of block ${lblkno} of file ${ino} is not version ${version}`)
      }
    }
  })
  return wrong
}
