import { createProgram } from './program.ts'
import { runProgram } from './exit-code.ts'

process.exitCode = await runProgram(createProgram(), process.argv)
