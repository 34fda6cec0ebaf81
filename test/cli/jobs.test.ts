import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import type { ResultFile } from '../../src/shared/lab.ts'
import { HOST_METRICS } from '../../src/shared/lab.ts'
import { serializeProject } from '../../src/shared/project/parse.ts'
import { BusDma } from '../../src/sim/kernel/busdma/busdma.ts'
import { builtWorker } from '../main/runs/built-worker.ts'
import { smallProject } from '../main/small-project.ts'
import { tempFolder } from '../main/temp-folder.ts'
import { dmalabOn } from './run-program.ts'
import type { Outcome } from './run-program.ts'

const folder = tempFolder()
const PROJECT = join(folder, 'small.dmalab')
/** Its scenario "broken" passes every check that there is before a run, and then fails. */
const BROKEN = join(folder, 'broken.dmalab')
let workerFile = ''

beforeAll(async () => {
  const project = smallProject()
  const machine = project.machines[0]!
  const scenario = project.scenarios[0]!
  const longest = { ...scenario, name: 'longest', set: { 'workload.requests': 3000 } }
  writeFileSync(
    PROJECT,
    serializeProject({ ...project, scenarios: [{ ...scenario, set: { 'workload.requests': 50 } }, longest] }),
  )
  writeFileSync(join(folder, 'cut.iolog'), 'fio version 2 iolog\n/dev/sda read 0 4096\n/dev/sda read zero\n')
  const trace = { kind: 'trace', name: 'cut', file: 'cut.iolog', format: 'auto', units: 1, limit: 0 } as const
  writeFileSync(
    BROKEN,
    serializeProject({
      ...project,
      workloads: [...project.workloads, { ...trace, pace: 'asap', queueDepth: 4 }],
      scenarios: [{ name: 'broken', machine: machine.name, workload: 'cut' }, longest],
    }),
  )
  workerFile = await builtWorker(folder)
})

afterEach(() => vi.restoreAllMocks())

const compare = (project: string, ...args: string[]): Promise<Outcome> =>
  dmalabOn({ jobs: 2, workerFile }, 'compare', project, ...args)

function pointsOf(text: string): string[] {
  return (JSON.parse(text) as ResultFile).runs.map(({ scenario, path }) => `${scenario} ${path}`)
}

describe.each(['1', '2'])('with --jobs %s', (jobs) => {
  it('prints and writes in the order of the project, whatever ends first', async () => {
    const { code, out } = await compare(PROJECT, '--jobs', jobs, '--json', '-')
    expect(code).toBe(0)
    expect(pointsOf(out)).toEqual(['base mapped', 'base direct', 'longest mapped', 'longest direct'])
  })

  it('names the runs that fail, and keeps the others', async () => {
    const { code, out, err } = await compare(BROKEN, '--jobs', jobs, '--json', '-')
    expect(code).toBe(1)
    expect(pointsOf(out)).toEqual(['longest mapped', 'longest direct'])
    expect(err).toMatch(/^dmalab: run 1 of 4 \(broken, mapped\): .*cut\.iolog, line 3: /)
    expect(err).toMatch(/^dmalab: run 2 of 4 \(broken, direct\): .*cut\.iolog, line 3: /m)
  })

  it('writes nothing when every run fails', async () => {
    const { code, out, err } = await compare(BROKEN, '--jobs', jobs, '--scenario', 'broken', '--json', '-')
    expect([code, out]).toEqual([1, ''])
    expect(err.match(/line 3/g)).toHaveLength(2)
  })

  it('stops at Ctrl-C, keeps what is finished and ends with 130', async () => {
    const before = process.listenerCount('SIGINT')
    setTimeout(() => process.emit('SIGINT'), 400)
    const set = ['--set', 'workload.requests=50000000']
    const { code, out, err } = await compare(PROJECT, '--jobs', jobs, '--json', '-', ...set)
    expect([code, out]).toEqual([130, ''])
    expect(err).toBe('dmalab: cancelled; 0 of 4 runs are finished\n')
    expect(process.listenerCount('SIGINT')).toBe(before)
  })
})

it('gives results that are equal byte for byte, but for the figures of the host', async () => {
  const host: readonly string[] = HOST_METRICS
  const texts: string[] = []
  for (const jobs of ['1', '2']) {
    const { out } = await compare(PROJECT, '--jobs', jobs, '--json', '-')
    texts.push(
      JSON.stringify(JSON.parse(out, (key, value: unknown) => (host.includes(key) ? undefined : value))),
    )
  }
  expect(texts[0]!.length).toBeGreaterThan(10_000)
  expect(texts[1]).toBe(texts[0])
})

it('does not touch this thread when it has workers', async () => {
  vi.spyOn(BusDma.prototype, 'bus_dmamap_unload').mockImplementation(() => {
    throw new Error('the run is in this thread')
  })
  expect((await compare(PROJECT)).code).toBe(0)
  expect((await compare(PROJECT, '--jobs', '1')).err).toContain('the run is in this thread')
})
