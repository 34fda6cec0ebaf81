import { dirname } from 'node:path'
import type { Failure, Handlers, Input } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { checkProject } from '../../shared/project/parse.ts'
import { resolveScenario } from '../../shared/project/resolve.ts'
import { checkRunnable } from '../runs/check-runnable.ts'
import type { RunManager } from '../runs/run-manager.ts'
import type { FileGrants } from './file-grants.ts'

/** Checking, starting and cancelling runs; progress and results arrive as events. */
export function runHandlers(
  manager: RunManager,
  grants: FileGrants,
): Pick<Handlers, 'run.start' | 'run.check' | 'run.cancel'> {
  return {
    'run.start': ({ project: value, token, seed, runs }) =>
      Promise.resolve().then(() => {
        const project = checkProject(value, 'the project')
        const specs = runs.map(({ scenario, path }) => ({
          scenario: resolveScenario(project, scenario),
          path,
          seed,
        }))
        for (const spec of specs) checkRunnable(spec.scenario, spec.path)
        const projectDir = token === null ? null : dirname(grants.get(token).path)
        return { batch: manager.start(specs, projectDir) }
      }),
    'run.check': (input) => Promise.resolve().then(() => failuresOf(input)),
    'run.cancel': ({ batch }) => Promise.resolve({ cancelled: manager.cancel(batch) }),
  }
}

function failuresOf({ project: value, runs }: Input<'run.check'>): readonly Failure[] {
  const project = checkProject(value, 'the project')
  const failures = new Map<string, Failure>()
  for (const { scenario, path } of runs) {
    try {
      checkRunnable(resolveScenario(project, scenario), path)
    } catch (error) {
      if (!(error instanceof FailureError)) throw error
      const { place, message } = error.failure
      failures.set(JSON.stringify([place, message]), error.failure)
    }
  }
  return [...failures.values()]
}
