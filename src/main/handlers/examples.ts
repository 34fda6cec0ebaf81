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

/** The examples and traces that ship with the lab, the main example first and the others by file name. */
export function exampleHandlers(
  resourcesDir: string,
): Pick<Handlers, 'examples.list' | 'examples.open' | 'traces.list'> {
  const directory = join(resourcesDir, 'projects')
  return {
    'examples.list': async () => {
      const found = await Promise.allSettled(
        (await exampleIds(directory)).map((id) => describeExample(directory, id)),
      )
      return found.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    },
    'examples.open': async ({ id }) => {
      const ids = await exampleIds(directory)
      if (!ids.includes(id)) {
        throw new FailureError({
          code: 'not-found',
          message: `There is no example "${id}"`,
          remedy: `Use one of: ${ids.join(', ')}.`,
        })
      }
      return { project: await readExample(directory, id), token: null, fileName: null }
    },
    'traces.list': () => listBuiltinTraces(resourcesDir),
  }
}
