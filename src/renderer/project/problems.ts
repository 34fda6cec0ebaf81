import type { Failure } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { resolveScenario } from '../../shared/project/resolve.ts'
import { machineSchema, projectSchema, workloadSchemaOf } from '../../shared/project/schema.ts'
import type { Project } from '../../shared/project/schema.ts'
import { formOf, problemsOf } from '../form/form-model.ts'
import { findScenario, workloadOf } from './edit.ts'

/** Something that keeps a project from running, in words that name the place. */
export interface Problem {
  readonly place: string
  readonly message: string
}

type FormSchema = Parameters<typeof problemsOf>[0]

/** What the form calls a field. */
function labelOf(schema: FormSchema, key: string): string {
  const fields = formOf(schema).flatMap((group) => group.fields)
  return fields.find((field) => field.key === key)?.label ?? key
}

function problemsIn(place: string, schema: FormSchema, values: unknown): Problem[] {
  return [...problemsOf(schema, values)].map(([key, message]) => ({
    place: `${place}, ${labelOf(schema, key)}`,
    message,
  }))
}

function problemsOfScenario(project: Project, name: string): Problem[] {
  try {
    resolveScenario(project, name)
    return []
  } catch (error) {
    if (!(error instanceof FailureError)) throw error
    const { place, message } = error.failure
    return [{ place: `Scenario "${name}"${place === undefined ? '' : `, ${place}`}`, message }]
  }
}

/** What is wrong with the project's own fields, by key. */
export function projectFieldProblems(project: Project): ReadonlyMap<string, string> {
  const { title, question, notes, seed } = projectSchema.shape
  const issues =
    projectSchema.pick({ title: true, question: true, notes: true, seed: true }).safeParse(project).error
      ?.issues ?? []
  const sentences: Readonly<Record<string, string>> = {
    title: `must be text of 1 to ${title.maxLength ?? 0} characters`,
    question: `must have at most ${question.unwrap().maxLength ?? 0} characters`,
    notes: `must have at most ${(notes.unwrap().maxLength ?? 0).toLocaleString('en-US')} characters`,
    seed: `must be a whole number from ${seed.unwrap().minValue ?? 0} to ${(seed.unwrap().maxValue ?? 0).toLocaleString('en-US')}`,
  }
  return new Map(
    issues.map((issue) => [String(issue.path[0]), sentences[String(issue.path[0])] ?? issue.message]),
  )
}

/** Everything that keeps a project from running. */
export function problemsOfProject(project: Project): readonly Problem[] {
  const own = [...projectFieldProblems(project)].map(([key, message]) => ({
    place: `Project, ${key}`,
    message,
  }))
  const machines = project.machines.flatMap((machine) =>
    problemsIn(`Machine "${machine.name}"`, machineSchema, machine),
  )
  const workloads = project.workloads.flatMap((each) =>
    problemsIn(`Workload "${each.name}"`, workloadSchemaOf(each), each),
  )
  const fields = [...own, ...machines, ...workloads]
  return fields.length > 0
    ? fields
    : project.scenarios.flatMap((scenario) => problemsOfScenario(project, scenario.name))
}

/** How the host names a field of a scenario. */
const FIELD = /^scenario "(.*)", (machine|workload)\.(\w+)$/

function placeOf(project: Project, place: string): string {
  const [, name = '', part, key = ''] = FIELD.exec(place) ?? []
  if (part === undefined) return place
  const workload = workloadOf(project, findScenario(project, name))
  const schema = part === 'machine' || workload === undefined ? machineSchema : workloadSchemaOf(workload)
  return `Scenario "${name}", ${labelOf(schema, key)}`
}

/** What the host says against a run: where, what, and what to do. */
export function problemOfFailure(project: Project, { place, message, remedy }: Failure): Problem {
  return {
    place: place === undefined ? 'Project' : placeOf(project, place),
    message: remedy === undefined ? message : `${message}. ${remedy}`,
  }
}

/** One sentence for a problem: `Machine "m", Processors must be ...`. */
export function describeProblem(problem: Problem): string {
  return `${problem.place}: ${problem.message}`
}
