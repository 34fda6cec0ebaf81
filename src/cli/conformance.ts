import { createReadStream } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { runVector, VectorError } from '../sim/lab/conformance/run-vector.ts'

/** Where the command writes its lines. */
export interface ConformanceIo {
  out(line: string): void
  err(line: string): void
}

const VECTOR_FILE = /\.jsonl(\.gz)?$/

/** Input that cannot be run: the message says which and why. */
class UsageError extends Error {
  override readonly name = 'UsageError'
}

/**
 * Runs conformance vectors against the simulated kernels. Each target is a `.jsonl` or `.jsonl.gz` file, or a directory
 * with such files. Prints each failed vector's id, what was expected and what came, and one closing line for each file.
 * Resolves to the exit code: 0 nothing failed, 1 a vector failed, 2 a target or line could not be read.
 */
export async function runConformance(targets: string[], io: ConformanceIo): Promise<number> {
  try {
    if (targets.length === 0) throw new UsageError('name a vector file or a directory of vector files')
    let failed = 0
    for (const target of targets) {
      for (const file of await vectorFilesOf(target)) failed += await runFile(file, io)
    }
    return failed === 0 ? 0 : 1
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    io.err(`conformance: ${error.message}`)
    return 2
  }
}

async function vectorFilesOf(target: string): Promise<string[]> {
  try {
    if (!(await stat(target)).isDirectory()) return [target]
    const names = (await readdir(target)).filter((name) => VECTOR_FILE.test(name)).sort()
    if (names.length === 0) throw new UsageError(`${target}: no .jsonl or .jsonl.gz file in this directory`)
    return names.map((name) => join(target, name))
  } catch (error) {
    throw asUsageError(error, target)
  }
}

async function runFile(file: string, io: ConformanceIo): Promise<number> {
  if (!VECTOR_FILE.test(file)) throw new UsageError(`${file}: not a .jsonl or .jsonl.gz file`)
  const name = basename(file).replace(VECTOR_FILE, '')
  const counts = { passed: 0, failed: 0, skipped: 0 }
  let number = 0
  for await (const line of linesOf(file)) {
    number++
    if (line.trim() === '') continue
    const result = runLine(name, line, `${file}:${number}`)
    counts[result.outcome]++
    if (result.outcome === 'failed') {
      io.out(`${result.id} failed`)
      io.out(`  expected ${JSON.stringify(result.expected)}`)
      io.out(`  got ${JSON.stringify(result.got)}`)
    }
  }
  const skipped = counts.skipped > 0 ? `, ${counts.skipped} skipped` : ''
  io.out(`${name}: ${counts.passed} passed, ${counts.failed} failed${skipped}`)
  return counts.failed
}

function runLine(kind: string, line: string, place: string): ReturnType<typeof runVector> {
  try {
    return runVector(kind, JSON.parse(line))
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${place}: not JSON: ${error.message}`)
    if (error instanceof VectorError) throw new UsageError(`${place}: not a vector: ${error.message}`)
    throw error
  }
}

async function* linesOf(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file)
  // A failed stage destroys the last one with its error, which the loop below then throws.
  const text = file.endsWith('.gz') ? pipeline(bytes, createGunzip(), () => undefined) : bytes
  let rest = ''
  try {
    for await (const chunk of text.setEncoding('utf8')) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      yield* lines
    }
  } catch (error) {
    throw asUsageError(error, file)
  }
  if (rest !== '') yield rest
}

function asUsageError(error: unknown, place: string): unknown {
  if (error instanceof UsageError || !(error instanceof Error)) return error
  const missing = 'code' in error && error.code === 'ENOENT'
  return new UsageError(`${place}: ${missing ? 'no such file or directory' : error.message}`)
}
