import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { RESOURCES_DIR } from '../../../src/main/package-root.ts'
import { runExperiment } from '../../../src/main/validation/run-experiment.ts'
import { serializeProject } from '../../../src/shared/project/parse.ts'
import { devices } from '../../../src/sim/lab/validation/devices.ts'
import { judge } from '../../../src/sim/lab/validation/judge.ts'
import { v2 } from '../../../src/sim/lab/validation/v2.ts'
import type { Experiment } from '../../../src/sim/lab/validation/types.ts'
import { failureOf } from '../failure-of.ts'
import { smallProject } from '../small-project.ts'
import { tempFolder } from '../temp-folder.ts'

const resourcesDir = tempFolder()
mkdirSync(join(resourcesDir, 'validation'))
writeFileSync(
  join(resourcesDir, 'validation', 'small.dmalab'),
  serializeProject({ ...smallProject(), seed: 5 }),
)

/** Runs the small project on both paths; its one row is the number of requests. */
const small: Experiment = {
  id: 'small',
  title: 'A small one',
  calibrates: ['x86new: syscall'],
  runs: [
    { scenario: 'base', path: 'mapped' },
    { scenario: 'base', path: 'direct' },
  ],
  evaluate: (results) => [
    judge({
      quantity: 'requests',
      unit: '',
      published: null,
      low: 4000,
      high: 4000,
      simulated: results.reduce((sum, { metrics }) => sum + metrics.requests, 0),
      class: 'CHECK',
      source: results.map(({ path, seed }) => `${path} ${seed}`).join(', '),
    }),
  ],
}

describe('runExperiment', () => {
  it('finds every row of the devices within its band', async () => {
    const report = await runExperiment(devices, { resourcesDir: RESOURCES_DIR })
    if (report === 'cancelled') expect.fail('nobody cancelled')
    expect(report.rows.filter((row) => row.verdict === 'off')).toEqual([])
    expect(report.rows.length).toBeGreaterThan(30)
    expect(report).toMatchObject({ id: 'devices', ok: true })
  }, 30_000)

  it('runs each planned scenario on its path with the seed of the project', async () => {
    const shown = new Set<string>()
    const report = await runExperiment(small, {
      resourcesDir,
      onProgress: (index, spec) => shown.add(`${index} ${spec.path}`),
    })
    expect(report).toMatchObject({ id: 'small', title: 'A small one', seed: 5, ok: true })
    expect(report).toMatchObject({ calibrates: small.calibrates, rows: [{ source: 'mapped 5, direct 5' }] })
    for (const line of shown) expect(['0 mapped', '1 direct']).toContain(line)
  })

  it('is not ok when one row of several is off', async () => {
    const evaluate: Experiment['evaluate'] = (results) => {
      const [row] = small.evaluate(results)
      return [row!, judge({ ...row!, low: 1, high: 2 }), row!]
    }
    expect(await runExperiment({ ...small, evaluate }, { resourcesDir })).toMatchObject({ ok: false })
  })

  it('has no seed when all its runs are kernel loops', async () => {
    const report = await runExperiment(v2, { resourcesDir: RESOURCES_DIR })
    expect(report).toMatchObject({ id: 'V2', seed: null, ok: true })
  })

  it('can be cancelled', async () => {
    expect(await runExperiment(small, { resourcesDir, shouldCancel: () => true })).toBe('cancelled')
  })

  it('names a project or a scenario that is missing', async () => {
    const missing = await failureOf(() => runExperiment({ ...small, id: 'none' }, { resourcesDir }))
    expect(missing.code).toBe('not-found')
    expect(missing.place).toContain('none.dmalab')
    const runs = [{ scenario: 'other', path: 'direct' }] as const
    const unknown = await failureOf(() => runExperiment({ ...small, runs }, { resourcesDir }))
    expect(unknown.message).toContain('other')
  })
})
