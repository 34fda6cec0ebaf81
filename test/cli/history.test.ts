import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab } from './run-program.ts'

const folder = tempFolder()
const PROJECT = join(folder, 'small.dmalab')
const project = smallProject()
writeFileSync(
  PROJECT,
  serializeProject({
    ...project,
    scenarios: [
      ...project.scenarios,
      { name: 'second', machine: 'pc', workload: 'random', set: { 'machine.cpus': 3 } },
    ],
  }),
)
const ONE = ['run', PROJECT, '--scenario', 'base', '--set', 'workload.requests=60'] as const

afterEach(() => vi.restoreAllMocks())

describe('dmalab run --history', () => {
  it('writes a trace for Perfetto, and says what it holds', async () => {
    const file = join(folder, 'chrome.json')
    const { code, out } = await dmalab(...ONE, '--history', file)
    expect(code).toBe(0)
    expect(out).toContain(`History of all 60 requests: ${file}\n`)
    const { traceEvents } = JSON.parse(readFileSync(file, 'utf8')) as { traceEvents: { ph: string }[] }
    expect(new Set(traceEvents.map(({ ph }) => ph))).toEqual(new Set(['M', 'X', 'i', 'b', 'e']))
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
  })

  it('writes a file for speedscope with the last requests', async () => {
    const file = join(folder, 'scope.json')
    const args = ['--history-format', 'speedscope', '--history-requests', '15', '--history', file]
    const { code, out } = await dmalab(...ONE, ...args)
    expect(code).toBe(0)
    expect(out).toContain(`History of the last 15 of 60 requests: ${file}\n`)
    expect(JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({
      name: 'base, direct, seed 1',
      exporter: expect.stringMatching(/^dmalab@\d+\.\d+\.\d+/) as string,
    })
  })

  it('changes nothing in the results', async () => {
    const file = join(folder, 'same.json')
    const results = async (...args: string[]): Promise<string> =>
      (await dmalab(...ONE, '--json', '-', ...args)).out.replace(
        /"(wall_ms|requests_per_wall_s|peak_rss_bytes)": .*/g,
        '',
      )
    expect(await results('--history', file)).toBe(await results())
  })

  it.each<[string, readonly string[], RegExp, string?]>([
    [
      'several scenarios',
      ['run', PROJECT],
      /a history is of one run, and this would be 2.*--scenario <name>/s,
    ],
    ['standard output', [...ONE], /a history goes to a file/, '-'],
    ['no requests', [...ONE, '--history-requests', '0'], /a history of no request/],
  ])('refuses %s before it runs anything', async (_what, args, message, file = join(folder, 'no.json')) => {
    const { code, out, err } = await dmalab(...args, '--history', file)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
    expect(existsSync(file)).toBe(false)
  })

  it('refuses its options without it, and formats that there are not', async () => {
    const without = await dmalab(...ONE, '--history-requests', '5')
    expect([without.code, without.err]).toEqual([2, expect.stringContaining('--history <file>')])
    const unknown = await dmalab(...ONE, '--history', join(folder, 'x'), '--history-format', 'pprof')
    expect([unknown.code, unknown.err]).toEqual([2, expect.stringContaining('chrome, speedscope')])
  })

  it('says which file cannot be written, and leaves nothing behind', async () => {
    const file = join(folder, 'missing', 'x.json')
    const { code, err } = await dmalab(...ONE, '--history', file)
    expect(code).not.toBe(0)
    expect(err).toContain(file)
    const before = readdirSync(folder)
    const isFolder = await dmalab(...ONE, '--history', folder)
    expect(isFolder.code).toBe(1)
    expect(readdirSync(folder)).toEqual(before)
  })
})
