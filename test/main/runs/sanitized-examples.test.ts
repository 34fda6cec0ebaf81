import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { RESOURCES_DIR } from '../../../src/main/package-root.ts'
import { driveRun } from '../../../src/main/runs/drive-run.ts'
import { parseProject } from '../../../src/shared/project/parse.ts'
import type { Override } from '../../../src/shared/project/resolve.ts'
import { resolveScenario } from '../../../src/shared/project/resolve.ts'
import { FAILING_EXAMPLES } from '../../shared/project/failing-examples.ts'
import { IO_PATHS } from '../../../src/sim/lab/scenario.ts'

const FOLDER = join(RESOURCES_DIR, 'projects')
/** Enough for buffers to be used again, with a cache this small. */
const REQUESTS = 1000
const CACHE: Override = ['machine.cacheMiB', 4]
/** The least that blocks of mixed sizes take with the requests in flight of that example. */
const MIXED_CACHE: Override = ['machine.cacheMiB', 8]

it.each(readdirSync(FOLDER))('the sanitizer finds nothing in %s', async (file) => {
  const project = parseProject(readFileSync(join(FOLDER, file), 'utf8'), file)
  for (const { name } of project.scenarios) {
    const { machine, workload } = resolveScenario(project, name)
    const cache = machine.blockMix ? MIXED_CACHE : CACHE
    const limit = workload.kind === 'job' ? 'workload.requests' : 'workload.limit'
    const scenario = resolveScenario(project, name, [[limit, REQUESTS], cache])
    expect(scenario.machine.sanitizer).toBe(true)
    for (const path of IO_PATHS) {
      const run = await driveRun(
        { scenario, path, seed: project.seed },
        { projectDir: FOLDER, resourcesDir: RESOURCES_DIR },
      )
      if (run === 'cancelled') throw new Error('not asked to')
      if (FAILING_EXAMPLES.includes(`${file}: ${name}`)) {
        if (path === 'direct') expect(run.result.metrics.sanitizer_violations).toBeGreaterThan(0)
        continue
      }
      expect(run.result.violations).toBeUndefined()
      expect(run.result.metrics).toMatchObject({ requests: REQUESTS, sanitizer_violations: 0 })
    }
  }
})
