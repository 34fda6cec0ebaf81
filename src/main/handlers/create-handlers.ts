import type { Handlers } from '../../shared/ipc/contract.ts'
import type { RunManager } from '../runs/run-manager.ts'
import { costHandlers } from './costs.ts'
import { exampleHandlers } from './examples.ts'
import { exportHandlers } from './exports.ts'
import { fileHandlers } from './files.ts'
import type { Host, LabFiles } from './host.ts'
import { runHandlers } from './runs.ts'

/** Every call of the contract, for one window or one page. */
export function createHandlers(host: Host, files: LabFiles, runs: RunManager): Handlers {
  return {
    'app.info': () => Promise.resolve(host.info),
    ...exampleHandlers(files.resourcesDir),
    ...fileHandlers(host, files),
    ...exportHandlers(host),
    ...costHandlers(files.grants),
    ...runHandlers(runs, files.grants),
  }
}
