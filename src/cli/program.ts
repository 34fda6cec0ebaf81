import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { PACKAGE_ROOT } from '../main/package-root.ts'
import type { IoPath } from '../shared/lab.ts'
import { IO_PATHS, USUAL_PATHS } from '../shared/lab.ts'
import { SCALAR_METRIC_NAMES } from '../shared/metric-names.ts'
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
import { addAxis, parseAxis } from './sweep-axes.ts'
import type { SweepAxis } from './sweep-axes.ts'
import { sweepProject } from './sweep-project.ts'
import type { SweepOptions } from './sweep-project.ts'
import { USUAL_METRICS } from './sweep-table.ts'
import { validate } from './validate.ts'
import type { ValidateOptions } from './validate.ts'
import { HISTORY_FORMATS } from './write-history.ts'

/** What commander hands over: `run` has one path, `compare` several. */
interface RunOptions extends RunProjectOptions {
  readonly path: IoPath
}

/** What the program takes from the computer that it runs on. */
export interface ProgramHost {
  /** Worker threads of a batch when the user names no number. */
  readonly jobs: number
  /** The built run-worker. */
  readonly workerFile: string
}

const MOST_JOBS = 256

function wholeNumber(max: number, min = 0): (text: string) => number {
  return (text) => {
    const value = Number(text)
    if (!/^\d+$/.test(text) || value < min || value > max)
      throw new InvalidArgumentError(`A whole number from ${min} to ${max} is expected.`)
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

function metricList(text: string): readonly string[] {
  const names = text.split(',')
  const unknown = names.find((name) => !SCALAR_METRIC_NAMES.includes(name))
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `"${unknown}" is not a metric; docs/metrics.md lists them, for instance iops or latency_ns.p99.`,
    )
  return names
}

const append = <T>(value: T, list: readonly T[]): readonly T[] => [...list, value]

/** Whether the user gave an option, and did not leave it to its default. */
function isGiven(command: Command, option: string): boolean {
  return command.getOptionValueSource(option) !== 'default'
}

/** Options of every command that runs a batch. */
function addBatchOptions(command: Command, host: ProgramHost): Command {
  return command
    .argument('<project>', 'project file (.dmalab)')
    .option(
      '--scenario <name>',
      'run only this scenario (may be given again)',
      (name, list?: readonly string[]) => append(name, list ?? []),
    )
    .option('--seed <n>', "seed of the random numbers (default: the project's)", wholeNumber(0xffffffff))
    .option(
      '--jobs <n>',
      'runs at a time, each in a thread; the results do not depend on it',
      wholeNumber(MOST_JOBS, 1),
      host.jobs,
    )
}

const addPaths = (command: Command, description: string): Command =>
  command.addOption(
    new Option('--paths <list>', description).argParser(pathList).default(USUAL_PATHS, USUAL_PATHS.join(',')),
  )

function addRunOptions(command: Command, host: ProgramHost): Command {
  return addBatchOptions(command, host)
    .option(
      '--set <field=value>',
      'set a field, for instance machine.cpus=8 (may be given again)',
      (text, list: readonly Override[]) => append(parseOverride(text), list),
      [],
    )
    .option('--json <file>', 'write the results as JSON; - is standard output')
    .option('--csv <dir>', 'write metrics.csv, series.csv and cpu-tree.csv into this folder')
}

const THIS_HOST: ProgramHost = {
  jobs: Math.min(MOST_JOBS, availableParallelism()),
  workerFile: join(PACKAGE_ROOT, 'out', 'main', 'run-worker.js'),
}

/** The command line `dmalab`. Exit codes: 0 done, 1 run or verification failed, 2 bad usage or bad project, 130 interrupted. */
export function createProgram(host: ProgramHost = THIS_HOST): Command {
  const { version } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as {
    version: string
  }
  const { workerFile } = host
  const program = new Command('dmalab')
    .description(
      'DMA Lab: what do mapping, flushing and bouncing cost on the way from the buffer cache to the DMA engine?',
    )
    .version(version)
    .showHelpAfterError('(dmalab --help lists the commands)')
    .exitOverride()

  addRunOptions(program.command('run'), host)
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
    .action((project: string, options: RunOptions, command: Command) =>
      runProject(project, {
        ...options,
        paths: [options.path],
        namesPaths: isGiven(command, 'path'),
        version,
        workerFile,
      }),
    )

  addPaths(
    addRunOptions(program.command('compare'), host),
    'I/O paths, comma separated, or all; the first is the baseline',
  )
    .description('run the scenarios of a project on several I/O paths and show them side by side')
    .action((project: string, options: RunOptions, command: Command) =>
      runProject(project, { ...options, namesPaths: isGiven(command, 'paths'), version, workerFile }),
    )

  addPaths(addBatchOptions(program.command('sweep'), host), 'I/O paths, comma separated, or all')
    .description('run every combination of the values of some fields, and show one table with a row for each')
    .option(
      '--set <field=values>',
      'a field and its values, for instance machine.cpus=1,2,8 (may be given again)',
      (text, axes: readonly SweepAxis[]) => addAxis(parseAxis(text), axes),
      [],
    )
    .addOption(
      new Option('--metrics <list>', 'metrics to show, comma separated')
        .argParser(metricList)
        .default(USUAL_METRICS, USUAL_METRICS.join(',')),
    )
    .option('--json <file>', 'write all points and their results as JSON; - is standard output')
    .option('--csv <file>', 'write all points and all metrics as CSV')
    .action((project: string, options: SweepOptions, command: Command) =>
      sweepProject(project, { ...options, namesPaths: isGiven(command, 'paths'), workerFile }),
    )

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
