import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RESOURCES_DIR } from '../../../src/main/package-root.ts'
import { exampleHandlers } from '../../../src/main/handlers/examples.ts'
import { loadProfiles } from '../../../src/main/profiles/load-profiles.ts'
import { EXPERIMENTS } from '../../../src/sim/lab/validation/index.ts'
import { serializeProject } from '../../../src/shared/project/parse.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const resources = tempFolder()
mkdirSync(join(resources, 'projects'))
mkdirSync(join(resources, 'traces'))
const handlers = exampleHandlers(resources)

function example(name: string, title: string): void {
  writeFileSync(
    join(resources, 'projects', name),
    serializeProject({ ...smallProject(title), question: `${title}?` }),
  )
}

example('02-second.dmalab', 'Second')
example('01-first.dmalab', 'First')
writeFileSync(join(resources, 'projects', '03-broken.dmalab'), '{')
writeFileSync(join(resources, 'projects', 'notes.txt'), 'no example')

describe('examples', () => {
  it('lists what can be opened, by file name', async () => {
    expect(await handlers['examples.list']({})).toEqual([
      { id: '01-first', group: 'example', title: 'First', question: 'First?', scenarios: ['base'] },
      { id: '02-second', group: 'example', title: 'Second', question: 'Second?', scenarios: ['base'] },
    ])
  })

  it('puts the main example of the lab first', async () => {
    const shipped = exampleHandlers(RESOURCES_DIR)
    const ids = (await shipped['examples.list']({})).map((example) => example.id)
    expect(ids[0]).toBe('direct-to-dma')
    const projects = ids.slice(1).filter((id) => !id.startsWith('validation/'))
    expect(projects).toEqual([...projects].sort())
  })

  it('lists every experiment of the validation, last and in a group of their own, and opens them', async () => {
    const shipped = exampleHandlers(RESOURCES_DIR)
    const examples = await shipped['examples.list']({})
    const ids = EXPERIMENTS.map(({ id }) => `validation/${id}`)
    const listed = examples.slice(-ids.length)
    expect(listed.map(({ id }) => id).sort()).toEqual(ids.sort())
    expect(new Set(listed.map(({ group }) => group))).toEqual(new Set(['validation']))
    expect(examples.filter(({ group }) => group === 'validation')).toHaveLength(ids.length)
    for (const { id, title, question, scenarios } of listed) {
      expect([title, question]).not.toContain('')
      const { project } = await shipped['examples.open']({ id })
      expect(project.title).toBe(title)
      expect(project.scenarios.map(({ name }) => name)).toEqual(scenarios)
    }
  })

  it('names files beside an example by their full path, so that it runs before it is saved', async () => {
    const { project } = await exampleHandlers(RESOURCES_DIR)['examples.open']({ id: 'validation/devices' })
    const wrong = project.machines.filter(({ device }) => device.endsWith('.json'))
    expect(wrong.map(({ device }) => device)).toEqual([
      join(RESOURCES_DIR, 'validation', 'aha1542-wrong-tag.json'),
      join(RESOURCES_DIR, 'validation', 'aha1542-long-list.json'),
    ])
    for (const machine of wrong) await expect(loadProfiles(machine, null)).resolves.toBeDefined()
    expect(project.machines.map(({ costs }) => costs)).not.toContainEqual(expect.stringContaining('/'))
  })

  it('opens one as a project without a file', async () => {
    const opened = await handlers['examples.open']({ id: '02-second' })
    expect(opened).toMatchObject({ token: null, fileName: null, project: { title: 'Second' } })
  })

  it.each(['nothing', '../projects/01-first', '/etc/passwd'])('does not know the example %s', async (id) => {
    expect((await failureOf(() => handlers['examples.open']({ id }))).code).toBe('not-found')
  })

  it('is empty where there are no resources', async () => {
    const none = exampleHandlers(join(resources, 'none'))
    expect([await none['examples.list']({}), await none['traces.list']({})]).toEqual([[], []])
  })
})

describe('traces', () => {
  it('are named as a workload names them', async () => {
    writeFileSync(
      join(resources, 'traces', 'index.json'),
      JSON.stringify([{ file: 'a.iolog.gz', description: 'A', more: 1 }]),
    )
    expect(await handlers['traces.list']({})).toEqual([{ file: 'builtin:a.iolog.gz', description: 'A' }])
  })
})
