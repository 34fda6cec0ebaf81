import { vi } from 'vitest'
import { runProgram } from '../../src/cli/exit-code.ts'
import { createProgram } from '../../src/cli/program.ts'
import type { ProgramHost } from '../../src/cli/program.ts'

export interface Outcome {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Runs the program with these arguments in this thread; what it prints is caught. */
export function dmalab(...args: readonly string[]): Promise<Outcome> {
  return dmalabOn({ jobs: 1, workerFile: 'none' }, ...args)
}

/** The same on another host. */
export async function dmalabOn(host: ProgramHost, ...args: readonly string[]): Promise<Outcome> {
  let out = ''
  let err = ''
  const exitCode = process.exitCode
  const stdout = vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    out += String(text)
    return true
  })
  const stderr = vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    err += String(text)
    return true
  })
  try {
    const code = await runProgram(createProgram(host), ['node', 'dmalab', ...args])
    return { code, out, err }
  } finally {
    stdout.mockRestore()
    stderr.mockRestore()
    process.exitCode = exitCode
  }
}
