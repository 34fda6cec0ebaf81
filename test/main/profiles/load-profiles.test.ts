import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { loadCosts, loadProfiles } from '../../../src/main/profiles/load-profiles.ts'
import { FailureError } from '../../../src/shared/ipc/failure.ts'
import { builtinCosts } from '../../sim/machine/builtin-costs.ts'
import { machine } from '../../sim/lab/scenarios.ts'

const folder = mkdtempSync(join(tmpdir(), 'dmalab-devices-'))
const source = join(import.meta.dirname, '../../../resources/devices/ahci-ssd.json')
mkdirSync(join(folder, 'devices'))
writeFileSync(
  join(folder, 'devices', 'mine.json'),
  readFileSync(source, 'utf8').replace('"ahci-ssd"', '"mine"'),
)
const costs = join(import.meta.dirname, '../../../resources/costs/p3smp.json')
writeFileSync(
  join(folder, 'slow.json'),
  readFileSync(costs, 'utf8').replace('"p3smp"', '"slow"').replace('"value": 0.46', '"value": 46'),
)
writeFileSync(
  join(folder, 'unsourced.json'),
  readFileSync(costs, 'utf8').replace(/"source": "recalled[^"]*"/, '"source": ""'),
)
writeFileSync(join(folder, 'cut.json'), readFileSync(source, 'utf8').slice(0, 200))
afterAll(() => rmSync(folder, { recursive: true }))

const load = (device: string, projectDir: string | null = folder) =>
  loadProfiles({ ...machine, device }, projectDir)

describe('loadProfiles', () => {
  it('finds the devices of the lab, and files by their path from the project or from the root', async () => {
    expect((await load('ide-disk')).device.interface).toBe('bus-master-ide')
    expect((await load('devices/mine.json')).device.name).toBe('mine')
    expect((await load(join(folder, 'devices/mine.json'), null)).device.name).toBe('mine')
  })

  it.each([
    ['floppy', folder, 'not-found', 'machine.device', /no device "floppy"/, /ahci-ssd/],
    ['no.json', folder, 'not-found', join(folder, 'no.json'), /does not exist/, /Mend machine\.device/],
    ['mine.json', null, 'bad-project', 'machine.device', /not saved/, /Save the project first/],
    ['cut.json', folder, 'bad-project', /^cut\.json, line \d+/, /JSON/, /restore/],
    ['devices.json/..', folder, 'not-found', 'machine.device', /no device/, /path of a device file/],
  ])('says what is wrong with %s', async (device, projectDir, code, place, message, remedy) => {
    const error = await load(device, projectDir).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(FailureError)
    const { failure } = error as FailureError
    expect(failure.code).toBe(code)
    expect(failure.place).toMatch(place)
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(remedy)
  })

  it('says so when a device file cannot be read', async () => {
    mkdirSync(join(folder, 'folder.json'))
    await expect(load('folder.json')).rejects.toMatchObject({ failure: { code: 'io-error' } })
  })
})

describe('the costs of loadProfiles', () => {
  const loadWith = (name: string, projectDir: string | null = folder) =>
    loadProfiles({ ...machine, costs: name }, projectDir)

  it('are those of a profile of the lab, or of a file by its path from the project or from the root', async () => {
    expect((await loadWith('p4up')).costs).toEqual(builtinCosts('p4up'))
    expect((await loadWith('slow.json')).costs).toEqual({ ...builtinCosts('p3smp'), syscall: 46_000 })
    expect((await loadWith(join(folder, 'slow.json'), null)).costs.syscall).toBe(46_000)
  })

  it('come with their sources for whoever wants to look at them', async () => {
    const file = await loadCosts('slow.json', folder)
    expect([file.name, file.costs.wakeup.mark, file.costs.wakeup.year]).toEqual(['slow', 'published', 2003])
  })

  it.each([
    ['x86old', folder, 'not-found', 'machine.costs', /no cost profile "x86old"/, /x86new.*cost file/],
    ['no.json', folder, 'not-found', join(folder, 'no.json'), /does not exist/, /Mend machine\.costs/],
    ['slow.json', null, 'bad-project', 'machine.costs', /not saved/, /Save the project first/],
    ['cut.json', folder, 'bad-project', /^cut\.json, line \d+/, /JSON/, /restore/],
    ['mine.json', folder, 'not-found', join(folder, 'mine.json'), /cost file does not exist/, /p3smp/],
    ['unsourced.json', folder, 'bad-project', 'unsourced.json, costs.interrupt.source', /where/, /copy one/],
  ])('say what is wrong with %s', async (name, projectDir, code, place, message, remedy) => {
    const error = await loadWith(name, projectDir).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(FailureError)
    const { failure } = error as FailureError
    expect(failure.code).toBe(code)
    expect(failure.place).toMatch(place)
    expect(failure.message).toMatch(message)
    expect(failure.remedy).toMatch(remedy)
  })
})
