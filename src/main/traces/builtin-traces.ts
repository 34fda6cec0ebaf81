import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { TraceInfo } from '../../shared/ipc/contract.ts'
import { errorCode } from '../handlers/io-failure.ts'

const indexSchema = z.array(z.object({ file: z.string().min(1), description: z.string().min(1) }))

/**
 * The traces that ship with the lab, in the order of `traces/index.json`; none where that is missing.
 * @param resourcesDir the lab's own resources
 * @returns `file` as a trace workload names it: `builtin:NAME`
 */
export async function listBuiltinTraces(resourcesDir: string): Promise<TraceInfo[]> {
  const text = await readIndex(join(resourcesDir, 'traces', 'index.json'))
  const index = indexSchema.parse(JSON.parse(text))
  return index.map(({ file, description }) => ({ file: `builtin:${file}`, description }))
}

async function readIndex(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return '[]'
    throw error
  }
}
