import { mkdirSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { createFolderHost, projectFileName } from '../../../src/main/server/folder-host.ts'
import { failureOf } from '../failure-of.ts'
import { tempFolder } from '../temp-folder.ts'

describe('projectFileName', () => {
  it.each([
    ['mine', 'mine.dmalab'],
    [' mine.dmalab ', 'mine.dmalab'],
    ['v1.2 über', 'v1.2 über.dmalab'],
  ])('makes "%s" %s', (name, file) => {
    expect(projectFileName(name)).toBe(file)
  })

  it.each([
    '',
    ' ',
    '.dmalab',
    '..',
    '../a',
    'a/b',
    'a\\b',
    'c:a',
    '.hidden',
    'a..b',
    'a\0b',
    'con',
    'NUL.dmalab',
    'a\nb',
  ])('refuses "%s"', async (name) => {
    expect((await failureOf(() => projectFileName(name))).code).toBe('bad-request')
  })
})

describe('folder host', () => {
  const folder = tempFolder()
  const host = createFolderHost({ folder, version: '1.0.0' })

  it('lists the project files of its folder, and nothing else', async () => {
    for (const name of ['b.dmalab', 'a.dmalab', 'a.dmalab.bak', 'c.txt'])
      writeFileSync(join(folder, name), '')
    mkdirSync(join(folder, 'folder.dmalab'))
    utimesSync(join(folder, 'a.dmalab'), 1000, 1000)
    const pick = await host.pickFile('open', undefined)
    expect(pick).toMatchObject({
      kind: 'ask',
      folder,
      entries: [{ name: 'a.dmalab', modifiedMs: 1_000_000 }, { name: 'b.dmalab' }],
    })
  })

  it('says when its folder is gone', async () => {
    const gone = createFolderHost({ folder: join(folder, 'gone'), version: '1.0.0' })
    expect(await failureOf(() => gone.pickFile('open', undefined))).toMatchObject({
      code: 'not-found',
      place: join(folder, 'gone'),
    })
  })

  it('offers recent files of its own folder only', () => {
    expect(
      [join(folder, 'a.dmalab'), join(folder, 'sub', 'a.dmalab'), '/a.dmalab'].map((path) =>
        host.offersRecent(path),
      ),
    ).toEqual([true, false, false])
  })
})
