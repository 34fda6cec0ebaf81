import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { costHandlers } from '../../../src/main/handlers/costs.ts'
import { FileGrants } from '../../../src/main/handlers/file-grants.ts'
import { BUILTIN_COSTS } from '../../../src/shared/profiles/builtin-costs.ts'
import { failureOf } from '../failure-of.ts'
import { tempFolder } from '../temp-folder.ts'

const folder = tempFolder()
const grants = new FileGrants()
const open = costHandlers(grants)['costs.open']
const source = join(import.meta.dirname, '../../../resources/costs/x86new.json')
writeFileSync(join(folder, 'mine.json'), readFileSync(source, 'utf8').replace('"x86new"', '"mine"'))

describe('costs.open', () => {
  it('answers a profile of the lab, with its sources', async () =>
    expect(await open({ costs: 'p4up', token: null })).toEqual(BUILTIN_COSTS.get('p4up')))

  it('answers a file beside the project', async () => {
    const token = grants.grant(join(folder, 'project.dmalab'))
    expect((await open({ costs: 'mine.json', token })).name).toBe('mine')
  })

  it('says what is wrong: a project that is not saved, a project that nobody chose', async () => {
    expect(await failureOf(() => open({ costs: 'mine.json', token: null }))).toMatchObject({
      code: 'bad-project',
      place: 'machine.costs',
    })
    expect(await failureOf(() => open({ costs: 'mine.json', token: 'x' }))).toMatchObject({ code: 'refused' })
  })
})
