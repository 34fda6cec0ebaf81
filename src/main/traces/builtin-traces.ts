import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import type { TraceInfo } from '../../shared/ipc/contract.ts'

const indexSchema = z.array(z.strictObject({ file: z.string().min(1), description: z.string().min(1) }))

/**
 * The traces that ship with the lab, in the order of `traces/index.json`.
 * @param resourcesDir the lab's own resources
 * @returns `file` as a trace workload names it: `builtin:NAME`
 */
export async function listBuiltinTraces(resourcesDir: string): Promise<TraceInfo[]> {
  const text = await readFile(join(resourcesDir, 'traces', 'index.json'), 'utf8')
  const index = indexSchema.parse(JSON.parse(text))
  return index.map(({ file, description }) => ({ file: `builtin:${file}`, description }))
}
