import type { z } from 'zod'
import type { ResolvedScenario } from '../../sim/lab/scenario.ts'
import { FailureError } from '../ipc/failure.ts'
import { formatPlace } from '../json-text.ts'
import { machineSchema, workloadSchema, workloadSchemaOf } from './schema.ts'
import type { Machine, Project, Scenario, Workload } from './schema.ts'

/** An override of one field: `machine.cpus` or `workload.queueDepth`, and its value. */
export type Override = readonly [field: string, value: unknown]

function bad(place: string, message: string, remedy: string): never {
  throw new FailureError({ code: 'bad-project', place, message, remedy })
}

function fieldNames(schema: { readonly shape: object }): string[] {
  return Object.keys(schema.shape).filter((key) => !['name', 'kind', 'loop'].includes(key))
}

function override<T extends object>(
  role: 'machine' | 'workload',
  base: T,
  schema: z.ZodType<T>,
  allowed: readonly string[],
  overrides: readonly Override[],
): T {
  const changed: Record<string, unknown> = Object.fromEntries(Object.entries(base))
  for (const [field, value] of overrides) {
    if (!field.startsWith(`${role}.`)) continue
    const key = field.slice(role.length + 1)
    if (!allowed.includes(key))
      bad(
        field,
        'is not a field that can be set',
        `Use one of: ${allowed.map((each) => `${role}.${each}`).join(', ')}.`,
      )
    changed[key] = value
  }
  const parsed = schema.safeParse(changed)
  if (!parsed.success) {
    const issue = parsed.error.issues[0]
    bad(
      `${role}.${formatPlace(issue?.path ?? [])}`,
      issue?.message ?? 'is not valid',
      'Choose a value in the allowed range.',
    )
  }
  return parsed.data
}

/**
 * One scenario with every default and override filled in: first the scenario's own `set`, then `overrides`.
 * @throws FailureError `bad-project` for an unknown scenario, an unknown field or a value out of range
 */
export function resolveScenario(
  project: Project,
  scenarioName: string,
  overrides: readonly Override[] = [],
): ResolvedScenario {
  const scenario: Scenario | undefined = project.scenarios.find((each) => each.name === scenarioName)
  if (scenario === undefined) {
    return bad(
      'scenario',
      `"${scenarioName}" does not exist`,
      `Use one of: ${project.scenarios.map((each) => each.name).join(', ')}.`,
    )
  }
  const all: Override[] = [...Object.entries(scenario.set ?? {}), ...overrides]
  for (const [field] of all) {
    if (!/^(machine|workload)\../.test(field))
      bad(field, 'is not a field that can be set', 'Fields start with machine. or workload.')
  }
  const machine = project.machines.find((each) => each.name === scenario.machine)
  const workload = project.workloads.find((each) => each.name === scenario.workload)
  if (machine === undefined || workload === undefined)
    return bad(
      `scenario "${scenarioName}"`,
      'names a machine or workload that does not exist',
      'Mend its machine and workload.',
    )
  return {
    name: scenario.name,
    machine: override<Machine>('machine', machine, machineSchema, fieldNames(machineSchema), all),
    workload: override<Workload>(
      'workload',
      workload,
      workloadSchema,
      fieldNames(workloadSchemaOf(workload)),
      all,
    ),
  }
}
