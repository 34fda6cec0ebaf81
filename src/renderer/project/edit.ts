import type { Machine, Project, Scenario, Workload } from '../../shared/project/schema.ts'
import type { LoopName } from '../../shared/lab.ts'
import { loopWorkloadSchemas } from '../../shared/project/loop-schema.ts'
import { jobWorkloadSchema, traceWorkloadSchema } from '../../shared/project/schema.ts'

/** Changes to a project, in place. Names refer from scenarios to machines and workloads; each change keeps them in step. */

export type Role = 'machine' | 'workload'
type Named = { name: string }

function copyOf<T>(value: T): T {
  return JSON.parse(JSON.stringify(value)) as T
}

/** `base`, or `base 2`, `base 3`... whichever is not taken. A number at the end of `base` is counted on. */
export function freeName(base: string, taken: readonly string[]): string {
  if (!taken.includes(base)) return base
  const stem = base.replace(/ \d+$/, '')
  for (let number = 2; ; number += 1) {
    if (!taken.includes(`${stem} ${number}`)) return `${stem} ${number}`
  }
}

function namesOf(items: readonly Named[]): string[] {
  return items.map((item) => item.name)
}

/** The scenario of that name; else the first one. */
export function findScenario(project: Project, name: string): Scenario {
  return project.scenarios.find((scenario) => scenario.name === name) ?? project.scenarios[0]!
}

/** The machine that a scenario names. */
export function machineOf(project: Project, scenario: Scenario): Machine | undefined {
  return project.machines.find((machine) => machine.name === scenario.machine)
}

/** The workload that a scenario names. */
export function workloadOf(project: Project, scenario: Scenario): Workload | undefined {
  return project.workloads.find((workload) => workload.name === scenario.workload)
}

/** Names of the scenarios that use a machine or workload. */
export function usersOf(project: Project, role: Role, name: string): readonly string[] {
  return namesOf(project.scenarios.filter((scenario) => scenario[role] === name))
}

/** Adds a copy of a scenario, with the same machine and workload, after it. @returns the copy's name */
export function duplicateScenario(project: Project, name: string): string {
  const original = findScenario(project, name)
  const copy = { ...copyOf(original), name: freeName(original.name, namesOf(project.scenarios)) }
  project.scenarios.splice(project.scenarios.indexOf(original) + 1, 0, copy)
  return copy.name
}

/** Adds a scenario whose machine and workload are copies of its own, free to differ. @returns its name */
export function addScenario(project: Project, like: string): string {
  const name = duplicateScenario(project, like)
  detach(project, name, 'machine')
  detach(project, name, 'workload')
  return name
}

/** Removes a scenario, with the machine and workload that no other scenario uses; the last scenario stays. */
export function removeScenario(project: Project, name: string): void {
  if (project.scenarios.length < 2) return
  const removed = findScenario(project, name)
  project.scenarios = project.scenarios.filter((scenario) => scenario !== removed)
  project.machines = project.machines.filter(
    (each) => each.name !== removed.machine || usersOf(project, 'machine', each.name).length > 0,
  )
  project.workloads = project.workloads.filter(
    (each) => each.name !== removed.workload || usersOf(project, 'workload', each.name).length > 0,
  )
}

/** Gives a scenario a copy of its machine or workload, which no other scenario shares. */
export function detach(project: Project, scenarioName: string, role: Role): void {
  const scenario = findScenario(project, scenarioName)
  const items: Named[] = project[`${role}s`]
  const original = items.find((item) => item.name === scenario[role])
  if (original === undefined) return
  const copy = { ...copyOf(original), name: freeName(original.name, namesOf(items)) }
  items.splice(items.indexOf(original) + 1, 0, copy)
  scenario[role] = copy.name
}

/** What forbids a name, or null when it is fine. */
export function nameProblem(items: readonly Named[], current: string, next: string): string | null {
  const name = next.trim()
  if (name === '') return 'must not be empty'
  if (name.length > 80) return 'must have at most 80 characters'
  return name !== current && namesOf(items).includes(name) ? `"${name}" is used already` : null
}

/** Renames a machine or workload, and what refers to it. The name must be free. */
export function renameItem(project: Project, role: Role, current: string, next: string): void {
  const items: Named[] = project[`${role}s`]
  for (const item of items) if (item.name === current) item.name = next.trim()
  for (const scenario of project.scenarios) if (scenario[role] === current) scenario[role] = next.trim()
}

/** Takes one override off a scenario. */
export function removeOverride(scenario: Scenario, field: string): void {
  const rest = Object.entries(scenario.set ?? {}).filter(([key]) => key !== field)
  if (rest.length === 0) delete scenario.set
  else scenario.set = Object.fromEntries(rest)
}

/** The loop that a workload becomes at first: one for the usual two processors. */
const FIRST_LOOP: LoopName = 'pipe-pages'

/** The workload as another kind: what both kinds have is kept, the rest gets defaults. */
export function asKind(workload: Workload, kind: Workload['kind'], trace: string): Workload {
  const { name } = workload
  if (kind === 'loop') return asLoop(workload, FIRST_LOOP)
  const queueDepth = 'queueDepth' in workload ? workload.queueDepth : undefined
  const depth = typeof queueDepth === 'number' ? { queueDepth } : {}
  if (kind === 'trace') return traceWorkloadSchema.parse({ kind, name, file: trace, ...depth })
  return jobWorkloadSchema.parse({ kind, name, ...depth })
}

/** The workload as a kernel loop, with the loop's defaults. */
export function asLoop({ name }: Workload, loop: LoopName): Workload {
  return loopWorkloadSchemas[loop].parse({ kind: 'loop', name, loop })
}

/** What a scenario overrides in its machine or workload, by field. */
export function overridesOf(scenario: Scenario, role: Role): Readonly<Record<string, unknown>> {
  const prefix = `${role}.`
  const own = Object.entries(scenario.set ?? {}).filter(([field]) => field.startsWith(prefix))
  return Object.fromEntries(own.map(([field, value]) => [field.slice(prefix.length), value]))
}

/** Puts a workload in the place of the one of the same name. */
export function replaceWorkload(project: Project, workload: Workload): void {
  project.workloads = project.workloads.map((each) => (each.name === workload.name ? workload : each))
}

/** Gives a scenario a new name, which must be free. */
export function renameScenario(project: Project, current: string, next: string): void {
  findScenario(project, current).name = next.trim()
}
