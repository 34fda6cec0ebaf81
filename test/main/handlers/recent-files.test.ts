import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RecentFiles } from '../../../src/main/handlers/recent-files.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()

function touch(name: string): string {
  const path = join(folder, name)
  writeFileSync(path, '')
  return path
}

describe('RecentFiles', () => {
  it('lists the newest first, each once, ten at most, across restarts', async () => {
    const data = join(folder, 'data')
    const paths = Array.from({ length: 12 }, (_, index) => touch(`${index}.dmalab`))
    for (const path of [...paths, paths[5]]) await new RecentFiles(data).add(path ?? '')
    expect(await new RecentFiles(data).list()).toEqual(
      [5, 11, 10, 9, 8, 7, 6, 4, 3, 2].map((index) => paths[index]),
    )
  })

  it('leaves out files that are gone', async () => {
    const recent = new RecentFiles(join(folder, 'gone'))
    await recent.add(touch('kept.dmalab'))
    await recent.add(touch('gone.dmalab'))
    rmSync(join(folder, 'gone.dmalab'))
    expect(await recent.list()).toEqual([join(folder, 'kept.dmalab')])
  })

  it.each(['{ "cut', '{"not": "a list"}', '[1, 2]'])(
    'takes the broken list %s for an empty one and recovers',
    async (text) => {
      writeFileSync(join(folder, 'recent.json'), text)
      const recent = new RecentFiles(folder)
      expect(await recent.list()).toEqual([])
      await recent.add(touch('a.dmalab'))
      expect(await recent.list()).toEqual([join(folder, 'a.dmalab')])
    },
  )

  it('does not fail where nothing can be written', async () => {
    const file = touch('a-file')
    const recent = new RecentFiles(join(file, 'below'))
    await recent.add(touch('b.dmalab'))
    expect(await recent.list()).toEqual([])
  })
})
