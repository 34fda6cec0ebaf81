import {
  jobWorkloadSchema,
  machineSchema,
  PROJECT_FORMAT,
  PROJECT_VERSION,
} from '../../shared/project/schema.ts'
import type { Project } from '../../shared/project/schema.ts'

/** A project to start from: the default machine under the default job. */
export function newProject(): Project {
  return {
    format: PROJECT_FORMAT,
    version: PROJECT_VERSION,
    title: 'Untitled',
    question: '',
    notes: '',
    seed: 1,
    machines: [machineSchema.parse({ name: 'machine' })],
    workloads: [jobWorkloadSchema.parse({ kind: 'job', name: 'workload' })],
    scenarios: [{ name: 'scenario', machine: 'machine', workload: 'workload' }],
  }
}
