import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { validate } from '../../src/cli/validate.ts'
import type { ExperimentSource, ValidateOptions } from '../../src/cli/validate.ts'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { judge, metricsOf } from '../../src/sim/lab/validation/judge.ts'
import type { Experiment, ValidationFile } from '../../src/sim/lab/validation/types.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab } from './run-program.ts'

const folder = tempFolder()
mkdirSync(join(folder, 'validation'))

/** An experiment whose one row counts the 2000 requests of the small project, and passes up to `high`. */
function experiment(id: string, high: number | null): Experiment {
  writeFileSync(join(folder, 'validation', `${id}.dmalab`), serializeProject(smallProject()))
  return {
    id,
    title: `Experiment ${id}`,
    calibrates: id === 'first' ? ['x86new: syscall', 'x86new: wakeup'] : [],
    runs: [{ scenario: 'base', path: 'direct' }],
    evaluate: (results) => [
      judge({
        quantity: 'requests',
        unit: 'requests',
        published: 2000,
        low: 1,
        high,
        simulated: metricsOf(results, 'base', 'direct').requests,
        class: 'CAL',
        source: 'a book',
        note: 'by hand',
      }),
    ],
  }
}

const GOOD = experiment('first', 2000)
const OPEN = experiment('open', null)
const BAD = experiment('bad', 1999)

let exitCode: typeof process.exitCode
beforeEach(() => {
  exitCode = process.exitCode
  process.exitCode = undefined
})
afterEach(() => {
  process.exitCode = exitCode
  vi.restoreAllMocks()
})

async function run(experiments: readonly Experiment[], options: ValidateOptions = {}) {
  let out = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  const source: ExperimentSource = { experiments, resourcesDir: folder }
  await validate(options, source)
  const code = process.exitCode
  vi.restoreAllMocks()
  return { out, code }
}

describe('dmalab validate', () => {
  it('shows published and simulated figures, tolerance, verdict and source', async () => {
    const { out, code } = await run([GOOD, OPEN])
    expect(code).toBeUndefined()
    expect(out.split('\n')).toEqual([
      'first: Experiment first, seed 1',
      '          class       published       simulated      passes  verdict  see',
      'requests  CAL    2,000 requests  2,000 requests  1 to 2,000  ok       [1] [a]',
      '',
      '  [1] a book',
      '  [a] by hand',
      '  Parameters that CAL rows set: x86new: syscall; x86new: wakeup',
      'first: all 1 rows ok',
      '',
      'open: Experiment open, seed 1',
      '          class       published       simulated      passes  verdict  see',
      'requests  CAL    2,000 requests  2,000 requests  at least 1  ok       [1] [a]',
      '',
      '  [1] a book',
      '  [a] by hand',
      'open: all 1 rows ok',
      '',
    ])
  })

  it('exits with 1 when a figure is out of its band, and shows which', async () => {
    const { out, code } = await run([GOOD, BAD])
    expect(code).toBe(1)
    expect(out).toMatch(/^requests .* 1 to 1,999 {2}OFF /m)
    expect(out).toContain('first: all 1 rows ok')
    expect(out).toContain('bad: 1 of 1 rows OFF')
  })

  it('runs only what is named, in the order of the lab', async () => {
    const { out, code } = await run([GOOD, BAD, OPEN], { only: ['open', 'first'] })
    expect(code).toBeUndefined()
    expect(out.match(/^\w+: Experiment/gm)).toEqual(['first: Experiment', 'open: Experiment'])
  })

  it('writes the report as JSON, to a file or to standard output', async () => {
    const file = join(folder, 'report.json')
    const { out } = await run([GOOD, BAD], { json: file })
    expect(out).toContain('first: Experiment first')
    const report = JSON.parse(readFileSync(file, 'utf8')) as ValidationFile
    expect(report).toMatchObject({ format: 'dmalab.validation', version: 1, ok: false })
    expect(report.experiments.map(({ id, ok }) => [id, ok])).toEqual([
      ['first', true],
      ['bad', false],
    ])
    expect(report.experiments[1]!.rows).toEqual([
      {
        quantity: 'requests',
        unit: 'requests',
        published: 2000,
        low: 1,
        high: 1999,
        simulated: 2000,
        class: 'CAL',
        source: 'a book',
        note: 'by hand',
        verdict: 'off',
      },
    ])
    const printed = await run([GOOD, BAD], { json: '-' })
    expect(JSON.parse(printed.out)).toEqual(report)
  })

  it('exits with 2 for an id that it does not know, and lists those that it does', async () => {
    const { code, out, err } = await dmalab('validate', '--only', 'devices', 'nonsense')
    expect([code, out]).toEqual([2, ''])
    expect(err).toBe(
      'dmalab: --only: there is no experiment "nonsense"\n  Use one or more of: devices, V1, V2, V3, V4, V5, V6.\n',
    )
  })

  it('exits with 2 for --only without an id', async () => {
    const { code, err } = await dmalab('validate', '--only')
    expect(code).toBe(2)
    expect(err).toContain('--only')
  })

  it('is listed with its experiments by --help', async () => {
    const { code, out } = await dmalab('validate', '--help')
    expect(code).toBe(0)
    expect(out).toMatch(/--only <id\.\.\.>.*devices/s)
    expect(out).toContain('--json <file>')
  })
})
