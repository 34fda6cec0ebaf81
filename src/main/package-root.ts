import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

function findRoot(): string {
  let directory = import.meta.dirname
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory)
      throw new Error('DMA Lab is not complete: no package.json above its program files.')
    directory = parent
  }
  return directory
}

/** The folder that holds package.json, out/ and resources/; the same from sources, from a build and from a package. */
export const PACKAGE_ROOT = findRoot()
export const RESOURCES_DIR = join(PACKAGE_ROOT, 'resources')
export const RENDERER_DIR = join(PACKAGE_ROOT, 'out', 'renderer')
