import type { Project } from '../../src/shared/project/schema.ts'
import { checkProject } from '../../src/shared/project/parse.ts'

/** A valid project with one scenario, `base`. */
export function smallProject(title = 'Small'): Project {
  return checkProject(
    {
      format: 'dmalab.project',
      version: 1,
      title,
      machines: [{ name: 'pc' }],
      workloads: [{ kind: 'job', name: 'random', requests: 2000, spanMiB: 16 }],
      scenarios: [{ name: 'base', machine: 'pc', workload: 'random' }],
    },
    'test',
  )
}
