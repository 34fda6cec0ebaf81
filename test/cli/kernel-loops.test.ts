import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RESOURCES_DIR } from '../../src/main/package-root.ts'
import type { ResultFile } from '../../src/shared/lab.ts'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { loopWorkloadSchemas } from '../../src/shared/project/loop-schema.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab } from './run-program.ts'

const folder = tempFolder()
const V2 = join(RESOURCES_DIR, 'validation', 'V2.dmalab')
const ONE = ['--scenario', 'pipe, the reader only', '--set', 'workload.lists=4'] as const

/** A job and a loop in one project. */
function mixedProject(): string {
  const project = smallProject()
  const file = join(folder, 'mixed.dmalab')
  const loop = loopWorkloadSchemas['pipe-pages'].parse({
    kind: 'loop',
    name: 'pipe',
    loop: 'pipe-pages',
    lists: 4,
  })
  const { machine } = project.scenarios[0]!
  writeFileSync(
    file,
    serializeProject({
      ...project,
      workloads: [...project.workloads, loop],
      scenarios: [
        ...project.scenarios,
        { name: 'pipe', machine, workload: 'pipe', set: { 'machine.cpus': 2 } },
      ],
    }),
  )
  return file
}

const runsOf = (text: string) => (JSON.parse(text) as ResultFile).runs

describe('a kernel loop', () => {
  it.each(['run', 'compare'])(
    'runs once with dmalab %s, and shows no word of bytes read',
    async (command) => {
      const file = join(folder, 'out.json')
      const { code, out } = await dmalab(command, V2, ...ONE, '--json', file)
      expect(code).toBe(0)
      expect(out).toContain('pipe, the reader only, seed 1')
      expect(out).not.toContain('Every byte read')
      const runs = runsOf(readFileSync(file, 'utf8'))
      expect(runs.map(({ scenario, path, metrics }) => [scenario, path, metrics.requests])).toEqual([
        ['pipe, the reader only', 'loop', 4],
      ])
    },
  )

  it('runs beside jobs, each on its own paths, whatever the number of workers', async () => {
    const args = ['compare', mixedProject(), '--json', '-', '--jobs', '1'] as const
    const { code, out } = await dmalab(...args)
    expect(code).toBe(0)
    expect(runsOf(out).map(({ scenario, path }) => `${scenario} ${path}`)).toEqual([
      'base mapped',
      'base direct',
      'pipe loop',
    ])
  })

  it.each([
    ['run', '--path', 'mapped'],
    ['run', '--path', 'direct'],
    ['compare', '--paths', 'mapped,direct'],
    ['sweep', '--paths', 'direct'],
  ])('is not for a path that the user names: %s %s %s', async (command, option, paths) => {
    const { code, out, err } = await dmalab(command, V2, '--scenario', 'pipe, the reader only', option, paths)
    expect([code, out]).toEqual([2, ''])
    expect(err).toContain(`path: is ${paths.split(',')[0]}, but a kernel loop (pipe-pages) has no I/O path`)
    expect(err).toContain('Leave the path out')
  })

  it('can be swept', async () => {
    const { code, out } = await dmalab(
      'sweep',
      V2,
      ...ONE.slice(0, 2),
      '--set',
      'workload.sfBufs=64,256',
      '--metrics',
      'kva_maps',
      '--jobs',
      '1',
    )
    expect(code).toBe(0)
    expect(out).toMatch(/64.*8,?192/)
    expect(out).toMatch(/256.*256/)
  })

  it('has no history', async () => {
    const { code, err } = await dmalab('run', V2, ...ONE, '--history', join(folder, 'h.json'))
    expect(code).not.toBe(0)
    expect(err).toContain('history is of requests to a disk')
  })

  it('says which field does not fit its machine', async () => {
    const { code, err } = await dmalab('run', V2, ...ONE, '--set', 'machine.cpus=1')
    expect(code).toBe(2)
    expect(err).toContain(
      'scenario "pipe, the reader only", machine.cpus: is 1, but the loop pipe-pages has 2 to 32',
    )
  })
})
