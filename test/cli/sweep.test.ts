import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import type { SweepFile } from '../../src/cli/sweep-project.ts'
import { HOST_METRICS } from '../../src/shared/lab.ts'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { builtWorker } from '../main/runs/built-worker.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalab, dmalabOn } from './run-program.ts'

const folder = tempFolder()
const PROJECT = join(folder, 'small.dmalab')
let workerFile = ''

beforeAll(async () => {
  const project = smallProject()
  const scenarios = [...project.scenarios, { name: 'fast', machine: 'pc', workload: 'random' }]
  writeFileSync(PROJECT, serializeProject({ ...project, seed: 7, scenarios }))
  workerFile = await builtWorker(folder)
})

/** JSON without what depends on the host. */
function lasting(text: string): unknown {
  const host: readonly string[] = HOST_METRICS
  return JSON.parse(text, (key, value: unknown) => (host.includes(key) ? undefined : value))
}

const SMALL = ['--scenario', 'base', '--set', 'workload.requests=100'] as const

describe('dmalab sweep', () => {
  it('shows a row for each point and path, in order, with the metrics asked for', async () => {
    const axes = ['--set', 'machine.cpus=1,2', '--set', 'workload.queueDepth=1,8']
    const { code, out, err } = await dmalab('sweep', PROJECT, ...SMALL, ...axes, '--metrics', 'requests,ipis')
    expect([code, err]).toEqual([0, ''])
    const [title, header, ...rows] = out.trimEnd().split('\n')
    expect(title).toBe('base, seed 7, workload.requests 100')
    expect(header!.split(/ {2,}/)).toEqual([
      'machine.cpus',
      'workload.queueDepth',
      'path',
      'requests',
      'ipis',
    ])
    expect(
      rows.map((row) =>
        row
          .split(/ {2,}/)
          .map((cell) => cell.trim())
          .slice(0, 4),
      ),
    ).toEqual([
      ['1', '1', 'mapped', '100'],
      ['1', '1', 'direct', '100'],
      ['1', '8', 'mapped', '100'],
      ['1', '8', 'direct', '100'],
      ['2', '1', 'mapped', '100'],
      ['2', '1', 'direct', '100'],
      ['2', '8', 'mapped', '100'],
      ['2', '8', 'direct', '100'],
    ])
    const ipis = rows.map((row) => Number(row.split(/ {2,}/)[4]!.replaceAll(',', '')) > 0)
    expect(ipis).toEqual([false, false, false, false, true, false, true, false])
  })

  it('sweeps all scenarios when none is named, and says which', async () => {
    const { out } = await dmalab('sweep', PROJECT, '--set', 'workload.requests=20', '--paths', 'copy')
    const [title, header, ...rows] = out.trimEnd().split('\n')
    expect(title).toBe('seed 7, workload.requests 20')
    expect(header).toMatch(/^scenario +path +iops +latency_ns\.p99 +cpu_ns_per_request +ipis +bytes_bounced$/)
    expect(rows.map((row) => row.split(/ +/).slice(0, 2))).toEqual([
      ['base', 'copy'],
      ['fast', 'copy'],
    ])
  })

  it('gives the same 64 results, byte for byte, in one thread and in two workers', async () => {
    const axes = [
      '--set',
      'workload.requests=60',
      '--set',
      'machine.cpus=1,2,4,8',
      '--set',
      'machine.memoryMiB=128',
    ]
    const depths = ['--set', 'workload.queueDepth=1,8', '--paths', 'all', '--scenario', 'base']
    const csv = [join(folder, 'one.csv'), join(folder, 'two.csv')] as const
    const sweep = (file: string, ...args: string[]): ReturnType<typeof dmalab> =>
      dmalabOn({ jobs: 2, workerFile }, 'sweep', PROJECT, ...axes, ...depths, '--csv', file, ...args)
    const one = await sweep(csv[0], '--jobs', '1', '--json', '-')
    const two = await sweep(csv[1], '--json', '-')
    expect([one.code, one.err, two.code, two.err]).toEqual([0, '', 0, ''])
    const { points } = JSON.parse(one.out) as SweepFile
    expect(points).toHaveLength(64)
    expect(points[8]).toMatchObject({
      scenario: 'base',
      path: 'mapped',
      seed: 7,
      set: { 'machine.cpus': 1, 'workload.queueDepth': 8, 'workload.requests': 60, 'machine.memoryMiB': 128 },
      result: { path: 'mapped', metrics: { requests: 60 } },
    })
    expect(JSON.stringify(lasting(two.out))).toBe(JSON.stringify(lasting(one.out)))
    expect(readFileSync(csv[1], 'utf8')).toBe(readFileSync(csv[0], 'utf8'))
    const [header, first] = readFileSync(csv[0], 'utf8').split('\n')
    expect(header).toMatch(
      /^scenario,path,seed,workload\.requests,machine\.cpus,machine\.memoryMiB,workload\.queueDepth,requests,bytes,/,
    )
    expect(header).not.toContain('wall_ms')
    expect(first).toMatch(/^base,mapped,7,60,1,128,1,60,\d+,/)
  })

  it.each<[string, string[], RegExp]>([
    ['an unknown metric', ['--metrics', 'iops,speed'], /"speed" is not a metric; docs\/metrics\.md/],
    ['an unknown field', ['--set', 'machine.cpu=1,2'], /machine\.cpu: is not a field/],
    ['a value out of range', ['--set', 'machine.cpus=1,100'], /machine\.cpus: /],
    [
      'a point whose fields do not fit',
      ['--set', 'machine.cacheMiB=4,8192'],
      /scenario "base", machine\.cacheMiB/,
    ],
    ['a field twice', ['--set', 'machine.cpus=1', '--set', 'machine.cpus=2'], /machine\.cpus is set twice/],
    [
      'too many runs',
      [
        '--set',
        `workload.requests=${Array.from({ length: 5001 }, (_, i) => i + 1).join(',')}`,
        '--scenario',
        'base',
      ],
      /make 10002 runs; a sweep has 10000 at most/,
    ],
    ['no job', ['--jobs', '0'], /whole number from 1 to 256/],
  ])('ends with 2 for %s, before anything runs', async (_, args, message) => {
    const { code, out, err } = await dmalab('sweep', PROJECT, ...args)
    expect([code, out]).toEqual([2, ''])
    expect(err).toMatch(message)
  })

  it('says so when the CSV cannot be written', async () => {
    const { code, err } = await dmalab('sweep', PROJECT, ...SMALL, '--csv', join(PROJECT, 'x.csv'))
    expect(code).toBe(1)
    expect(err).toMatch(/x\.csv: cannot be written/)
  })
})
