import { readdir } from 'node:fs/promises'
import { basename, isAbsolute, join } from 'node:path'
import type { ExampleGroup, ExampleInfo, Handlers } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { parseProject } from '../../shared/project/parse.ts'
import type { Project } from '../../shared/project/schema.ts'
import { listBuiltinTraces } from '../traces/builtin-traces.ts'
import { decodeProjectText, readProjectBytes } from './project-files.ts'

const EXTENSION = '.dmalab'
/** The example that a new user should see first. */
const FIRST_EXAMPLE = 'direct-to-dma'

async function exampleNames(directory: string): Promise<string[]> {
  try {
    const names = await readdir(directory)
    return names
      .filter((name) => name.endsWith(EXTENSION))
      .map((name) => basename(name, EXTENSION))
      .sort((a, b) => Number(b === FIRST_EXAMPLE) - Number(a === FIRST_EXAMPLE) || (a < b ? -1 : 1))
  } catch {
    return []
  }
}

/** An example by its id, and its file. */
interface FoundExample {
  readonly id: string
  readonly group: ExampleGroup
  readonly directory: string
  readonly fileName: string
}

async function findExamples(resourcesDir: string): Promise<FoundExample[]> {
  const [projects, validation] = [join(resourcesDir, 'projects'), join(resourcesDir, 'validation')]
  const examples = (await exampleNames(projects)).map((name): FoundExample => ({
    id: name,
    group: 'example',
    directory: projects,
    fileName: name + EXTENSION,
  }))
  const experiments = (await exampleNames(validation)).map((name): FoundExample => ({
    id: `validation/${name}`,
    group: 'validation',
    directory: validation,
    fileName: name + EXTENSION,
  }))
  return [...examples, ...experiments]
}

async function readExample({ directory, fileName }: FoundExample): Promise<Project> {
  return parseProject(
    decodeProjectText(await readProjectBytes(join(directory, fileName)), fileName),
    fileName,
  )
}

async function describeExample(example: FoundExample): Promise<ExampleInfo> {
  const project = await readExample(example)
  return {
    id: example.id,
    group: example.group,
    title: project.title,
    question: project.question,
    scenarios: project.scenarios.map((scenario) => scenario.name),
  }
}

/** Fields of a machine that may name a file beside the project. */
const FILE_FIELDS = ['device', 'nic', 'costs'] as const

/** The project with files beside it named by their full path: opened as an example it has no folder of its own. */
function withFullPaths(project: Project, directory: string): Project {
  const machines = project.machines.map((machine) => {
    const files = FILE_FIELDS.filter(
      (field) => machine[field].endsWith('.json') && !isAbsolute(machine[field]),
    )
    return {
      ...machine,
      ...Object.fromEntries(files.map((field) => [field, join(directory, machine[field])])),
    }
  })
  return { ...project, machines }
}

/**
 * The examples and traces that ship with the lab: the main example first, the others by file name, and then the experiments of
 * `dmalab validate`.
 */
export function exampleHandlers(
  resourcesDir: string,
): Pick<Handlers, 'examples.list' | 'examples.open' | 'traces.list'> {
  return {
    'examples.list': async () => {
      const found = await Promise.allSettled((await findExamples(resourcesDir)).map(describeExample))
      return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    },
    'examples.open': async ({ id }) => {
      const examples = await findExamples(resourcesDir)
      const found = examples.find((example) => example.id === id)
      if (found === undefined) {
        throw new FailureError({
          code: 'not-found',
          message: `There is no example "${id}"`,
          remedy: `Use one of: ${examples.map((example) => example.id).join(', ')}.`,
        })
      }
      const project = withFullPaths(await readExample(found), found.directory)
      return { project, token: null, fileName: null }
    },
    'traces.list': () => listBuiltinTraces(resourcesDir),
  }
}
