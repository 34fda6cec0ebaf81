import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  truncateSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { FileGrants } from '../../../src/main/handlers/file-grants.ts'
import { MAX_PROJECT_BYTES, ProjectFiles } from '../../../src/main/handlers/project-files.ts'
import { serializeProject } from '../../../src/shared/project/parse.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const root = tempFolder()
let count = 0
let folder: string
let grants: FileGrants
let files: ProjectFiles

const at = (name: string): string => join(folder, name)
const titleOf = (name: string): unknown =>
  (JSON.parse(readFileSync(at(name), 'utf8')) as { title: unknown }).title

beforeEach(() => {
  count += 1
  folder = join(root, String(count))
  mkdirSync(folder)
  grants = new FileGrants()
  files = new ProjectFiles(grants)
})

describe('open', () => {
  it('answers the project under the token it was asked for', async () => {
    writeFileSync(at('a.dmalab'), `\ufeff${serializeProject(smallProject('First'))}`)
    const token = grants.grant(at('a.dmalab'))
    const opened = await files.open(token)
    expect(opened).toMatchObject({ token, fileName: 'a.dmalab', project: { title: 'First' } })
  })

  it('refuses a token that was never granted, even one that is a path', async () => {
    writeFileSync(at('a.dmalab'), serializeProject(smallProject()))
    expect((await failureOf(() => files.open(at('a.dmalab')))).code).toBe('refused')
  })

  it.each([
    ['cut short', Buffer.from('{ "format": "dmalab.project",\n  "version": 1,'), 'bad.dmalab, line 2'],
    ['not UTF-8', Buffer.from([0x7b, 0xff, 0xfe, 0x7d]), 'bad.dmalab'],
    ['of another kind', Buffer.from('[1, 2]'), 'bad.dmalab, line 1'],
    [
      'out of range',
      Buffer.from(serializeProject(smallProject()).replace('"cpus": 2', '"cpus": 0')),
      'bad.dmalab, machines[0].cpus',
    ],
  ])('names file, place and remedy of a file that is %s', async (_what, content, place) => {
    writeFileSync(at('bad.dmalab'), content)
    const failure = await failureOf(() => files.open(grants.grant(at('bad.dmalab'))))
    expect(failure.code).toBe('bad-project')
    expect(failure.place).toContain(place)
    expect(failure.remedy).not.toBe('')
  })

  it('does not read a huge file or a folder', async () => {
    writeFileSync(at('huge.dmalab'), '')
    truncateSync(at('huge.dmalab'), MAX_PROJECT_BYTES + 1)
    mkdirSync(at('folder.dmalab'))
    for (const name of ['huge.dmalab', 'folder.dmalab']) {
      const failure = await failureOf(() => files.open(grants.grant(at(name))))
      expect(failure).toMatchObject({ code: 'bad-project', place: at(name) })
    }
  })

  it('says that a file is gone', async () => {
    expect(await failureOf(() => files.open(grants.grant(at('gone.dmalab'))))).toMatchObject({
      code: 'not-found',
      place: at('gone.dmalab'),
    })
  })
})

describe('save', () => {
  it('writes a new file that opens again, and leaves nothing else behind', async () => {
    const token = grants.grant(at('new.dmalab'))
    await files.save(token, smallProject('New'), false)
    expect((await files.open(token)).project).toEqual(smallProject('New'))
    expect(readdirSync(folder)).toEqual(['new.dmalab'])
  })

  it('keeps the previous content as .bak', async () => {
    const token = grants.grant(at('a.dmalab'))
    await files.save(token, smallProject('One'), false)
    await files.save(token, smallProject('Two'), false)
    expect([titleOf('a.dmalab'), titleOf('a.dmalab.bak')]).toEqual(['Two', 'One'])
  })

  it('keeps the .bak when nothing changed', async () => {
    const token = grants.grant(at('a.dmalab'))
    await files.save(token, smallProject('One'), false)
    await files.save(token, smallProject('Two'), false)
    await files.save(token, smallProject('Two'), false)
    expect(titleOf('a.dmalab.bak')).toBe('One')
  })

  it('refuses to replace a file that was not opened, until told to', async () => {
    writeFileSync(at('a.dmalab'), 'precious')
    const token = grants.grant(at('a.dmalab'))
    expect((await failureOf(() => files.save(token, smallProject(), false))).code).toBe('refused')
    expect(readFileSync(at('a.dmalab'), 'utf8')).toBe('precious')
    await files.save(token, smallProject('Mine'), true)
    expect(titleOf('a.dmalab')).toBe('Mine')
    expect(readFileSync(at('a.dmalab.bak'), 'utf8')).toBe('precious')
  })

  it('refuses to replace what another program or window has changed', async () => {
    const [mine, other] = [grants.grant(at('a.dmalab')), grants.grant(at('a.dmalab'))]
    await files.save(mine, smallProject('Mine'), false)
    await files.open(other)
    await files.save(other, smallProject('Other'), false)
    const failure = await failureOf(() => files.save(mine, smallProject('Mine again'), false))
    expect(failure).toMatchObject({ code: 'refused', place: 'a.dmalab' })
    expect(titleOf('a.dmalab')).toBe('Other')
  })

  it('lets only one of two saves at the same moment replace the content both have seen', async () => {
    writeFileSync(at('a.dmalab'), serializeProject(smallProject('Start')))
    const tokens = [grants.grant(at('a.dmalab')), grants.grant(at('a.dmalab'))]
    for (const token of tokens) await files.open(token)
    const saved = await Promise.allSettled(
      tokens.map((token, index) => files.save(token, smallProject(`Save ${index}`), false)),
    )
    expect(saved.map((each) => each.status)).toEqual(['fulfilled', 'rejected'])
    expect(titleOf('a.dmalab')).toBe('Save 0')
  })

  it('writes nothing when the project is not valid', async () => {
    const token = grants.grant(at('a.dmalab'))
    const failure = await failureOf(() => files.save(token, { ...smallProject(), machines: [] }, false))
    expect(failure).toMatchObject({ code: 'bad-project', place: 'a.dmalab, machines' })
    expect(existsSync(at('a.dmalab'))).toBe(false)
  })

  it('keeps unknown fields of the file', async () => {
    const token = grants.grant(at('a.dmalab'))
    await files.save(token, { ...smallProject(), boards: [{ kind: 'later' }] }, false)
    expect(JSON.parse(readFileSync(at('a.dmalab'), 'utf8'))).toMatchObject({ boards: [{ kind: 'later' }] })
  })

  it('names the file and a remedy when the folder is missing or locked', async () => {
    const missing = await failureOf(() =>
      files.save(grants.grant(at('none/a.dmalab')), smallProject(), false),
    )
    expect(missing).toMatchObject({ code: 'not-found', place: at('none/a.dmalab') })
    if (process.getuid?.() === 0) return
    mkdirSync(at('locked'))
    chmodSync(at('locked'), 0o500)
    expect(
      (await failureOf(() => files.save(grants.grant(at('locked/a.dmalab')), smallProject(), false))).code,
    ).toBe('io-error')
  })
})
