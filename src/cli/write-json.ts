import writeFileAtomic from 'write-file-atomic'
import { ioFailure } from '../main/handlers/io-failure.ts'
import type { ResultFile, RunResult } from '../shared/lab.ts'

/** Writes results in the lab's result format. @param file `-` is standard output */
export async function writeJson(file: string, runs: readonly RunResult[]): Promise<void> {
  const content: ResultFile = { format: 'dmalab.result', version: 1, runs }
  await writeJsonText(file, content)
}

/**
 * Writes a value as JSON, the whole file or nothing. @param file `-` is standard output
 * @throws FailureError when the file cannot be written
 */
export async function writeJsonText(file: string, content: object): Promise<void> {
  const text = `${JSON.stringify(content, null, 2)}\n`
  if (file === '-') {
    process.stdout.write(text)
    return
  }
  try {
    await writeFileAtomic(file, text)
  } catch (error) {
    throw ioFailure(error, file, 'cannot be written')
  }
}
