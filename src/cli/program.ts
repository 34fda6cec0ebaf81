import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { PACKAGE_ROOT } from '../main/package-root.ts'
import type { IoPath } from '../shared/lab.ts'
import { IO_PATHS, USUAL_PATHS } from '../shared/lab.ts'
import { BUILTIN_COST_NAMES } from '../shared/profiles/cost-files.ts'
import { EXPERIMENTS } from '../sim/lab/validation/index.ts'
import { runConformance } from './conformance.ts'
import { showCosts } from './costs.ts'
import type { CostsOptions } from './costs.ts'
import { parseOverride } from './overrides.ts'
import type { Override } from '../shared/project/resolve.ts'
import { runProject } from './run-project.ts'
import type { RunProjectOptions } from './run-project.ts'
import { serve } from './serve.ts'
import { validate } from './validate.ts'
import type { ValidateOptions } from './validate.ts'
import { HISTORY_FORMATS } from './write-history.ts'

/** What commander hands over: `run` has one path, `compare` several. */
interface RunOptions extends RunProjectOptions {
  readonly path: IoPath
}

function wholeNumber(max: number): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value > max)
      throw new InvalidArgumentError(`A whole number from 0 to ${max} is expected.`)
    return value
  }
}

function pathList(text: string): readonly IoPath[] {
  if (text === 'all') return IO_PATHS
  const names = text.split(',')
  const unknown = names.find((name) => !(IO_PATHS as readonly string[]).includes(name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `"${unknown}" is not a path; use all, or a comma-separated list of: ${IO_PATHS.join(', ')}.`,
    )
  if (new Set(names).size !== names.length) throw new InvalidArgumentError('A path is named twice.')
  return names as IoPath[]
}

const append = <T>(value: T, list: readonly T[]): readonly T[] => [...list, value]

function addRunOptions(command: Command): Command {
  return command
    .argument('<project>', 'project file (.dmalab)')
    .option(
      '--scenario <name>',
      'run only this scenario (may be given again)',
      (name, list?: readonly string[]) => append(name, list ?? []),
    )
    .option('--seed <n>', "seed of the random numbers (default: the project's)", wholeNumber(0xffffffff))
    .option(
      '--set <field=value>',
      'set a field, for instance machine.cpus=8 (may be given again)',
      (text, list: readonly Override[]) => append(parseOverride(text), list),
      [],
    )
    .option('--json <file>', 'write the results as JSON; - is standard output')
    .option('--csv <dir>', 'write metrics.csv, series.csv and cpu-tree.csv into this folder')
}

/** The command line `dmalab`. Exit codes: 0 done, 1 run or verification failed, 2 bad usage or bad project. */
export function createProgram(): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  const program = new Command('dmalab')
    .description(
      'DMA Lab: what do mapping, flushing and bouncing cost on the way from the buffer cache to the DMA engine?',
    )
    .version(version)
    .showHelpAfterError('(dmalab --help lists the commands)')
    .exitOverride()

  addRunOptions(program.command('run'))
    .description('run the scenarios of a project on one I/O path')
    .addOption(new Option('--path <path>', 'I/O path').choices([...IO_PATHS]).default('direct'))
    .option('--history <file>', 'write what happened to each request, layer by layer; of one scenario')
    .addOption(
      new Option(
        '--history-format <format>',
        'chrome: for ui.perfetto.dev; speedscope: for speedscope.app (default: chrome)',
      ).choices([...HISTORY_FORMATS]),
    )
    .option(
      '--history-requests <n>',
      'keep only the last n requests (default: as many of the last ones as 64 MiB hold)',
      wholeNumber(0x7fffffff),
    )
    .action((project: string, options: RunOptions) =>
      runProject(project, { ...options, paths: [options.path], version }),
    )

  addRunOptions(program.command('compare'))
    .description('run the scenarios of a project on several I/O paths and show them side by side')
    .option(
      '--paths <list>',
      'I/O paths, comma separated, or all; the first is the baseline',
      pathList,
      USUAL_PATHS,
    )
    .action((project: string, options: RunOptions) => runProject(project, { ...options, version }))

  program
    .command('conformance')
    .description('check the simulated kernels against vectors that real kernels answered')
    .argument('<targets...>', 'files (.jsonl, .jsonl.gz) or folders of them')
    .action(async (targets: string[]) => {
      process.exitCode = await runConformance(targets, {
        out: (line) => process.stdout.write(`${line}\n`),
        err: (line) => process.stderr.write(`${line}\n`),
      })
    })

  program
    .command('validate')
    .description('run the lab against published measurements and show both, with the tolerance and a verdict')
    .option('--only <id...>', `only these experiments (of: ${EXPERIMENTS.map(({ id }) => id).join(', ')})`)
    .option('--json <file>', 'write the report as JSON; - is standard output')
    .action((options: ValidateOptions) => validate(options))

  program
    .command('costs')
    .description('check a cost profile and show its values, with their sources')
    .argument('<profile>', `one of ${BUILTIN_COST_NAMES.join(', ')}; or a cost file (.json)`)
    .option('--json <file>', 'write it as a file to change instead; - is standard output')
    .action((profile: string, options: CostsOptions) => showCosts(profile, options))

  program
    .command('serve')
    .description('serve the lab to a browser on this computer')
    .option('--port <n>', 'TCP port on 127.0.0.1; 0 takes a free one', wholeNumber(65535), 0)
    .option('--dir <folder>', 'folder of the project files that the page opens and saves', 'projects')
    .action(serve)

  return program
}
