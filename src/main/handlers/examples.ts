import { readdir } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { ExampleInfo, Handlers } from '../../shared/ipc/contract.ts'
import { FailureError } from '../../shared/ipc/failure.ts'
import { parseProject } from '../../shared/project/parse.ts'
import type { Project } from '../../shared/project/schema.ts'
import { listBuiltinTraces } from '../traces/builtin-traces.ts'
import { decodeProjectText, readProjectBytes } from './project-files.ts'

const EXTENSION = '.dmalab'
/** The example that a new user should see first. */
const FIRST_EXAMPLE = 'direct-to-dma'

async function exampleIds(directory: string): Promise<string[]> {
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

async function readExample(directory: string, id: string): Promise<Project> {
  const fileName = `${id}${EXTENSION}`
  return parseProject(
    decodeProjectText(await readProjectBytes(join(directory, fileName)), fileName),
    fileName,
  )
}

async function describeExample(directory: string, id: string): Promise<ExampleInfo> {
  const project = await readExample(directory, id)
  return {
    id,
    title: project.title,
    question: project.question,
    scenarios: project.scenarios.map((scenario) => scenario.name),
  }
}

/** Projects of the experiments that a reader may open; the others name files beside them, which a project without a file cannot. */
const EXPERIMENT_ID = /^V\d+$/

/** An example by its id, and the folder that it lies in. */
interface FoundExample {
  readonly id: string
  readonly directory: string
}

async function findExamples(resourcesDir: string): Promise<FoundExample[]> {
  const [projects, validation] = [join(resourcesDir, 'projects'), join(resourcesDir, 'validation')]
  const experiments = (await exampleIds(validation)).filter((id) => EXPERIMENT_ID.test(id))
  return [
    ...(await exampleIds(projects)).map((id) => ({ id, directory: projects })),
    ...experiments.map((id) => ({ id, directory: validation })),
  ]
}

/**
 * The examples and traces that ship with the lab: the main example first, the others by file name, and then the experiments of
 * `dmalab validate` that run scenarios.
 */
export function exampleHandlers(
  resourcesDir: string,
): Pick<Handlers, 'examples.list' | 'examples.open' | 'traces.list'> {
  return {
    'examples.list': async () => {
      const found = await Promise.allSettled(
        (await findExamples(resourcesDir)).map(({ id, directory }) => describeExample(directory, id)),
      )
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
      return { project: await readExample(found.directory, id), token: null, fileName: null }
    },
    'traces.list': () => listBuiltinTraces(resourcesDir),
  }
}
